/** The alerts on the screen, newest first. */

import { Card } from "./card.js";
import { Notices } from "./notices.js";
import { text } from "./text.js";

const MOST = 20;
const SETTLE_MS = 600;
const REMEMBERED = 1024; // withdrawn alerts that may still arrive

export class Board {
  #cards = new Map();
  #notices = new Notices();
  #withdrawn = new Set();
  #ended = false;
  #list = document.querySelector("#alerts");
  #decide;
  #settled;

  /** `decide(alertId, verdict)` sends the officer's answer. */
  constructor(decide) {
    this.#decide = decide;
  }

  /**
   * Show an alert once, however often it comes; one that is late is never shown as new, and one
   * that was withdrawn before it came, or whose deployment has ended, is not shown at all.
   */
  add(alert, now = Date.now()) {
    if (this.#ended || this.#withdrawn.has(alert.id) || this.#cards.has(alert.id)) {
      return;
    }
    // Not the alert itself: what answers would hold its pictures for as long as the card is there.
    const { id } = alert;
    const card = new Card(alert, (verdict) => this.#answer(id, verdict));
    card.tick(now);
    this.#cards.set(id, card);
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
    this.#notices.deliver(alertId, stage);
  }

  /** Take alerts off whose subject is no longer on the list, and say so until it is read. */
  withdraw(alertIds) {
    for (const id of alertIds.filter((id) => !this.#withdrawn.has(id))) {
      this.#withdrawn.add(id);
      this.#takeBack(this.#cards.get(id));
    }
    for (const id of [...this.#withdrawn].slice(0, -REMEMBERED)) {
      this.#withdrawn.delete(id);
    }
  }

  /** Whether the deployment has ended: then nothing of its list may be left on the screen. */
  end(ended) {
    if (ended) {
      this.#cards.forEach((card) => card.end());
    }
    this.#ended = ended;
  }

  #takeBack(card) {
    if (card?.dismissed) {
      card.erase();
    } else if (card) {
      this.#remove(card);
      this.#notices.withdraw(card);
      this.#settle();
    }
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

  /** What comes or goes moves the rest: a finger on its way must not answer for somebody else. */
  #settle() {
    document.body.classList.add("settling");
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => document.body.classList.remove("settling"), SETTLE_MS);
  }

  #trim() {
    [...this.#cards.values()].slice(0, -MOST).forEach((card) => this.#remove(card));
  }

  #remove(card) {
    card.element.remove();
    this.#cards.delete(card.id);
  }
}
