/** The van's time. This tablet's own clock may be wrong, and somebody may set it at any moment. */

const DRIFT = 2e-4; // no two clocks run farther apart: 0.7 s in an hour
const EARLIER = 5; // so many words in a row that are earlier than one before: the van's clock was set
const LEAP_MS = 1_000; // the tablet has slept, or its clock was set
const WORTH_MS = 1_000; // so much nearer to the van's time is worth judging anew
const NAME = "clock";

/** How far this tablet's own clock is before the one that nobody can set. */
const gap = () => Date.now() - performance.now();

export class Clock {
  #store;
  #best = null;
  #latest = -Infinity;
  #earlier = 0;
  #gap = gap();
  #ahead = this.#gap;
  #known = false;

  constructor(store) {
    this.#store = store;
  }

  /** Begin with what an earlier page has learnt of this tablet's clock, until the van is heard. */
  async restore() {
    const rows = await this.#store.read("shift");
    this.#ahead += rows.find(({ what }) => what === NAME)?.behind ?? 0;
  }

  /** Whether the van has said its time since this page began, and since the tablet last slept. */
  get known() {
    this.#look();
    return this.#known;
  }

  /** How many ms this tablet's own clock is behind the van's; negative where it is ahead. */
  get behind_ms() {
    return this.#ahead - gap();
  }

  /** The van's time in ms; by this tablet's own clock while the van was not heard. */
  now() {
    this.#look();
    return performance.now() + this.#ahead;
  }

  /**
   * Hear the van say its time, in words that no broker has kept. A delay only makes it seem less, so
   * the most that was ever heard is the nearest, however long all that came since was held up.
   * Tells whether what was judged by another time must be judged anew.
   */
  hear(saidAt) {
    this.#look();
    const at = performance.now();
    this.#earlier = saidAt < this.#latest ? this.#earlier + 1 : 0;
    if (this.#earlier >= EARLIER) {
      this.#forget();
    }
    this.#latest = Math.max(this.#latest, saidAt);
    if (!(saidAt - at < this.#faded(at))) {
      this.#best = { at, ahead: saidAt - at };
    }
    const ahead = this.#faded(at);
    const moved = !this.#known || Math.abs(ahead - this.#ahead) > WORTH_MS;
    this.#ahead = ahead;
    this.#known = true;
    if (moved) {
      this.#store.put("shift", { what: NAME, behind: this.behind_ms });
    }
    return moved;
  }

  /** The best word, as far as it still counts. */
  #faded(at) {
    return this.#best ? this.#best.ahead - DRIFT * (at - this.#best.at) : -Infinity;
  }

  #forget() {
    this.#best = null;
    this.#latest = -Infinity;
    this.#earlier = 0;
  }

  /**
   * The clock that nobody can set stands still while a tablet sleeps. Where the other one has run
   * on, so much time may have gone by: what has expired meanwhile must not look as if it had not.
   */
  #look() {
    const leapt_ms = gap() - this.#gap;
    this.#gap += leapt_ms;
    if (Math.abs(leapt_ms) > LEAP_MS) {
      this.#forget();
      this.#known = false;
      this.#ahead += Math.max(0, leapt_ms);
    }
  }
}
