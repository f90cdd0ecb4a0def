/** The link to the van's broker. It loses messages: whoever sends must wait for an answer. */

const OLD_BROKER = [1, 132]; // "unacceptable protocol version" in MQTT 3.1.1 and in 5
const OPTIONS = {
  clean: true, // the broker must not store an alert for a tablet that is away
  connectTimeout: 4_000,
  keepalive: 5, // seconds: a tablet out of reach must say so soon
  reconnectOnConnackError: true,
  reconnectPeriod: 1_000,
  resubscribe: false,
  timerVariant: "native", // the other one starts a worker from a blob, which our CSP forbids
};

export class Link {
  #client;
  #broker;
  #hear;
  #change;
  up = false;

  /**
   * @param {string} broker ws:// or wss:// address
   * @param {Record<string, (bytes: Uint8Array, kept: boolean) => void>} hear what to do, by topic,
   *   with words that are said now, or that the broker has kept from some earlier time
   * @param {(up: boolean) => void} change called when the link comes or goes
   */
  constructor(broker, hear, change) {
    this.#broker = broker;
    this.#hear = hear;
    this.#change = change;
    this.#open(5);
  }

  /** Send if the link is up; tell whether it was. */
  send(topic, message) {
    if (this.up) {
      this.#client.publish(topic, message, { qos: 1 });
    }
    return this.up;
  }

  #open(protocolVersion) {
    const client = mqtt.connect(this.#broker, { ...OPTIONS, protocolVersion });
    client.on("connect", () => this.#subscribe());
    client.on("close", () => this.#turn(false));
    client.on("message", (topic, bytes, { retain }) => this.#hear[topic]?.(bytes, retain));
    client.on("error", (error) => {
      if (protocolVersion === 5 && OLD_BROKER.includes(error.code)) {
        client.end(true);
        this.#open(4);
      }
    });
    this.#client = client;
  }

  #subscribe() {
    this.#client.subscribe(Object.keys(this.#hear), { qos: 1 }, (error) => {
      if (!error) {
        this.#turn(true);
      }
    });
  }

  #turn(up) {
    this.up = up;
    this.#change(up);
  }
}
