/** How far one alert has come: what this tablet's officer has answered, and what another has. */

const UNDO_MS = 10_000;
const SLACK_MS = 2_000; // what another officer took back may be under way for a while
const HOLD_MS = 600_000; // for as long an officer may look for the person with the pictures in hand

export class Course {
  #given;
  #other;
  #own = false;

  /**
   * @param given {id, answer, at} of what was answered before, oldest first
   * @param other {answer, tablet, at} of what another officer has said, or null
   */
  constructor(given = [], other = null) {
    this.#given = [...given];
    this.#other = other;
  }

  add(id, answer, at) {
    this.#given.push({ id, answer, at });
  }

  /** Take the last answer back, and give its id. */
  undo() {
    return this.#given.pop().id;
  }

  /** Count an answer as not given. */
  drop(id) {
    this.#given = this.#given.filter((one) => one.id !== id);
  }

  /** Another officer's last word, or null where that was taken back. */
  hear(word) {
    this.#other = word;
    this.#own &&= word !== null;
  }

  /** Answer although another officer has it in hand. */
  assess() {
    this.#own = true;
  }

  get other() {
    return this.#other;
  }

  get verdict() {
    return this.#said("verdict")?.verdict ?? null;
  }

  get engagement() {
    return this.#said("engagement")?.engagement ?? null;
  }

  get outcome() {
    return this.#said("outcome") ?? null;
  }

  /** Whether another officer thinks little of what this one goes after. */
  get doubted() {
    return this.verdict === "viable" && this.#other?.answer === "not_viable";
  }

  /**
   * What is asked now: "open", "taken", "engagement" or "outcome"; "decided" where another officer
   * has closed it, "done" where this one has.
   */
  get phase() {
    const stage = this.#stage;
    if (["verdict", "engagement"].includes(stage) && this.#isClosed && !this.doubted) {
      return "decided";
    }
    if (stage === "verdict") {
      return this.#other && !this.#own ? "taken" : "open";
    }
    return stage;
  }

  /** For how much longer the last answer may be taken back. */
  left_ms(now) {
    const last = this.#given.at(-1);
    return last ? Math.max(0, last.at + UNDO_MS - now) : 0;
  }

  /** Whether what was looked at before the last answer may yet be looked at again. */
  mayReopen(now) {
    const others = this.#isClosed && now < this.#other.at + UNDO_MS + SLACK_MS;
    return others || this.left_ms(now) > 0;
  }

  /** When the pictures go, whatever happens. */
  holdsUntil(expiresAt) {
    return this.verdict === "viable" ? this.#given[0].at + HOLD_MS : expiresAt;
  }

  get #isClosed() {
    return this.#other !== null && this.#other.answer !== "viable";
  }

  get #stage() {
    if (!this.verdict) {
      return "verdict";
    }
    if (this.verdict === "not_viable" || this.engagement === "lost" || this.outcome) {
      return "done";
    }
    return this.engagement ? "outcome" : "engagement";
  }

  #said(stage) {
    return this.#given.find(({ answer }) => answer.stage === stage)?.answer;
  }
}
