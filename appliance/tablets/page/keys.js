/** The tablet's key: out of its file with a password, or out of a trial's settings. */

import { signingKey } from "./sign.js";
import { isTablet } from "./wire.js";

const FILE_BYTES = 16_000;
const ITERATIONS = { least: 100_000, most: 10_000_000 };

/** The file or its password is not right; which of them nobody can tell. */
export class KeyFault extends Error {}

/**
 * Open a key file: `{tablet, certificate, key}`, whose key signs and cannot be read again.
 * Throws KeyFault.
 */
export async function openKey(file, password) {
  try {
    if (file.size > FILE_BYTES) {
      throw new RangeError("too long");
    }
    return await unwrap(JSON.parse(await file.text()), password);
  } catch {
    throw new KeyFault("not the key's file, or not its password");
  }
}

/** Take a trial's key, which is no secret. */
export const trialKey = async (tablet, { certificate, pkcs8 }) => ({
  tablet,
  certificate,
  key: await signingKey(decode(pkcs8)),
});

async function unwrap({ v, tablet, certificate, salt, iterations, iv, key }, password) {
  const fits = iterations >= ITERATIONS.least && iterations <= ITERATIONS.most;
  if (v !== 1 || !isTablet(tablet) || !fits || decode(certificate).length === 0) {
    throw new TypeError("not a key of this kind");
  }
  const wrapping = await stretch(password, decode(salt), iterations);
  const opened = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: decode(iv) },
    wrapping,
    decode(key),
  );
  const pkcs8 = new Uint8Array(opened);
  try {
    return { tablet, certificate, key: await signingKey(pkcs8) };
  } finally {
    pkcs8.fill(0);
  }
}

async function stretch(password, salt, iterations) {
  const secret = new TextEncoder().encode(password);
  const material = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, [
    "decrypt",
  ]);
}

const decode = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
