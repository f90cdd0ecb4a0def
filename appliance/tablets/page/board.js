/** The alerts on the screen, newest first. */

import { Card } from "./card.js";
import { text } from "./text.js";

const MOST = 20;
const SETTLE_MS = 600;

export class Board {
  #cards = new Map();
  #list = document.querySelector("#alerts");
  #decide;
  #settled;

  /** `decide(alertId, verdict)` sends the officer's answer. */
  constructor(decide) {
    this.#decide = decide;
  }

  /** Show an alert once, however often it comes; one that is late is never shown as new. */
  add(alert, now = Date.now()) {
    if (this.#cards.has(alert.id)) {
      return;
    }
    const card = new Card(alert, (verdict) => this.#answer(alert.id, verdict));
    card.tick(now);
    this.#cards.set(alert.id, card);
    this.#list.prepend(card.element);
    this.#trim();
    if (card.open) {
      this.#welcome(alert);
    }
  }

  tick(now = Date.now()) {
    this.#cards.forEach((card) => card.tick(now));
  }

  deliver(alertId, stage) {
    this.#cards.get(alertId)?.deliver(stage);
  }

  #answer(alertId, verdict) {
    this.#decide(alertId, verdict);
    this.#rest();
  }

  #welcome({ camera, takenAt }) {
    document.querySelector("#news").textContent = text.announce(camera, takenAt);
    this.#settle();
    if (document.activeElement === document.body) {
      this.#rest();
    }
  }

  /** Leave the keyboard on the default answer of the newest open alert. */
  #rest() {
    [...this.#cards.values()].findLast((card) => card.open)?.focus();
  }

  /** A new alert moves the others: a finger on its way must not answer for the wrong person. */
  #settle() {
    this.#list.classList.add("settling");
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => this.#list.classList.remove("settling"), SETTLE_MS);
  }

  #trim() {
    for (const [id, card] of [...this.#cards].slice(0, -MOST)) {
      card.element.remove();
      this.#cards.delete(id);
    }
  }
}
