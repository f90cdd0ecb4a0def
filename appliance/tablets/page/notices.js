/** What an officer must have read about alerts that are no longer there; each stays until then. */

import { fill, text } from "./text.js";

const template = document.querySelector("#notice");

export class Notices {
  #list = document.querySelector("#notices");
  #held = new Map();

  /** Say something of an alert; `stage` is how far an answer to it has come, if one was given. */
  tell({ id, camera, takenAt }, words, stage) {
    this.drop(id);
    const element = template.content.cloneNode(true).firstElementChild;
    fill(element);
    element.querySelector(".words").textContent = words;
    element.querySelector(".which").textContent = text.which(camera, takenAt);
    element.querySelector("button").addEventListener("click", () => this.drop(id));
    this.#held.set(id, element);
    this.#list.append(element);
    if (stage) {
      this.deliver(id, stage);
    }
  }

  /** Say how far the answer has come: kept, sent or received. */
  deliver(alertId, stage) {
    const place = this.#held.get(alertId)?.querySelector(".delivery");
    if (place) {
      place.textContent = text.answered(text.delivery[stage]);
    }
  }

  /** Take one off: it was read, or it is no longer so. */
  drop(id) {
    this.#held.get(id)?.remove();
    this.#held.delete(id);
  }
}
