/** The officers' tablet: shows alerts, sends back what the officer decides. Stores nothing. */

import { Bar } from "./bar.js";
import { Board } from "./board.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import { fill, text } from "./text.js";
import { ackOf, decisionOf, readAlert, readReceipt, readState, topics } from "./wire.js";

const TICK_MS = 500;
const RESEND_MS = 3_000;
const SOURCE_CHARS = 200; // the van refuses a longer sender
const OFFICER = /^[\p{L}\p{N}][\p{L}\p{N} .'_-]{0,63}$/u;

function officerName() {
  const name = new URLSearchParams(location.search).get("officer") ?? "";
  const fits = OFFICER.test(name) && encodeURIComponent(name).length <= SOURCE_CHARS;
  return fits ? name : "demo-officer";
}

async function configuration() {
  const answer = await fetch("config.json");
  if (!answer.ok) {
    throw new Error(`config.json: ${answer.status}`);
  }
  return answer.json();
}

class Tablet {
  #officer = officerName();
  #topics;
  #bar;
  #link;
  #board = new Board((alertId, verdict) =>
    this.#outbox.add(decisionOf(this.#officer, alertId, verdict)),
  );
  #outbox = new Outbox((decision) => this.#sendDecision(decision));

  constructor({ broker, van }) {
    this.#topics = topics(van);
    this.#bar = new Bar(van, this.#officer);
    this.#link = new Link(broker, this.#hearing(), (up) => this.#change(up));
    setInterval(() => this.#tick(), TICK_MS);
    setInterval(() => this.#outbox.flush(), RESEND_MS);
  }

  #hearing() {
    return {
      [this.#topics.alert]: this.#guard(readAlert, (alert) => this.#meet(alert)),
      [this.#topics.state]: this.#guard(readState, (state) => this.#follow(state)),
      [this.#topics.receipt]: this.#guard(readReceipt, (receipt) => this.#settle(receipt)),
    };
  }

  /** Whatever a message holds, the page goes on: a bad one is counted. */
  #guard(read, act) {
    return (bytes) => {
      let message;
      try {
        message = read(bytes);
      } catch {
        this.#bar.refuse();
        return;
      }
      act(message);
    };
  }

  #meet(alert) {
    this.#link.send(this.#topics.ack, ackOf(this.#officer, alert.id));
    this.#board.add(alert);
  }

  #follow(state) {
    this.#bar.state(state);
    this.#board.withdraw(state.withdrawn);
    this.#board.end(state.ended !== null);
  }

  #settle({ decision_id, alert_id }) {
    if (this.#outbox.settle(decision_id)) {
      this.#board.deliver(alert_id, "received");
    }
  }

  #sendDecision(decision) {
    const sent = this.#link.send(this.#topics.decision, decision);
    this.#board.deliver(decision.data.alert_id, sent ? "sent" : "kept");
  }

  #change(up) {
    this.#bar.link(up);
    this.#outbox.flush();
  }

  #tick() {
    this.#bar.tick();
    this.#board.tick();
  }
}

fill(document);
document.title = text.title;
configuration().then(
  (config) => new Tablet(config),
  () => (document.querySelector("#broken").hidden = false),
);
