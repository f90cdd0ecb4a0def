/** What comes or goes moves the rest: a finger on its way must not answer for somebody else. */

import { reach } from "./facts.js";
import { fitBar } from "./head.js";
import { isVisible } from "./sight.js";

const SETTLE_MS = 600;
const HAND_MS = 10_000; // for so long after a touch somebody is taken to be at work
const STILL_PX = 1;
const TAPS = ".form button, .head button:not([hidden])";
const TOUCHES = ["pointerdown", "keydown", "wheel"];

export class Calm {
  #list;
  #rest;
  #settled;
  #touchedAt = -Infinity;
  #touched = null;
  #room_px = 0;

  /**
   * @param list the element that holds the cards
   * @param rest called when all has come to rest
   */
  constructor(list, rest) {
    this.#list = list;
    this.#rest = rest;
    for (const touch of TOUCHES) {
      addEventListener(touch, (event) => this.#note(event), { capture: true, passive: true });
    }
    // A key that is held down would go on to answer for the next person.
    list.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
  }

  /** Whether somebody has just touched the tablet. */
  get handled() {
    return performance.now() - this.#touchedAt < HAND_MS;
  }

  /** Take no tap until whoever was about to tap has seen what has moved. */
  settle() {
    document.body.classList.add("settling");
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => {
      document.body.classList.remove("settling");
      this.#rest();
    }, SETTLE_MS);
  }

  /**
   * Change what is on the page; what can be seen stays where it is, else no tap is taken. `change`
   * gets the cards that can be seen.
   */
  keep(change) {
    const before = new Map([...this.#list.children].map((card) => [card, footOf(card)]));
    const seen = [...before.keys()].filter(isVisible);
    change(seen);
    fitBar();
    const stays = (card) => seen.includes(card) && card.isConnected;
    this.#follow([this.#touched, ...seen].find(stays), before);
    const moved = (card) => !(Math.abs(footOf(card) - before.get(card)) <= STILL_PX);
    const near = [...this.#list.children].filter((card) => seen.includes(card) || isVisible(card));
    reach(near);
    if (near.some((card) => moved(card) && card.querySelector(TAPS))) {
      this.settle();
    }
  }

  /** Show what is newest, wherever the page stands. */
  showTop() {
    this.#makeRoom(-this.#room_px);
    scrollTo({ top: 0, behavior: "instant" });
    this.settle();
  }

  /** Show a card that is out of sight. */
  bring(card) {
    card.scrollIntoView({ block: "start", behavior: "instant" });
    this.settle();
  }

  /** Scroll so that a card is where it was, and make room below for that. */
  #follow(card, before) {
    if (!card) {
      return;
    }
    const scroll = () => {
      scrollBy({ top: footOf(card) - before.get(card), behavior: "instant" });
      return footOf(card) - before.get(card);
    };
    const lacking_px = scroll();
    if (lacking_px > STILL_PX) {
      this.#makeRoom(lacking_px);
      scroll();
    }
  }

  #makeRoom(more_px) {
    this.#room_px += more_px;
    this.#list.style.paddingBottom = `${this.#room_px}px`;
  }

  #note({ target }) {
    this.#touchedAt = performance.now();
    this.#touched = target.closest?.(".card") ?? this.#touched;
  }
}

// A card grows and shrinks with the room that it has; its answers stay at its foot.
const footOf = (card) => card.getBoundingClientRect().bottom;
