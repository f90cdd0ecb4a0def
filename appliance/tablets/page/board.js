/** The alerts on the screen, newest first. */

import { Calm } from "./calm.js";
import { Card } from "./card.js";
import { Course } from "./course.js";
import { Hearsay } from "./hearsay.js";
import { News } from "./news.js";
import { Notices } from "./notices.js";
import { inSight, isVisible } from "./sight.js";
import { openSlips } from "./slip.js";
import { text } from "./text.js";

const DONE = 20; // cards that ask nothing of anybody: more are too many to read
const REMEMBERED = 1024; // alerts about which something was said that may still arrive
const ASKING = ["open", "taken"];
const AT_WORK = ["engagement", "outcome"];
const LIVE = ["open", "taken", "engagement"];

export class Board {
  #cards = new Map();
  #notices = new Notices();
  #hearsay = new Hearsay();
  #left = new Map();
  #done = null;
  #next = null;
  #ended = false;
  #ready = false;
  #list = document.querySelector("#alerts");
  #calm = new Calm(this.#list, () => this.#rest());
  #news = new News(() => this.#calm.showTop());
  #acts;

  /**
   * @param acts decide(alertId, answer) -> decision id, undo(decision id) -> decision id,
   *   draft(alertId, draft) keeps what is chosen and not yet said, slip(facts) shows a redress slip, and now() -> the van's time in ms
   */
  constructor(acts) {
    this.#acts = acts;
    openSlips();
  }

  /** Whether an officer with a key is there: else nothing can be answered. */
  set ready(ready) {
    this.#ready = ready;
    this.#cards.forEach((card) => (card.ready = ready));
    this.#calm.settle();
  }

  /** Whether an alert need not be sent again: its pictures are here, or it is closed for good. */
  has(alertId, now = this.#acts.now()) {
    const card = this.#cards.get(alertId);
    return card ? !card.lacks(now) : this.#left.get(alertId) <= now || this.#hearsay.closes(alertId);
  }

  /** Whether an alert's pictures are here and can be looked at, while it can still be judged. */
  shows(alertId, now = this.#acts.now()) {
    return this.#cards.get(alertId)?.legible === true && this.isLive(alertId, now);
  }

  /** Whether an alert must be sent again, because it can be judged and its pictures are not here. */
  get lacks() {
    return [...this.#cards.values()].some((card) => card.lacks(this.#acts.now()));
  }

  /** Show what an officer had begun before the page was loaded again; it has no pictures. */
  restore(open) {
    for (const { answers, draft, ...facts } of open) {
      this.#put(facts, { course: new Course(answers), draft });
    }
  }

  /**
   * Show an alert once, however often it comes; one that is late is never shown as new, and one
   * that was withdrawn before it came, or whose deployment has ended, is not shown at all.
   * Tells whether it is on the screen and can be judged.
   */
  add(alert, { fresh = true } = {}, now = this.#acts.now()) {
    if (this.#ended || this.has(alert.id, now)) {
      return this.isLive(alert.id, now);
    }
    const aside = this.#isInHand(now);
    this.#calm.keep(() => {
      this.#put(alert, this.#memory(alert.id, now)).tick(now);
      this.#trim(now);
    });
    const card = this.#cards.get(alert.id);
    if (fresh && card.phase(now) === "open") {
      this.#welcome(card, aside);
    }
    this.#plan(now);
    return this.isLive(alert.id, now);
  }

  tick(now = this.#acts.now()) {
    this.#calm.keep((seen) => {
      this.#cards.forEach((card) => card.tick(now, seen.includes(card.element)));
      this.#news.review(now);
    });
    if (![...this.#cards.values()].some((card) => card.phase(now) === "open")) {
      this.#news.silence();
    }
    this.#plan(now);
  }

  /** Be there when the next alert is over: none may look as if it could be judged for longer. */
  #plan(now) {
    const asking = [...this.#cards.values()].filter((card) => ASKING.includes(card.phase(now)));
    clearTimeout(this.#next);
    if (asking.length) {
      const end = Math.min(...asking.map(({ facts }) => facts.expiresAt));
      this.#next = setTimeout(() => this.tick(), end - now);
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
    this.#calm.settle();
  }

  /** Say something that is about no alert; it stays until somebody has read it. */
  note(words) {
    this.#notices.say(words);
    this.#calm.settle();
  }

  /** Hear that alerts were withdrawn, decided on another tablet, or opened again; each once. */
  withdraw(withdrawals) {
    const news = withdrawals.filter((withdrawal) => this.#hearsay.hear(withdrawal));
    if (news.length) {
      this.#calm.keep(() => news.forEach((withdrawal) => this.#hear(withdrawal)));
    }
  }

  /** Whether the deployment has ended: then nothing of its list may be left on the screen. */
  end(ended) {
    if (ended && !this.#ended) {
      this.#cards.forEach((card) => card.end());
    }
    this.#ended = ended;
  }

  /** Whether an alert is here and can be judged. */
  isLive(alertId, now = this.#acts.now()) {
    const card = this.#cards.get(alertId);
    return card !== undefined && !card.lacks(now) && LIVE.includes(card.phase(now));
  }

  /** Whether the officer is at a card that can be seen, so that none may take its place. */
  #isInHand(now) {
    const phases = this.#calm.handled ? [...ASKING, ...AT_WORK] : AT_WORK;
    const busy = [...this.#cards.values()].filter((card) => phases.includes(card.phase(now)));
    return busy.some(({ element }) => isVisible(element));
  }

  #memory(alertId, now) {
    const word = this.#hearsay.decided(alertId);
    const other = word && { ...word, at: now };
    return this.#cards.get(alertId)?.memory ?? { course: new Course([], other) };
  }

  /** Not the alert itself: what acts on it would hold its pictures for as long as the card is there. */
  #put(alert, memory) {
    const { id } = alert;
    const acts = {
      answer: (answer) => this.#answer(id, answer),
      undo: (decisionId) => this.#undo(id, decisionId),
      draft: (draft) => this.#acts.draft(id, draft),
      slip: this.#acts.slip,
      now: this.#acts.now,
    };
    const card = new Card(alert, acts, memory);
    const old = this.#cards.get(id);
    this.#cards.set(id, card);
    old ? old.element.replaceWith(card.element) : this.#list.prepend(card.element);
    card.ready = this.#ready;
    return card;
  }

  #hear({ alert_id, reason, tablet, answer }) {
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
    this.#calm.settle();
  }

  /** Another officer's word. Whoever is on the way to the person must not miss it. */
  #pass(card, word) {
    const before = card.phase(this.#acts.now());
    card.hear(word);
    const after = card.phase(this.#acts.now());
    if (after === "decided" && before === "engagement") {
      this.#notices.tell(card.facts, text.decided[word.answer](word.tablet), card.stage);
      this.#calm.settle();
    } else if (after !== "decided") {
      this.#notices.drop(card.facts.id);
    }
  }

  #answer(alertId, answer) {
    this.#calm.settle();
    return this.#acts.decide(alertId, answer);
  }

  #undo(id, decisionId) {
    this.#calm.settle();
    this.#acts.undo(decisionId);
    const card = this.#cards.get(id);
    if (card.phase(this.#acts.now()) === "withdrawn") {
      this.#notices.tell(card.facts, text.withdrawn);
    }
  }

  /** What an officer is at is neither moved nor hidden by what is new. */
  #welcome(card, aside) {
    this.#news.call(card.facts);
    if (aside) {
      this.#calm.keep(() => this.#news.hold(card));
    } else {
      this.#calm.showTop();
    }
  }

  /**
   * Leave the keyboard on the default answer of an open alert whose pictures can be seen, unless it
   * is in use. Whoever is done with one alert is shown the next.
   */
  #rest(now = this.#acts.now()) {
    const cards = [...this.#cards.values()].reverse();
    const done = cards.find((card) => card.rests && !LIVE.includes(card.phase(now)));
    if (!done && document.activeElement !== document.body) {
      return;
    }
    const open = cards.filter((card) => card.phase(now) === "open");
    const next = open.find(({ element }) => inSight(element));
    if (next) {
      next.focus();
    } else if (done && open.length && done !== this.#done) {
      // Once: where the pictures cannot be shown the keyboard stays off the answer.
      this.#done = done;
      this.#calm.bring(open[0].element);
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
