/** One alert on the screen: two pictures, the facts, and what its officer is asked. */

import { Course } from "./course.js";
import { describe, erase } from "./facts.js";
import { headline, remark } from "./headline.js";
import { areComparable } from "./pictures.js";
import * as stages from "./stages.js";
import { fill, say, text } from "./text.js";

const template = document.querySelector("#card");
const STATES = {
  engagement: "answered",
  outcome: "answered",
  done: "answered",
  closed: "expired",
  gone: "expired",
};
const FORMS = { open: "verdict", taken: "taken", engagement: "engagement", outcome: "outcome" };
const WAITING = ["open", "taken"];
const SHOWN = [...WAITING, "engagement"];
const DELIVERY = ["kept", "late", "sent", "received"];

export class Card {
  #find;
  #facts;
  #acts;
  #course;
  #delivery;
  #band;
  #draft;
  #ready = true;
  #ended = false;
  #withdrawn = false;
  #form = "";
  #told = "";

  /**
   * @param alert what the van sent, or what a reload has left of it: then it has no pictures
   * @param acts {answer(answer) -> decision id, undo(decision id), draft(draft), slip(facts),
   *   now() -> ms}
   * @param memory of an earlier card of this alert
   */
  constructor(alert, acts, { course, delivery, draft } = {}) {
    const { id, code, camera, takenAt, expiresAt } = alert;
    this.element = template.content.cloneNode(true).firstElementChild;
    this.#find = (selector) => this.element.querySelector(selector);
    this.#facts = { id, code, camera, takenAt, expiresAt };
    this.#acts = acts;
    this.#course = course ?? new Course();
    this.#delivery = delivery ?? new Map();
    this.#band = alert.band;
    this.#draft = draft ?? null;
    fill(this.element);
    describe(this.element, alert);
    this.#listen();
  }

  get facts() {
    return this.#facts;
  }

  get memory() {
    return { course: this.#course, delivery: this.#delivery, draft: this.#draft };
  }

  /** How far the answers have come, the slowest first; null while there is none. */
  get stage() {
    return DELIVERY.find((stage) => [...this.#delivery.values()].includes(stage)) ?? null;
  }

  /** What is asked of the officer, or why nothing is. */
  phase(now) {
    const { phase } = this.#course;
    if (!WAITING.includes(phase)) {
      return phase;
    }
    if (this.#withdrawn) {
      return "withdrawn";
    }
    if (this.#ended) {
      return "closed";
    }
    if (now >= this.#facts.expiresAt) {
      return "expired";
    }
    return this.#pictured ? phase : "gone";
  }

  /** Whether the officer has begun something that must come to its end. */
  get busy() {
    return ["engagement", "outcome"].includes(this.#course.phase) || this.stage === "kept";
  }

  /** Whether the officer has said anything that stands. */
  get answered() {
    return this.#course.verdict !== null;
  }

  /** Whether nothing is asked of anybody, nor can be: no answer that may be taken back either. */
  isDone(now) {
    const asks = [...SHOWN, "gone"].includes(this.phase(now));
    return !asks && !this.busy && this.#course.left_ms(now) === 0;
  }

  /** Whether the officer has already said that this is somebody else. */
  get dismissed() {
    return this.#course.verdict === "not_viable";
  }

  /** Whether its pictures are here and can be looked at. */
  get legible() {
    return this.#pictured && areComparable(this.#find(".pictures"));
  }

  /** Whether the van should send it again: it can be judged, and its pictures are not here. */
  lacks(now) {
    const asked = [...SHOWN, "gone"].includes(this.phase(now));
    const live = now < this.#facts.expiresAt && !this.#ended && !this.#withdrawn;
    return asked && live && !this.#pictured;
  }

  set ready(ready) {
    this.#ready = ready;
    this.tick();
  }

  /** Count on, and show what the time has changed; of one that waits out of sight, its end alone. */
  tick(now = this.#acts.now(), seen = true) {
    if (!seen && WAITING.includes(this.#told) && this.#told === this.phase(now)) {
      return;
    }
    const left_ms = this.#facts.expiresAt - now;
    say(this.#find(".age"), text.age(now - this.#facts.takenAt));
    say(this.#find(".left"), text.left(left_ms));
    this.#find("progress").value = Math.max(0, left_ms);
    this.#keep(now);
    this.#render(now);
  }

  /** Another officer's last word about it, or null where that was taken back. */
  hear(word, now = this.#acts.now()) {
    this.#course.hear(word && { ...word, at: now });
    this.tick(now);
  }

  /** Say how far an answer has come: kept, sent, late or received. */
  deliver(decisionId, stage) {
    this.#delivery.set(decisionId, stage);
    this.#showDelivery();
  }

  /** The van will never hold an answer, so it counts as not given. */
  lose(decisionId) {
    this.#course.drop(decisionId);
    this.#delivery.delete(decisionId);
    this.#showDelivery();
    this.tick();
  }

  /** The deployment is over: close it if it has no answer, and forget whatever came from the list. */
  end() {
    this.#ended = true;
    this.tick();
  }

  /** Nobody may be stopped on it: forget what came from the list; a stop can still be recorded. */
  withdraw() {
    this.#withdrawn = true;
    this.tick();
  }

  /** Put the keyboard on the default answer. */
  focus() {
    this.#find(".form button:not(:disabled)")?.focus({ preventScroll: true });
  }

  /** Put the keyboard on the headline, so that it is read aloud. */
  rest() {
    this.#find("h2").focus({ preventScroll: true });
  }

  get rests() {
    return document.activeElement === this.#find("h2");
  }

  get #pictured() {
    return this.#find(".pictures") !== null;
  }

  #listen() {
    // It does not bubble: a picture says it to nobody above but one who catches.
    this.element.addEventListener("error", () => this.tick(), { capture: true });
    this.#find(".undo").addEventListener("click", () => this.#undo());
    this.#find(".slip").addEventListener("click", () => this.#acts.slip(this.#facts));
  }

  #answer(answer) {
    this.#course.add(this.#acts.answer(answer), answer, this.#acts.now());
    this.tick();
    this.rest();
  }

  /** What was chosen of an outcome is there again; without its stage it is worth nothing. */
  #undo() {
    const { outcome } = this.#course;
    this.#acts.undo(this.#course.undo());
    this.#note(outcome);
    this.tick();
    this.rest();
  }

  #note(draft) {
    this.#draft = draft;
    this.#acts.draft(draft);
  }

  #assess() {
    this.#course.assess();
    this.tick();
    this.rest();
  }

  /** Hold the pictures while they are looked at or may come back; then let them go for good. */
  #keep(now) {
    const shown = SHOWN.includes(this.phase(now));
    const over = now >= this.#course.holdsUntil(this.#facts.expiresAt);
    const needed = shown || this.#course.mayReopen(now);
    if (this.#course.phase === "done") {
      this.#draft = null;
    }
    if (over || this.#ended || this.#withdrawn || !needed) {
      this.#erase();
    } else if (this.#pictured) {
      this.#find(".pictures").hidden = !shown;
    }
  }

  #erase() {
    erase(this.element);
    this.#band = null;
  }

  #render(now) {
    const phase = this.phase(now);
    this.#told = phase;
    this.element.dataset.state = this.#withdrawn ? "withdrawn" : (STATES[phase] ?? phase);
    this.element.dataset.verdict = this.#course.verdict ?? "";
    const late = now >= this.#facts.expiresAt;
    const fate = { withdrawn: this.#withdrawn, ended: this.#ended, late };
    say(this.#find("h2"), headline(phase, this.#course, fate));
    say(this.#find(".doubt"), remark(phase, this.#course, fate));
    const { outcome } = this.#course;
    say(this.#find(".summary"), outcome ? text.summary(outcome) : "");
    this.#showBand(phase);
    this.#showForm(FORMS[phase] ?? "");
    this.#showUndo(this.#course.left_ms(now));
    this.#find(".slip").hidden = [null, "lost"].includes(this.#course.engagement);
  }

  /** What the software thinks is said only to somebody who has thought for himself. */
  #showBand(phase) {
    const row = this.#find(".machine");
    if (row) {
      row.hidden = phase !== "engagement";
      say(this.#find(".band"), row.hidden ? "" : text.bands[this.#band]);
    }
  }

  #showForm(name) {
    const place = this.#find(".form");
    if (this.#form !== name) {
      this.#form = name;
      const acts = { verdict: (answer) => this.#answer(answer), taken: () => this.#assess() };
      const act = acts[name] ?? acts.verdict;
      const sketch = { draft: this.#draft, note: (draft) => this.#note(draft) };
      place.replaceChildren(...(name ? [stages[name](act, this.#facts.id, sketch)] : []));
    }
    place.querySelectorAll("fieldset").forEach((group) => (group.disabled = !this.#ready));
    const blind = name === "verdict" && !this.legible;
    if (name === "verdict") {
      place.querySelector("[value=viable]").disabled = blind;
    }
    const words = blind ? text.blind : text.notReady;
    say(this.#find(".unready"), name && (blind || !this.#ready) ? words : "");
  }

  #showDelivery() {
    say(this.#find(".delivery"), text.delivery[this.stage] ?? "");
    this.#find(".delivery").dataset.stage = this.stage ?? "";
  }

  #showUndo(left_ms) {
    const button = this.#find(".undo");
    button.hidden = left_ms === 0 || !this.#ready;
    button.querySelector("span:last-child").textContent = text.undoLeft(left_ms);
  }
}
