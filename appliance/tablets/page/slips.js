/** The redress slips of this shift: each can be shown again when its card is long gone. */

import { showSlip } from "./slip.js";
import { text } from "./text.js";

const NAME = "stops";
const KEPT_MS = 43_200_000; // no shift is longer, and the van finds an alert for longer than that

export class Slips {
  #stops = [];
  #store;
  #now;
  #source;
  #list = document.querySelector("#slips");

  /**
   * @param store where they outlive a reload: code, camera and time of each stop, and nothing else
   * @param now gives the van's time in ms
   * @param source gives {van, address}: the van, and what the force puts before a code or null
   */
  constructor(store, now, source) {
    this.#store = store;
    this.#now = now;
    this.#source = source;
    this.#list.querySelector("[value=close]").addEventListener("click", () => this.#list.close());
    for (const button of document.querySelectorAll(".slips-open")) {
      button.addEventListener("click", () => this.#open());
    }
  }

  /** Take up what an earlier page has left. */
  async restore() {
    const rows = await this.#store.read("shift");
    this.#keep(rows.find(({ what }) => what === NAME)?.stops ?? []);
    this.tidy();
  }

  /** Note whether a person was stopped on an alert; an undo makes it untrue again. */
  note({ code, camera, takenAt }, stopped) {
    const others = this.#stops.filter((stop) => stop.code !== code);
    const stops = stopped ? [...others, { code, camera, takenAt }] : others;
    if (stops.length !== this.#stops.length) {
      this.#keep(stops);
    }
  }

  /** Forget what is older than a shift. */
  tidy(now = this.#now()) {
    const stops = this.#stops.filter(({ takenAt }) => now - takenAt < KEPT_MS);
    if (stops.length !== this.#stops.length) {
      this.#keep(stops);
    }
  }

  /** Forget all: what one officer has done is not the next one's to see. */
  clear() {
    this.#keep([]);
  }

  show(facts) {
    showSlip(facts, this.#source());
  }

  #keep(stops) {
    this.#stops = stops;
    this.#store.put("shift", { what: NAME, stops });
    for (const button of document.querySelectorAll(".slips-open")) {
      button.hidden = stops.length === 0;
    }
  }

  #open() {
    const buttons = this.#stops.map((stop) => this.#button(stop));
    this.#list.querySelector(".list").replaceChildren(...buttons.reverse());
    this.#list.showModal();
  }

  #button(stop) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text.slipOf(stop.camera, stop.takenAt);
    made.addEventListener("click", () => {
      this.#list.close();
      this.show(stop);
    });
    return made;
  }
}
