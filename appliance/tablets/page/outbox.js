/** Decisions that the van has not yet received. Each is on this tablet's disk before it is sent. */

import { signed } from "./sign.js";

const KEPT_MS = 86_400_000; // after an alert's time: then the van holds nothing to which an answer fits

export class Outbox {
  #waiting = new Map();
  #store;
  #send;
  #now;
  #last = Promise.resolve();
  #lastAt = 0;

  /**
   * @param store where they are kept
   * @param send called with a record, and again until it is settled: it may lose what it is given
   * @param now gives the van's time in ms
   */
  constructor(store, send, now) {
    this.#store = store;
    this.#send = send;
    this.#now = now;
  }

  /** Take up what an earlier page has left. */
  async restore() {
    for (const record of await this.#store.read("decisions")) {
      this.#waiting.set(record.id, record);
      this.#lastAt = Math.max(this.#lastAt, record.at);
    }
  }

  /**
   * Sign, keep and send; one after another, so that an undo never comes before what it undoes.
   * The alert's `{van, camera, takenAt, expiresAt}` are kept as long as the answer waits.
   */
  add(event, key, alert) {
    this.#last = this.#last.then(() => this.#take(event, key, alert));
    return this.#last;
  }

  /** Forget what the van has, or will never take; gives it if it was ours. */
  settle(id) {
    const record = this.#waiting.get(id);
    if (record) {
      this.#waiting.delete(id);
      this.#store.drop("decisions", id);
    }
    return record;
  }

  /** Forget those for which it is too late; gives them. */
  settleOld(now = this.#now()) {
    const old = [...this.#waiting.values()].filter(({ expiresAt }) => now > expiresAt + KEPT_MS);
    return old.map(({ id }) => this.settle(id));
  }

  /** Send again whatever still waits. The van knows a decision by its id, so twice is harmless. */
  flush() {
    [...this.#waiting.values()].sort((a, b) => a.at - b.at).forEach(this.#send);
  }

  async #take(event, key, { van, camera, takenAt, expiresAt }) {
    const { alert_id, answer } = event.data;
    const message = await signed(event, key);
    // The order is theirs even where the van's time was learnt in between.
    const at = Math.max(this.#now(), this.#lastAt + 1);
    const said = answer.verdict ?? answer.engagement ?? answer.stage;
    const about = { id: event.id, alertId: alert_id, said, van, camera, takenAt, expiresAt };
    const record = { ...about, at, message };
    this.#lastAt = at;
    this.#waiting.set(record.id, record);
    await this.#store.put("decisions", record);
    this.#send(record);
  }
}
