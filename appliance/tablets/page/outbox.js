/** Decisions that the van has not yet received. In memory only: closing the page forgets them. */
export class Outbox {
  #waiting = new Map();
  #send;

  /** `send(event)` may lose what it is given; it is called again until `settle`. */
  constructor(send) {
    this.#send = send;
  }

  add(event) {
    this.#waiting.set(event.id, event);
    this.#send(event);
  }

  /** Forget what the van has; tell whether it was ours. */
  settle(id) {
    return this.#waiting.delete(id);
  }

  /** Send again whatever still waits. The van knows a decision by its id, so twice is harmless. */
  flush() {
    this.#waiting.forEach(this.#send);
  }
}
