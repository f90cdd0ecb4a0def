/** What is said over MQTT: CloudEvents 1.0 in structured JSON. Only this file knows JSON. */

const TYPE = "uk.police.lfr.";
const LIFE_MS = 600_000; // the van's own limit: nothing may keep a picture here for longer
const PICTURE = /^[/_]9j[/_][\w+/-]{4,}={0,2}$/; // base64 of a JPEG, which begins with FF D8 FF
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const PICTURE_CHARS = 400_000;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value.trim() !== "" && value.length <= 200;
const isDate = (value) => isText(value) && DATE.test(value) && !Number.isNaN(Date.parse(value));
const isTime = (value) => isText(value) && TIME.test(value) && !Number.isNaN(Date.parse(value));
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isFraction = (value) => typeof value === "number" && value >= 0 && value <= 1;
const isPicture = (value) =>
  typeof value === "string" && value.length <= PICTURE_CHARS && PICTURE.test(value);
const oneOf =
  (...words) =>
  (value) =>
    words.includes(value);
const orNull = (check) => (value) => value === null || check(value);
const listOf = (check, most) => (value) => upTo(check, most)(value) && value.length >= 1;
const upTo = (check, most) => (value) =>
  Array.isArray(value) && value.length <= most && value.every(check);
const shape = (checks) => (value) =>
  isObject(value) && Object.entries(checks).every(([field, check]) => check(value[field]));

const isAlert = shape({
  subject: isText,
  ground: oneOf(
    "wanted_by_court",
    "wanted_for_serious_offence",
    "about_to_commit_really_serious_offence",
    "volunteer",
  ),
  reason: isText,
  power: isText,
  images: listOf(shape({ jpeg: isPicture, taken_on: orNull(isDate) }), 3),
  crop: isPicture,
  band: oneOf("possible", "likely", "strong"),
  camera: isText,
  place: shape({ left: isFraction, top: isFraction, width: isFraction, height: isFraction }),
  taken_at: isTime,
  expires_at: isTime,
});

const isState = shape({
  lamp: oneOf("off", "ready", "looking", "alert", "degraded", "fault", "updating"),
  watchlist_id: orNull(isText),
  subjects: isCount,
  list_expires_at: orNull(isTime),
  deployment_id: orNull(isText),
  authority_ends_at: orNull(isTime),
  ended: orNull(
    oneOf("deployment_over", "list_expired", "revoked", "contact_lost", "button", "command"),
  ),
  withdrawn: upTo(isText, 64),
});

const isReceipt = shape({ decision_id: isText, alert_id: isText });
const isShortLived = ({ taken_at, expires_at }) =>
  Date.parse(expires_at) - Date.parse(taken_at) <= LIFE_MS;

/** Where this van's messages are; what is read below `alert`, `state` and `receipt`. */
export const topics = (van) => ({
  alert: `lfr/1/${van}/alert`,
  state: `lfr/1/${van}/state`,
  receipt: `lfr/1/${van}/decision/ack`,
  ack: `lfr/1/${van}/alert/ack`,
  decision: `lfr/1/${van}/decision`,
});

function read(bytes, type, check) {
  const event = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  const known = isObject(event) && event.specversion === "1.0" && isText(event.id);
  if (!known || event.type !== TYPE + type || !check(event.data)) {
    throw new TypeError(`not a ${type}`);
  }
  return event;
}

/** Read an alert: `{id, ...data}`, its times in ms. Throws on anything else. */
export function readAlert(bytes) {
  const { id, data } = read(bytes, "alert.v1", (data) => isAlert(data) && isShortLived(data));
  return {
    ...data,
    id,
    takenAt: Date.parse(data.taken_at),
    expiresAt: Date.parse(data.expires_at),
  };
}

/** Read the van's state. Throws on anything else. */
export const readState = (bytes) => read(bytes, "state.v1", isState).data;

/** Read which decision the van has received. Throws on anything else. */
export const readReceipt = (bytes) => read(bytes, "decision-ack.v1", isReceipt).data;

/** Name a JPEG so that an image element can show it; the van may use either base64 alphabet. */
export const picture = (base64) =>
  `data:image/jpeg;base64,${base64.replaceAll("-", "+").replaceAll("_", "/")}`;

function event(type, officer, data) {
  return {
    specversion: "1.0",
    id: crypto.randomUUID(),
    source: `lfr/tablet/${encodeURIComponent(officer)}`,
    type: TYPE + type,
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    data,
  };
}

/** Say that an alert is on this tablet. */
export const ackOf = (officer, alertId) =>
  event("ack.v1", officer, { alert_id: alertId, received_at: new Date().toISOString() });

/** Say what the officer made of an alert. */
export const decisionOf = (officer, alertId, verdict) =>
  event("decision.v1", officer, {
    alert_id: alertId,
    verdict,
    officer,
    decided_at: new Date().toISOString(),
  });
