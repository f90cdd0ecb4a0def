/** What outlives a reload: ids, answers, the officer's name, the key. Never a picture or its words. */

const NAME = "lfr-tablet";
const VERSION = 1;
const TABLES = { decisions: "id", alerts: "id", shift: "what" };

export class Store {
  #base;
  #fault;

  /** Where the browser keeps nothing, everything goes on in memory and `fault()` is called. */
  static async open(fault) {
    try {
      return new Store(await connect(), fault);
    } catch {
      fault();
      return new Store(null, fault);
    }
  }

  constructor(base, fault) {
    this.#base = base;
    this.#fault = fault;
  }

  /** Give all that a table holds. */
  async read(table) {
    if (this.#base === null) {
      return [];
    }
    return settled(this.#base.transaction(table).objectStore(table).getAll());
  }

  /** Keep a record; when this is over it is on the disk. */
  put = (table, record) => this.#change(table, (rows) => rows.put(record));

  drop = (table, key) => this.#change(table, (rows) => rows.delete(key));

  async #change(table, act) {
    try {
      await this.#write(table, act);
    } catch {
      this.#fault();
    }
  }

  async #write(table, act) {
    if (this.#base === null) {
      return;
    }
    const change = this.#base.transaction(table, "readwrite", { durability: "strict" });
    act(change.objectStore(table));
    await new Promise((resolve, reject) => {
      change.oncomplete = resolve;
      change.onabort = () => reject(change.error);
    });
  }
}

function connect() {
  const opening = indexedDB.open(NAME, VERSION);
  opening.onupgradeneeded = () => {
    for (const [table, keyPath] of Object.entries(TABLES)) {
      opening.result.createObjectStore(table, { keyPath });
    }
  };
  return settled(opening);
}

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
