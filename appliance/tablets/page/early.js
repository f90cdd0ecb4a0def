/** Alerts that came before the van has said its time: by a wrong clock they may seem live, or over. */

const PATIENCE_MS = 2_000; // a van that lives says its time within one

export class Early {
  #waiting = new Map();
  #clock;
  #meet;

  /**
   * @param clock the page's
   * @param meet called with an alert, and when it came in the van's time
   */
  constructor(clock, meet) {
    this.#clock = clock;
    this.#meet = meet;
  }

  /** Let an alert through, now or when the time is known. */
  take(alert) {
    if (!this.#waiting.has(alert.id)) {
      this.#waiting.set(alert.id, { alert, at: performance.now() });
    }
    this.tick();
  }

  /** Let through what need not wait; if a van says no time, by this tablet's own in the end. */
  tick() {
    const now = performance.now();
    for (const [id, { alert, at }] of this.#waiting) {
      const waited_ms = now - at;
      if (this.#clock.known || waited_ms > PATIENCE_MS) {
        this.#waiting.delete(id);
        this.#meet(alert, this.#clock.now() - waited_ms);
      }
    }
  }
}
