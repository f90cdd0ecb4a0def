/** Lets the page's own wire.js read and speak: one JSON request a line, one JSON answer a line. */

import { createInterface } from "node:readline";

const wire = await import(`${process.argv[2]}/wire.js`);
const sign = await import(`${process.argv[2]}/sign.js`);

const READERS = {
  "alert.v1": wire.readAlert,
  "decision-ack.v1": wire.readReceipt,
  "state.v1": wire.readState,
  "withdrawal.v1": wire.readWithdrawal,
  "withdrawn.v1": wire.readWithdrawn,
};

const ACTS = {
  reads({ kind, text }) {
    try {
      READERS[kind](new TextEncoder().encode(text));
      return true;
    } catch {
      return false;
    }
  },
  ack: ({ shown }) => wire.ackOf("tablet-7", "alert-1", Date.now(), shown, Date.now()),
  hello: ({ holds }) => wire.helloOf("tablet-7", holds, Date.now()),
  async decision({ answer, certificate, pkcs8 }) {
    const key = await sign.signingKey(Buffer.from(pkcs8, "base64"));
    const event = wire.decisionOf("tablet-7", "PC 1", "alert-1", answer, Date.now());
    return sign.signed(event, { certificate, key });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(await ACTS[request.act](request)));
}
