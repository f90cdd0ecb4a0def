/** What this tablet has met and begun: enough to go on after a reload, and nothing of the list. */

const KEPT_MS = 43_200_000; // no shift is longer
const OPEN_MS = 3_600_000; // after that nobody goes on with it
const UNDO_MS = 10_000;
const MOST = 1024;
const LAST = ["not_viable", "lost"];

const isLast = ({ stage, verdict, engagement }) =>
  stage === "outcome" || LAST.includes(verdict) || LAST.includes(engagement);
const isOpen = ({ answer, at }, now) => now - at < (isLast(answer) ? UNDO_MS : OPEN_MS);

export class Business {
  #alerts = new Map();
  #mine = new Map();
  #store;
  #now;

  /** `now()` gives the van's time in ms. */
  constructor(store, now) {
    this.#store = store;
    this.#now = now;
  }

  /** Take up what an earlier page has left, and let go what nobody needs any more. */
  async restore(now = this.#now()) {
    const entries = await this.#store.read("alerts");
    for (const entry of entries.sort((a, b) => a.metAt - b.metAt)) {
      if (now - entry.metAt < KEPT_MS) {
        this.#alerts.set(entry.id, { ...entry, seen: true });
        entry.mine.forEach((decisionId) => this.#mine.set(decisionId, entry.id));
      } else {
        this.#store.drop("alerts", entry.id);
      }
    }
    this.tidy(now);
  }

  /** Meet an alert; tell whether it is new, which it is until `show` is called. */
  meet({ id, camera, code, takenAt, expiresAt }, van, now = this.#now()) {
    const known = this.#alerts.get(id);
    const facts = { camera, code, takenAt, expiresAt, van };
    this.#alerts.set(id, { id, metAt: now, answers: [], mine: [], ...known, facts });
    this.#trim();
    return known?.seen !== true;
  }

  /** An officer has it in sight: never again is it new. */
  show(id) {
    const entry = this.#alerts.get(id);
    entry.seen = true;
    return this.#keep(entry);
  }

  /** Remember an answer, or that one is taken back. */
  answer({ id, data }) {
    const entry = this.#alerts.get(data.alert_id);
    entry.draft = null;
    entry.mine.push(id);
    this.#mine.set(id, entry.id);
    if (data.answer.stage === "undo") {
      entry.answers = entry.answers.filter((one) => one.id !== data.answer.undoes);
    } else {
      entry.answers.push({ id, answer: data.answer, at: this.#now() });
    }
    return this.#keep(entry);
  }

  /** Remember what was chosen of an answer that is not yet given; of ethnicity nothing is written. */
  draft(id, draft) {
    const entry = this.#alerts.get(id);
    entry.draft = draft && { ...draft, ethnicity: null };
    this.#keep(entry);
  }

  #close(id) {
    const entry = this.#alerts.get(id);
    if (entry?.answers.length) {
      entry.answers = [];
      this.#keep(entry);
    }
  }

  /** Whether an officer of this tablet has spoken to the person, as far as it still knows. */
  hasStopped(id) {
    const said = this.#alerts.get(id).answers.map(({ answer }) => answer.engagement ?? "lost");
    return said.some((engagement) => engagement !== "lost");
  }

  /** Forget what is done: of a person who was stopped nothing stays here. */
  tidy(now = this.#now()) {
    for (const { id, answers } of this.#alerts.values()) {
      if (answers.length && !isOpen(answers.at(-1), now)) {
        this.#close(id);
      }
    }
  }

  /** Which alerts were met, oldest first. */
  get met() {
    return [...this.#alerts.keys()];
  }

  /** The alert that a decision of this tablet was about; undefined where it is not ours. */
  about(decisionId) {
    return this.#mine.get(decisionId);
  }

  /** Where and when an alert was, and whose it is. */
  facts(id) {
    return this.#alerts.get(id).facts;
  }

  /** Count an answer as not given, because the van will never hold it. */
  lose({ id, alertId }) {
    const entry = this.#alerts.get(alertId);
    if (entry?.answers.some((one) => one.id === id)) {
      entry.answers = entry.answers.filter((one) => one.id !== id);
      this.#keep(entry);
    }
  }

  /** What an officer has begun and may go on with, or may still take back. */
  open() {
    return [...this.#alerts.values()]
      .filter(({ answers }) => answers.length)
      .map(({ id, facts, answers, draft }) => ({ id, ...facts, answers: [...answers], draft }));
  }

  /** Where and when it was stays on the disk only as long as somebody may go on with it. */
  #keep({ facts, draft, seen, ...entry }) {
    return this.#store.put("alerts", entry.answers.length ? { ...entry, facts, draft } : entry);
  }

  #trim() {
    for (const id of [...this.#alerts.keys()].slice(0, -MOST)) {
      this.#alerts.delete(id);
      this.#store.drop("alerts", id);
    }
  }
}
