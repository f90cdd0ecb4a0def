/** What calls an officer to a new alert: by ear, by hand, and by a strip where it is out of sight. */

import { Alarm } from "./alarm.js";
import { inSight } from "./sight.js";
import { say, text } from "./text.js";

export class News {
  #alarm = new Alarm();
  #strip = document.querySelector("#fresh");
  #aside = new Set();

  /** `show()` is called when the officer asks for what is out of sight. */
  constructor(show) {
    this.#strip.querySelector("button").addEventListener("click", show);
  }

  call({ camera, takenAt }) {
    document.querySelector("#news").textContent = text.announce(camera, takenAt);
    this.#alarm.ring();
  }

  silence() {
    this.#alarm.silence();
  }

  /** Say that a card is there which the officer at work does not see. */
  hold(card) {
    this.#aside.add(card);
    this.#say();
  }

  /** Say no more of what is in sight by now, or of which nothing is asked any more. */
  review(now) {
    for (const card of this.#aside) {
      const { element } = card;
      if (!element.isConnected || card.phase(now) !== "open" || inSight(element)) {
        this.#aside.delete(card);
      }
    }
    this.#say();
  }

  #say() {
    say(this.#strip.querySelector("span"), text.fresh(this.#aside.size));
    this.#strip.hidden = this.#aside.size === 0;
  }
}
