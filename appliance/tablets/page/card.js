/** One alert on the screen: two pictures, the facts, the officer's answer. */

import { fill, text } from "./text.js";
import { picture } from "./wire.js";

const template = document.querySelector("#card");

export class Card {
  #find;
  #expiresAt;
  #takenAt;
  #stage = null;

  /** `answer(verdict)` is called once at most. The pictures are held by the page's tree alone. */
  constructor(alert, answer) {
    this.element = template.content.cloneNode(true).firstElementChild;
    this.#find = (selector) => this.element.querySelector(selector);
    this.id = alert.id;
    this.camera = alert.camera;
    this.#takenAt = alert.takenAt;
    this.#expiresAt = alert.expiresAt;
    fill(this.element);
    this.#name(alert);
    this.#state(alert);
    this.#locate(alert.place);
    this.#show(alert);
    this.#listen(answer);
  }

  get open() {
    return this.element.dataset.state === "open";
  }

  /** Whether the officer has already said that this is somebody else. */
  get dismissed() {
    return this.element.dataset.verdict === "not_viable";
  }

  get takenAt() {
    return this.#takenAt;
  }

  /** How far the answer has come; null while there is none. */
  get stage() {
    return this.#stage;
  }

  focus() {
    this.#find("button[value=not_viable]").focus({ preventScroll: true });
  }

  /** Count on; an alert whose time is over loses its pictures, and its buttons if unanswered. */
  tick(now) {
    const left_ms = this.#expiresAt - now;
    this.#find(".age").textContent = text.age(now - this.#takenAt);
    this.#find(".left").textContent = left_ms > 0 ? text.left(left_ms) : text.past(this.#expiresAt);
    this.#find("progress").value = Math.max(0, left_ms);
    if (left_ms <= 0) {
      this.#expire();
    }
  }

  /** Say how far the answer has come: kept, sent or received. */
  deliver(stage) {
    this.#stage = stage;
    this.#find(".delivery").textContent = text.delivery[stage];
    this.#find(".delivery").dataset.stage = stage;
  }

  /** Close it if it is open, and forget whatever came from the list. */
  end() {
    if (this.open) {
      this.#close("expired", text.closed);
    }
    this.erase();
  }

  /** Forget the pictures, and whatever else came from the list. */
  erase() {
    this.#forget();
    this.element.querySelectorAll(".entry").forEach((row) => row.remove());
  }

  #name({ camera, takenAt }) {
    this.element.setAttribute("aria-label", `${text.camera} ${camera}, ${text.at(takenAt)}`);
    this.#find("progress").max = this.#expiresAt - takenAt;
    this.#find("progress").setAttribute("aria-label", text.expires);
    this.#find(".answer").setAttribute("aria-label", text.answer);
    this.#find(".photos").setAttribute("aria-label", text.photos);
  }

  #state(alert) {
    const words = {
      camera: alert.camera,
      seen: text.at(alert.takenAt),
      ground: text.grounds[alert.ground],
      reason: alert.reason,
      power: alert.power,
      reference: alert.subject,
      band: text.bands[alert.band],
    };
    for (const [name, value] of Object.entries(words)) {
      this.element.querySelectorAll(`.${name}`).forEach((place) => (place.textContent = value));
    }
  }

  #locate(place) {
    this.#find(".place").setAttribute("aria-label", text.place);
    const face = this.#find(".place .face");
    for (const [side, attribute] of [
      ["left", "x"],
      ["top", "y"],
      ["width", "width"],
      ["height", "height"],
    ]) {
      face.setAttribute(attribute, `${place[side] * 100}%`);
    }
  }

  #show({ crop, images }) {
    this.#find(".live .frame").append(image(crop, text.liveAlt));
    const photos = images.map(({ jpeg }, index) =>
      image(jpeg, text.listedAlt(index + 1, images.length)),
    );
    this.#find(".listed .frame").append(...photos);
    const choices = images.map(({ taken_on }, index) => choice(text.photo(taken_on, index + 1)));
    const pick = (chosen) => this.#pick(photos, choices, chosen, images[chosen].taken_on);
    choices.forEach((button, index) => button.addEventListener("click", () => pick(index)));
    this.#find(".photos").append(...choices);
    this.#find(".photos").hidden = images.length === 1;
    pick(0);
  }

  #pick(photos, choices, chosen, takenOn) {
    photos.forEach((photo, index) => (photo.hidden = index !== chosen));
    choices.forEach((button, index) => button.setAttribute("aria-pressed", index === chosen));
    this.#find(".taken").textContent = text.takenOn(takenOn);
  }

  #listen(answer) {
    for (const button of this.element.querySelectorAll(".answer button")) {
      button.addEventListener("click", () => {
        this.#close("answered", button.textContent);
        this.element.dataset.verdict = button.value;
        if (button.value === "not_viable") {
          this.#forget();
        }
        answer(button.value);
      });
    }
  }

  #expire() {
    if (this.open) {
      this.#close("expired", text.expired);
    }
    this.#forget();
  }

  #close(state, title) {
    this.element.dataset.state = state;
    this.#find("h2").textContent = title;
    for (const button of this.element.querySelectorAll(".answer button")) {
      button.disabled = true;
    }
  }

  #forget() {
    this.#find(".pictures")?.remove();
  }
}

function image(jpeg, alt) {
  const element = document.createElement("img");
  element.src = picture(jpeg);
  element.alt = alt;
  return element;
}

function choice(words) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words;
  return button;
}
