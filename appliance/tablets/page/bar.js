/** The bar that always shows whether the van looks, by which list and authority. */

import { openSky } from "./sky.js";
import { say, text } from "./text.js";

const SILENT_MS = 5_000; // a van that lives says its state every second
const TONES = {
  off: "idle",
  ready: "good",
  looking: "good",
  alert: "warn",
  degraded: "warn",
  fault: "bad",
  updating: "warn",
};

export class Bar {
  #state = null;
  #up = false;
  #heardAt = 0;
  #refused = 0;
  #now;

  /** `now()` gives the van's time in ms. */
  constructor(now) {
    this.#now = now;
    this.van("");
    this.tablet("");
    this.officer("");
    openSky();
    this.tick();
  }

  van(name) {
    this.#show("van", name || text.unknown, "idle");
  }

  tablet(name) {
    this.#show("tablet", name ?? "", "idle");
  }

  officer(name) {
    this.#show("officer", name || text.nobody, "idle");
  }

  link(up) {
    if (up && !this.#up) {
      this.#heardAt = performance.now();
    }
    this.#up = up;
    document.querySelector("#lost").hidden = up;
    this.tick();
  }

  /** Hear the van's state, now or as the broker has kept it: then nobody knows whether it is still so. */
  state(state, kept) {
    this.#state = state;
    if (!kept) {
      this.#heardAt = performance.now();
    }
    this.#say(state.ended ? text.over(state.ended) : "");
    this.tick();
  }

  refuse() {
    this.#refused += 1;
    const note = document.querySelector("#refused");
    note.textContent = text.refused(this.#refused);
    note.hidden = false;
  }

  /** Show everything anew: a list or an authority ends without a message. */
  tick(now = this.#now()) {
    this.#show("link", this.#up ? text.connected : text.lost, this.#up ? "good" : "bad");
    document.querySelector("#silent").hidden = !this.#up || this.#isCurrent || this.#isOver;
    this.#showLamp();
    this.#showEnd("list", this.#state?.list_expires_at, now, this.#listed);
    this.#showEnd("authority", this.#state?.authority_ends_at, now, text.until);
  }

  get #isCurrent() {
    return this.#up && performance.now() - this.#heardAt < SILENT_MS;
  }

  get #isOver() {
    return Boolean(this.#state?.ended);
  }

  #say(words) {
    const place = document.querySelector("#ended");
    say(place, words);
    place.hidden = words === "";
  }

  #listed = (end) => text.subjects(this.#state.watchlist_id, this.#state.subjects, end);

  #showLamp() {
    const lamp = this.#isCurrent || (this.#up && this.#isOver) ? this.#state?.lamp : undefined;
    this.#show("lamp", lamp ? text.lamps[lamp] : text.unknown, lamp ? TONES[lamp] : "idle");
  }

  /** What has ended stays so; what has not is so only as long as the van says it. */
  #showEnd(name, time, now, words) {
    if (this.#isOver || (time && Date.parse(time) <= now)) {
      this.#show(name, text.ended, "bad");
    } else if (!this.#isCurrent || !this.#state) {
      this.#show(name, text.unknown, "idle");
    } else if (!time) {
      this.#show(name, text.none, "idle");
    } else {
      this.#show(name, words(Date.parse(time)), "good");
    }
  }

  #show(name, words, tone) {
    const place = document.querySelector(`#${name}`);
    place.textContent = words;
    place.dataset.tone = tone;
  }
}
