/** Decisions that the van has not yet received. Each is on this tablet's disk before it is sent. */

import { signed } from "./sign.js";

export class Outbox {
  #waiting = new Map();
  #store;
  #send;
  #last = Promise.resolve();

  /** `send(record)` may lose what it is given; it is called again until `settle`. */
  constructor(store, send) {
    this.#store = store;
    this.#send = send;
  }

  /** Take up what an earlier page has left. */
  async restore() {
    for (const record of await this.#store.read("decisions")) {
      this.#waiting.set(record.id, record);
    }
  }

  /** Sign, keep and send; one after another, so that an undo never comes before what it undoes. */
  add(event, key, van) {
    this.#last = this.#last.then(() => this.#take(event, key, van));
    return this.#last;
  }

  /** Forget what the van has; tell whether it was ours. */
  settle(id) {
    const ours = this.#waiting.delete(id);
    if (ours) {
      this.#store.drop("decisions", id);
    }
    return ours;
  }

  /** Send again whatever still waits. The van knows a decision by its id, so twice is harmless. */
  flush() {
    [...this.#waiting.values()].sort((a, b) => a.at - b.at).forEach(this.#send);
  }

  async #take(event, key, van) {
    const message = await signed(event, key);
    const record = { id: event.id, alertId: event.data.alert_id, van, at: Date.now(), message };
    this.#waiting.set(record.id, record);
    await this.#store.put("decisions", record);
    this.#send(record);
  }
}
