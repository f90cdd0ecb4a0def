/** What a card says of its alert: where and when, and what the list says of the person. */

import { lay } from "./pictures.js";
import { text } from "./text.js";

/** Put an alert's facts on its card; of one that a reload has left there are no pictures. */
export function describe(card, alert) {
  const { camera, takenAt, expiresAt } = alert;
  const find = (selector) => card.querySelector(selector);
  card.setAttribute("aria-label", `${text.camera} ${camera}, ${text.at(takenAt)}`);
  find("progress").max = expiresAt - takenAt;
  find("progress").setAttribute("aria-label", text.expires);
  find(".camera").textContent = camera;
  find(".seen").textContent = text.at(takenAt);
  if (!alert.crop) {
    erase(card);
    return;
  }
  find(".ground").textContent = text.grounds[alert.ground];
  find(".reason").textContent = alert.reason;
  find(".power").textContent = alert.power;
  find(".reference").textContent = alert.subject;
  find(".flat").hidden = !alert.maybe_picture;
  locate(find(".place"), alert.place);
  find(".sheet").prepend(lay(alert));
}

/** Take off the pictures and all that came from the list. */
export function erase(card) {
  card.querySelector(".pictures")?.remove();
  card.querySelectorAll(".entry, .place, .flat").forEach((row) => row.remove());
}

/**
 * Let the keyboard reach what must be scrolled to be read, and only that. All are measured before any
 * is changed: measuring between two changes has the browser lay out the whole page each time.
 */
export function reach(cards) {
  const told = cards.map((card) => card.querySelector(".told"));
  const long = told.map(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight);
  told.forEach((facts, index) => (facts.tabIndex = long[index] ? 0 : -1));
}

function locate(map, place) {
  map.setAttribute("aria-label", text.place);
  for (const [side, attribute] of [
    ["left", "x"],
    ["top", "y"],
    ["width", "width"],
    ["height", "height"],
  ]) {
    map.querySelector(".face").setAttribute(attribute, `${place[side] * 100}%`);
  }
}
