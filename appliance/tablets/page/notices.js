/** What an officer must have read, above all of alerts that are no longer there; each stays until then. */

import { fill, text } from "./text.js";

const template = document.querySelector("#notice");

export class Notices {
  #list = document.querySelector("#notices");
  #held = new Map();

  /**
   * Say something of an alert, or of an answer to it: `id` is either's. `stage` is how far an answer
   * has come, if one was given.
   */
  tell({ id, camera, takenAt }, words, stage) {
    this.#put(id, words, text.which(camera, takenAt));
    if (stage) {
      this.deliver(id, stage);
    }
  }

  /** Say something that is about no alert. */
  say(words) {
    this.#put(words, words, "");
  }

  /** Say how far the answer has come: kept, sent or received. */
  deliver(alertId, stage) {
    const place = this.#held.get(alertId)?.querySelector(".delivery");
    if (place) {
      place.textContent = text.answered(text.delivery[stage]);
    }
  }

  #put(id, words, which) {
    this.drop(id);
    const element = template.content.cloneNode(true).firstElementChild;
    fill(element);
    element.querySelector(".words").textContent = words;
    element.querySelector(".which").textContent = which;
    element.querySelector("button").addEventListener("click", () => this.drop(id));
    this.#held.set(id, element);
    this.#list.append(element);
  }

  /** Take one off: it was read, or it is no longer so. */
  drop(id) {
    this.#held.get(id)?.remove();
    this.#held.delete(id);
  }
}
