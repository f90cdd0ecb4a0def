/** The alerts on the screen, newest first. */

import { Alarm } from "./alarm.js";
import { Card } from "./card.js";
import { Course } from "./course.js";
import { Notices } from "./notices.js";
import { openSlips, showSlip } from "./slip.js";
import { text } from "./text.js";

const DONE = 20; // cards that ask nothing of anybody: more are too many to read
const SETTLE_MS = 600;
const REMEMBERED = 1024; // alerts about which something was said that may still arrive
const LIVE = ["open", "taken", "engagement"];

export class Board {
  #cards = new Map();
  #notices = new Notices();
  #alarm = new Alarm();
  #words = new Map();
  #left = new Map();
  #ended = false;
  #ready = false;
  #list = document.querySelector("#alerts");
  #acts;
  #settled;

  /**
   * @param acts decide(alertId, answer) -> decision id, undo(decision id) -> decision id,
   *   slip() -> where the force answers to a redress code, or null, and now() -> the van's time in ms
   */
  constructor(acts) {
    this.#acts = acts;
    openSlips();
    // A key that is held down would go on to answer for the next person.
    this.#list.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
  }

  /** Whether an officer with a key is there: else nothing can be answered. */
  set ready(ready) {
    this.#ready = ready;
    this.#cards.forEach((card) => (card.ready = ready));
    this.#settle();
  }

  /** Whether an alert need not be sent again: its pictures are here, or it is closed for good. */
  has(alertId, now = this.#acts.now()) {
    const card = this.#cards.get(alertId);
    return card ? !card.lacks(now) : this.#left.get(alertId) <= now || this.#isOver(alertId);
  }

  /** Whether an alert must be sent again, because it can be judged and its pictures are not here. */
  get lacks() {
    return [...this.#cards.values()].some((card) => card.lacks(this.#acts.now()));
  }

  /** Show what an officer had begun before the page was loaded again; it has no pictures. */
  restore(open) {
    for (const { answers, ...facts } of open) {
      this.#put(facts, { course: new Course(answers) });
    }
  }

  /**
   * Show an alert once, however often it comes; one that is late is never shown as new, and one
   * that was withdrawn before it came, or whose deployment has ended, is not shown at all.
   * Tells whether it is on the screen and can be judged.
   */
  add(alert, { fresh = true } = {}, now = this.#acts.now()) {
    if (this.#ended || this.has(alert.id, now)) {
      return this.#isLive(alert.id, now);
    }
    const card = this.#put(alert, this.#memory(alert.id, now));
    card.tick(now);
    this.#trim(now);
    if (fresh && card.phase(now) === "open") {
      this.#welcome(card);
    } else {
      this.#settle();
    }
    return this.#isLive(card.facts.id, now);
  }

  tick(now = this.#acts.now()) {
    this.#cards.forEach((card) => card.tick(now));
    if (![...this.#cards.values()].some((card) => card.phase(now) === "open")) {
      this.#alarm.silence();
    }
  }

  deliver(decisionId, alertId, stage) {
    const card = this.#cards.get(alertId);
    card?.deliver(decisionId, stage);
    this.#notices.deliver(alertId, card?.stage ?? stage);
  }

  /** The van will never hold an answer, and its officer must know: `words` say why. */
  lose({ id, alertId, camera, takenAt }, words) {
    this.#cards.get(alertId)?.lose(id);
    this.#notices.tell({ id, camera, takenAt }, words);
    this.#settle();
  }

  /** Say something that is about no alert; it stays until somebody has read it. */
  note(words) {
    this.#notices.say(words);
    this.#settle();
  }

  /** Hear that alerts were withdrawn, decided on another tablet, or opened again; each once. */
  withdraw(withdrawals) {
    withdrawals.forEach((withdrawal) => this.#hear(withdrawal));
    for (const id of [...this.#words.keys()].slice(0, -REMEMBERED)) {
      this.#words.delete(id);
    }
  }

  /** Whether the deployment has ended: then nothing of its list may be left on the screen. */
  end(ended) {
    if (ended && !this.#ended) {
      this.#cards.forEach((card) => card.end());
    }
    this.#ended = ended;
  }

  #isLive(alertId, now) {
    const card = this.#cards.get(alertId);
    return card !== undefined && !card.lacks(now) && LIVE.includes(card.phase(now));
  }

  #isOver(alertId) {
    const word = this.#words.get(alertId)?.last;
    return word !== undefined && word.reason !== "undone" && word.answer !== "viable";
  }

  #memory(alertId, now) {
    const word = this.#words.get(alertId)?.last;
    const other = word?.reason === "decided" ? { ...word, at: now } : null;
    return this.#cards.get(alertId)?.memory ?? { course: new Course([], other) };
  }

  /** Not the alert itself: what acts on it would hold its pictures for as long as the card is there. */
  #put(alert, memory) {
    const { id } = alert;
    const acts = {
      answer: (answer) => this.#answer(id, answer),
      undo: (decisionId) => this.#undo(id, decisionId),
      slip: (facts) => showSlip(facts, this.#acts.slip()),
      now: this.#acts.now,
    };
    const card = new Card(alert, acts, memory);
    const old = this.#cards.get(id);
    this.#cards.set(id, card);
    old ? old.element.replaceWith(card.element) : this.#list.prepend(card.element);
    card.ready = this.#ready;
    return card;
  }

  #hear({ alert_id, reason, tablet, decision_id, answer }) {
    const known = this.#words.get(alert_id) ?? { heard: new Set() };
    const key = `${reason} ${decision_id}`;
    if (known.heard.has(key)) {
      return;
    }
    known.heard.add(key);
    known.last = { reason, tablet, answer };
    this.#words.set(alert_id, known);
    const card = this.#cards.get(alert_id);
    if (card && reason === "no_longer_listed") {
      this.#takeBack(card);
    } else if (card) {
      this.#pass(card, reason === "decided" ? { answer, tablet } : null);
    }
  }

  #takeBack(card) {
    if (card.dismissed) {
      card.withdraw();
      return;
    }
    this.#notices.tell(card.facts, text.withdrawn, card.stage);
    if (card.busy) {
      card.withdraw();
    } else {
      this.#remove(card);
    }
    this.#settle();
  }

  /** Another officer's word. Whoever is on the way to the person must not miss it. */
  #pass(card, word) {
    const before = card.phase(this.#acts.now());
    card.hear(word);
    const after = card.phase(this.#acts.now());
    if (after === "decided" && before === "engagement") {
      this.#notices.tell(card.facts, text.decided[word.answer](word.tablet), card.stage);
    } else if (after !== "decided") {
      this.#notices.drop(card.facts.id);
    }
    if (after !== before) {
      this.#settle();
    }
  }

  #answer(alertId, answer) {
    this.#settle();
    return this.#acts.decide(alertId, answer);
  }

  #undo(id, decisionId) {
    this.#settle();
    this.#acts.undo(decisionId);
    const card = this.#cards.get(id);
    if (card.phase(this.#acts.now()) === "withdrawn") {
      this.#notices.tell(card.facts, text.withdrawn);
    }
  }

  #welcome({ facts: { camera, takenAt } }) {
    document.querySelector("#news").textContent = text.announce(camera, takenAt);
    this.#alarm.ring();
    scrollTo({ top: 0, behavior: "instant" });
    this.#settle();
  }

  /** What comes or goes moves the rest: a finger on its way must not answer for somebody else. */
  #settle() {
    document.body.classList.add("settling");
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => {
      document.body.classList.remove("settling");
      this.#rest();
    }, SETTLE_MS);
  }

  /** Leave the keyboard on the default answer of the newest open alert, unless it is in use. */
  #rest(now = this.#acts.now()) {
    const cards = [...this.#cards.values()];
    const idle = document.activeElement === document.body;
    if (idle || cards.some((card) => card.rests && !LIVE.includes(card.phase(now)))) {
      cards.findLast((card) => card.phase(now) === "open")?.focus();
    }
  }

  /** What can still be judged stays, however much of it there is; of what is done the oldest goes. */
  #trim(now) {
    const done = [...this.#cards.values()].filter((card) => card.isDone(now));
    done.slice(0, -DONE).forEach((card) => this.#remove(card));
  }

  /** One that is not over here need not be known for longer than it could be judged. */
  #remove(card) {
    const { id, expiresAt } = card.facts;
    card.element.remove();
    this.#cards.delete(id);
    this.#left.set(id, card.answered ? 0 : expiresAt);
    for (const old of [...this.#left.keys()].slice(0, -REMEMBERED)) {
      this.#left.delete(old);
    }
  }
}
