/** The bar that always shows whether the van looks, by which list and authority. */

import { openSky } from "./sky.js";
import { text } from "./text.js";

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
    this.#up = up;
    document.querySelector("#lost").hidden = up;
    this.tick();
  }

  state(state) {
    this.#state = state;
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
    this.#showLamp();
    this.#showEnd("list", this.#state?.list_expires_at, now, this.#listed);
    this.#showEnd("authority", this.#state?.authority_ends_at, now, text.until);
  }

  /** Said anew it would be read aloud anew, once a second. */
  #say(words) {
    const place = document.querySelector("#ended");
    if (place.textContent !== words) {
      place.textContent = words;
      place.hidden = words === "";
    }
  }

  #listed = (end) => text.subjects(this.#state.watchlist_id, this.#state.subjects, end);

  #showLamp() {
    const lamp = this.#up ? this.#state?.lamp : undefined;
    this.#show("lamp", lamp ? text.lamps[lamp] : text.unknown, lamp ? TONES[lamp] : "idle");
  }

  #showEnd(name, time, now, words) {
    if (this.#state?.ended) {
      this.#show(name, text.ended, "bad");
    } else if (!time) {
      this.#show(name, this.#state ? text.none : text.unknown, "idle");
    } else if (Date.parse(time) <= now) {
      this.#show(name, text.ended, "bad");
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
