/** Who answers on this tablet, and with which key: asked once, at the start of a shift. */

import { openKey, trialKey } from "./keys.js";
import { text } from "./text.js";

const OFFICER = /^[\p{L}\p{N}][\p{L}\p{N} .'_-]{0,63}$/u;
const TRIAL_OFFICER = "demo-officer";
const SHIFT_MS = 43_200_000;

const dialog = document.querySelector("#shift");
const find = (id) => document.querySelector(`#shift-${id}`);

export class Shift {
  officer = null;
  key = null;
  #tablet = null;
  #store;
  #change;
  #end;

  /**
   * @param store where name and key are kept
   * @param acts change(): the officer or the key is another; end(): the shift before is over
   */
  constructor(store, { change, end }) {
    this.#store = store;
    this.#change = change;
    this.#end = end;
    dialog.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
    for (const button of document.querySelectorAll(".shift-open")) {
      button.addEventListener("click", () => (dialog.open ? dialog.close() : this.ask()));
    }
  }

  /** Take up what an earlier page has left; a name in the address goes before it. */
  async restore(now = Date.now()) {
    const rows = await this.#store.read("shift");
    const kept = Object.fromEntries(rows.map((row) => [row.what, row]));
    this.key = kept.key ?? null;
    if (kept.officer && now - kept.officer.since < SHIFT_MS) {
      this.officer = kept.officer.name;
    }
    const name = new URLSearchParams(location.search).get("officer") ?? "";
    if (OFFICER.test(name)) {
      this.officer = name;
    }
    this.#change();
  }

  /** Learn whose tablet this is, and a trial's key: then nobody need be asked. */
  async settle({ tablet = null, key }) {
    this.#tablet = tablet;
    if (key) {
      this.key = await trialKey(tablet, key);
      await this.#store.put("shift", { what: "key", ...this.key });
      if (this.officer === null) {
        this.#begin(TRIAL_OFFICER);
      }
    }
    this.#change();
  }

  /** The tablet's name: of its certificate for the link, else of its key. */
  get tablet() {
    return this.#tablet ?? this.key?.tablet ?? null;
  }

  /** Whether this tablet's own key is there. */
  get keyed() {
    return this.key !== null && this.key.tablet === this.tablet;
  }

  get ready() {
    return this.keyed && this.officer !== null;
  }

  /** Ask beside the alerts, never over them: they can be seen before somebody has said a name. */
  ask() {
    find("officer").value = this.officer ?? "";
    find("key").hidden = this.keyed;
    this.#say("");
    dialog.show();
  }

  async #submit(event) {
    event.preventDefault();
    this.#say("");
    const fault = (await this.#takeKey()) ?? this.#takeName(find("officer").value.trim());
    find("password").value = "";
    this.#change();
    if (fault) {
      this.#say(fault);
    } else {
      dialog.close();
      stayAwake();
    }
  }

  #takeName(name) {
    if (!OFFICER.test(name)) {
      return text.badOfficer;
    }
    if (name !== this.officer) {
      this.#end();
    }
    this.#begin(name);
  }

  #begin(name) {
    this.officer = name;
    this.#store.put("shift", { what: "officer", name, since: Date.now() });
  }

  async #takeKey() {
    const [file] = find("file").files;
    if (!file) {
      return;
    }
    try {
      const key = await openKey(file, find("password").value);
      if (key.tablet !== (this.#tablet ?? key.tablet)) {
        return text.otherTablet(key.tablet);
      }
      this.key = key;
    } catch {
      return text.badKey;
    }
    find("file").value = "";
    await this.#store.put("shift", { what: "key", ...this.key });
  }

  #say(fault) {
    find("fault").textContent = fault;
    find("fault").hidden = fault === "";
  }
}

/** A dark screen shows no alert. The browser may say no, and may throw away what is stored. */
export function stayAwake() {
  navigator.wakeLock?.request("screen").catch(() => {});
  navigator.storage?.persist().catch(() => {});
}
