/** The officers' tablet: shows alerts, sends back what the officer decides. */

import { Bar } from "./bar.js";
import { Board } from "./board.js";
import { Business } from "./business.js";
import { Clock } from "./clock.js";
import { Early } from "./early.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import { Shift, stayAwake } from "./shift.js";
import { settings } from "./settings.js";
import { onSight, painted } from "./sight.js";
import { Slips } from "./slips.js";
import { Store } from "./store.js";
import { HERE, fill, text } from "./text.js";
import * as wire from "./wire.js";

const TICK_MS = 500;
const RESEND_MS = 3_000;
const LATE_TRIES = 10; // by then it is not the network
const OFF_MS = 5_000; // a tablet's clock that is so far out is worth a word

const hide = (id, hidden) => (document.querySelector(`#${id}`).hidden = hidden);

class Tablet {
  #store;
  #clock;
  #early;
  #bar;
  #shift;
  #business;
  #outbox;
  #slips;
  #board;
  #link = null;
  #topics = null;
  #config = null;
  #unseen = new Map();
  #asked = new Set();
  #warned = false;

  constructor(store) {
    this.#store = store;
    this.#clock = new Clock(store);
    const now = () => this.#clock.now();
    this.#early = new Early(this.#clock, (alert, at) => this.#meet(alert, at));
    this.#bar = new Bar(now);
    this.#slips = new Slips(store, now, () => this.#source());
    this.#shift = new Shift(store, { change: () => this.#turn(), end: () => this.#slips.clear() });
    this.#business = new Business(store, now);
    this.#outbox = new Outbox(store, (record) => this.#sendDecision(record), now);
    this.#board = new Board({
      now,
      decide: (alertId, answer) => this.#decide(alertId, answer),
      undo: (decisionId) => this.#undo(decisionId),
      draft: (alertId, draft) => this.#business.draft(alertId, draft),
      slip: (facts) => this.#slips.show(facts),
    });
  }

  /** Take up what an earlier page has left, then go on without a link until `join`. */
  async begin() {
    await this.#clock.restore();
    const rooms = [this.#business, this.#outbox, this.#shift, this.#slips];
    await Promise.all(rooms.map((room) => room.restore()));
    this.#board.restore(this.#business.open());
    this.#outbox.flush();
    setInterval(() => this.#tick(), TICK_MS);
    setInterval(() => this.#review(), RESEND_MS);
    onSight(() => this.#look());
  }

  /** Meet the van that the settings name. */
  async join(config) {
    await this.#shift.settle(config);
    this.#config = config;
    this.#bar.van(config.van);
    this.#turn();
  }

  /** The van is out of reach before it was ever met. */
  miss() {
    this.#bar.link(false);
  }

  /** Ask who is there, unless it is known. */
  ask() {
    if (!this.#shift.ready) {
      this.#shift.ask();
    }
  }

  #turn() {
    const { officer, keyed, ready } = this.#shift;
    this.#bar.officer(officer ?? "");
    this.#bar.tablet(this.#shift.tablet);
    this.#board.ready = ready;
    hide("keyless", keyed || officer === null);
    if (this.#link === null && this.#config && this.#shift.tablet) {
      this.#topics = wire.topics(this.#config.van, this.#shift.tablet);
      this.#link = new Link(this.#config.broker, this.#hearing(), (up) => this.#change(up));
    }
  }

  #source() {
    return { van: this.#config?.van ?? "", address: this.#config?.redress_url ?? null };
  }

  #hearing() {
    const { alert, withdrawal, withdrawn, state, receipt } = this.#topics;
    return {
      [alert]: this.#guard(wire.readAlert, (said) => this.#early.take(said)),
      [withdrawal]: this.#guard(wire.readWithdrawal, (said) => this.#withdraw([said])),
      [withdrawn]: this.#guard(wire.readWithdrawn, (said) => this.#withdraw(said)),
      [state]: this.#guard(wire.readState, (said, kept) => this.#follow(said, kept)),
      [receipt]: this.#guard(wire.readReceipt, (said) => this.#settle(said)),
    };
  }

  /** Whatever a message holds, the page goes on: a bad one is counted. */
  #guard(read, act) {
    return (bytes, kept) => {
      let message;
      try {
        message = read(bytes);
      } catch {
        this.#bar.refuse();
        return;
      }
      act(message, kept);
    };
  }

  #meet(alert, receivedAt) {
    const received = { id: alert.id, at: receivedAt };
    const fresh = this.#business.meet(alert, this.#config.van);
    const live = this.#board.add(alert, { fresh });
    this.#acknowledge(received, live);
  }

  /**
   * Say that an alert is here, and when it was in sight; one that nobody saw stays new, and one that
   * was over before it was painted was never in sight.
   */
  async #acknowledge({ id, at }, live) {
    const shown = live && (await painted()) && this.#board.shows(id);
    const now = this.#clock.now();
    this.#unseen.delete(id);
    if (shown) {
      await this.#business.show(id); // first: what is said to have been in sight is never new again
    } else if (live && this.#board.isLive(id)) {
      this.#unseen.set(id, { id, at });
    }
    const ack = wire.ackOf(this.#shift.tablet, id, at, shown, now);
    this.#link.send(this.#topics.ack, ack);
  }

  #look() {
    stayAwake();
    this.#unseen.forEach((received) => this.#acknowledge(received, true));
  }

  #follow({ saidAt, ...state }, kept) {
    const moved = !kept && saidAt !== null && this.#clock.hear(saidAt);
    this.#bar.state(state, kept);
    this.#board.end(state.ended !== null);
    if (moved) {
      this.#reckon();
    }
  }

  /** The van's time is known, or is another: judge by it what was judged without. */
  #reckon() {
    this.#board.tick();
    this.#early.tick();
    // What was over by a wrong clock and is not has lost its pictures.
    if (this.#board.lacks) {
      this.#hello();
    }
    const { behind_ms } = this.#clock;
    if (Math.abs(behind_ms) > OFF_MS && !this.#warned) {
      this.#warned = true;
      this.#board.note(text.clockOff(behind_ms));
    }
  }

  /**
   * What this tablet itself has decided is no news here. What its officer has begun stays theirs
   * to finish, whatever others say: a stop that happened must be recorded.
   */
  #withdraw(withdrawals) {
    const others = withdrawals
      .filter((one) => this.#business.about(one.decision_id) === undefined)
      .map((one) => (one.tablet === this.#shift.tablet ? { ...one, tablet: HERE } : one));
    this.#board.withdraw(others);
    for (const { alert_id, decision_id } of others.filter(({ reason }) => reason === "undone")) {
      this.#recover(alert_id, decision_id);
    }
  }

  #settle({ decision_id, alert_id, refused }) {
    const record = this.#outbox.settle(decision_id);
    if (!record) {
      return;
    }
    if (refused) {
      this.#lose(record, text.notTaken(record.said, refused));
    } else {
      this.#board.deliver(decision_id, alert_id, "received");
    }
    this.#recover(alert_id, decision_id);
  }

  #lose(record, words) {
    this.#business.lose(record);
    this.#board.lose(record, words);
  }

  /** Ask once for an alert that is open again and whose pictures are gone. */
  #recover(alertId, decisionId) {
    if (!this.#board.has(alertId) && !this.#asked.has(decisionId)) {
      this.#asked.add(decisionId);
      this.#hello();
    }
  }

  #hello() {
    const holds = this.#business.met.filter((id) => this.#board.has(id));
    const hello = wire.helloOf(this.#shift.tablet, holds, this.#clock.now());
    this.#link.send(this.#topics.hello, hello);
  }

  #decide(alertId, answer) {
    const { tablet, officer, key } = this.#shift;
    const decision = wire.decisionOf(tablet, officer, alertId, answer, this.#clock.now());
    const facts = this.#business.facts(alertId);
    this.#business.answer(decision);
    this.#slips.note(facts, this.#business.hasStopped(alertId));
    this.#outbox.add(decision, key, facts);
    return decision.id;
  }

  #undo(decisionId) {
    const alertId = this.#business.about(decisionId);
    return this.#decide(alertId, { stage: "undo", undoes: decisionId });
  }

  /** An alert's own van alone has any use for an answer. */
  #sendDecision(record) {
    const here = record.van === this.#config?.van && this.#link !== null;
    const sent = here && this.#link.send(this.#topics.decision, record.message);
    record.tries = (record.tries ?? 0) + sent;
    const going = record.tries > LATE_TRIES ? "late" : "sent";
    this.#board.deliver(record.id, record.alertId, sent ? going : "kept");
  }

  #change(up) {
    this.#bar.link(up);
    if (up) {
      this.#hello();
    }
    this.#outbox.flush();
  }

  #review() {
    this.#outbox.flush();
    this.#business.tidy();
    this.#slips.tidy();
    // By a clock that no van confirms nobody's answer is given up.
    if (this.#clock.known) {
      this.#outbox.settleOld().forEach((record) => this.#lose(record, text.tooOld(record.said)));
    }
  }

  #tick() {
    this.#bar.tick();
    this.#early.tick();
    this.#board.tick();
  }
}

async function start() {
  const tablet = new Tablet(await Store.open(() => hide("unkept", false)));
  await tablet.begin();
  // Without the van's network the page goes on without.
  const miss = (unreached) => {
    hide("broken", unreached);
    tablet.miss();
  };
  await tablet.join(await settings(miss));
  hide("broken", true);
  tablet.ask();
}

fill(document);
document.title = text.title;
navigator.serviceWorker?.register("sw.js").catch(() => {});
start().catch(() => hide("broken", false));
