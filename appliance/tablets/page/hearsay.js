/** What others have said of alerts: withdrawn, decided on another tablet, or taken back. */

const REMEMBERED = 1024; // alerts that may still arrive

export class Hearsay {
  #words = new Map();

  /** Hear a word; tells whether it is news. */
  hear({ alert_id, reason, tablet, decision_id, answer }) {
    const known = this.#words.get(alert_id) ?? { heard: new Set() };
    const key = `${reason} ${decision_id}`;
    if (known.heard.has(key)) {
      return false;
    }
    known.heard.add(key);
    known.last = { reason, tablet, answer };
    this.#words.set(alert_id, known);
    for (const id of [...this.#words.keys()].slice(0, -REMEMBERED)) {
      this.#words.delete(id);
    }
    return true;
  }

  /** Whether an alert need not be shown any more. */
  closes(alertId) {
    const word = this.#words.get(alertId)?.last;
    return word !== undefined && word.reason !== "undone" && word.answer !== "viable";
  }

  /** What another officer has decided, and has not taken back; else null. */
  decided(alertId) {
    const word = this.#words.get(alertId)?.last;
    return word?.reason === "decided" ? word : null;
  }
}
