/** The tablet's signature: ES256 over an event as RFC 8785 writes it, with the key that cannot leave. */

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };

/** Write a value as RFC 8785 does; our events hold no fraction, so numbers need no care. */
export function canonical(value) {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join()}]`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.keys(value).sort();
    return `{${fields.map((field) => `${JSON.stringify(field)}:${canonical(value[field])}`).join()}}`;
  }
  return JSON.stringify(value);
}

/** Make a key that signs, and that no script can read again. */
export const signingKey = (pkcs8) => crypto.subtle.importKey("pkcs8", pkcs8, CURVE, false, ["sign"]);

/** Give the signed event as the bytes' text that is sent: the same each time it is said again. */
export async function signed(event, { certificate, key }) {
  const claim = { ...event, certificate };
  const bytes = new TextEncoder().encode(canonical(claim));
  const signature = new Uint8Array(await crypto.subtle.sign(ES256, key, bytes));
  return canonical({ ...claim, signature: base64url(signature) });
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
