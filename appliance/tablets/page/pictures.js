/** The face that was seen beside the photographs from the list: same size, nothing laid over them. */

import { text } from "./text.js";
import { picture } from "./wire.js";

const template = document.querySelector("#pictures");

/** Lay them out. Whoever holds the element holds the pictures, and nobody else does. */
export function lay({ crop, images, takenAt }) {
  const element = template.content.cloneNode(true).firstElementChild;
  const find = (selector) => element.querySelector(selector);
  find(".live strong").textContent = text.live;
  find(".listed strong").textContent = text.listed;
  find(".live .when").textContent = text.at(takenAt);
  find(".live .frame").append(image(crop, text.liveAlt));
  const photos = images.map(({ jpeg }, index) =>
    image(jpeg, text.listedAlt(index + 1, images.length)),
  );
  find(".listed .frame").append(...photos);
  const days = images.map(({ taken_on }) => taken_on);
  const choices = images.map(({ jpeg, taken_on }, index) => choice(jpeg, taken_on, index));
  const pick = (chosen) => show(element, chosen, days[chosen]);
  choices.forEach((button, index) => button.addEventListener("click", () => pick(index)));
  if (images.length > 1) {
    find(".photos").setAttribute("aria-label", text.photos);
    find(".photos").append(...choices);
    find(".photos").hidden = false;
  }
  pick(0);
  element.addEventListener("contextmenu", (event) => event.preventDefault()); // offers to save them
  return element;
}

/** Whether there is something to compare: a picture that cannot be decoded shows nothing. */
export function areComparable(pictures) {
  const sound = (frame) =>
    [...pictures.querySelectorAll(`${frame} img`)].some((image) => !image.dataset.spoilt);
  return sound(".live .frame") && sound(".listed .frame");
}

function show(element, chosen, takenOn) {
  element
    .querySelectorAll(".listed .frame img")
    .forEach((photo, index) => (photo.hidden = index !== chosen));
  element
    .querySelectorAll(".photos button")
    .forEach((button, index) => button.setAttribute("aria-pressed", index === chosen));
  element.querySelector(".taken").textContent = text.takenOn(takenOn);
}

function image(jpeg, alt) {
  const made = document.createElement("img");
  made.src = picture(jpeg);
  made.alt = alt;
  made.addEventListener("error", () => {
    made.alt = alt && text.spoilt(alt);
    made.dataset.spoilt = "spoilt";
  });
  return made;
}

function choice(jpeg, takenOn, index) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(image(jpeg, ""), text.photo(takenOn, index + 1));
  return button;
}
