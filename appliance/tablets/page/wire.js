/** What is said over MQTT: CloudEvents 1.0 in structured JSON. Only this file knows JSON. */

import { canonical } from "./sign.js";

const TYPE = "uk.police.lfr.";
const LIMIT_BYTES = 2_000_000; // four pictures and their words; anything larger is refused unread
const LIFE_MS = 600_000; // the van's own limit: nothing may keep a picture here for longer
const HOLDS = 1024; // what one hello may name
const PICTURE = /^\/9j\/[A-Za-z0-9+/]{4,}={0,2}$/; // base64 of a JPEG, which begins FF D8 FF
/** One line that says something; nothing ends it, turns it round or speaks to a terminal. */
const LINE = /^(?=.*\S)[^\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]{1,200}$/u;
const TIME =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$/;
const TABLET = /^[a-z0-9][a-z0-9-]{0,31}$/;
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const CODE = /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/;
const PICTURE_CHARS = 400_000;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isLike = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const isText = isLike(LINE);
const isId = isLike(ID);
const isReference = isLike(REFERENCE);
/** A day that the calendar has; a browser would take the 30th of February for the 2nd of March. */
const isDate = (value) =>
  isLike(DATE)(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString().startsWith(value);
const isTime = (value) =>
  isText(value) && isDate(TIME.exec(value)?.[1]) && !Number.isNaN(Date.parse(value));
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isYesNo = (value) => typeof value === "boolean";
const isNumber = (value) => Number.isFinite(value);
const isFraction = (value) => isNumber(value) && value >= 0 && value <= 1;
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

/** All these fields and no other: the van leaves none out. */
const shape = (checks) => (value) =>
  isObject(value) &&
  Object.keys(value).every((field) => Object.hasOwn(checks, field)) &&
  Object.keys(checks).every((field) => Object.hasOwn(value, field) && checks[field](value[field]));

const isAlert = shape({
  subject: isReference,
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
  maybe_picture: isYesNo,
  threshold: isNumber,
  camera: isText,
  place: shape({ left: isFraction, top: isFraction, width: isFraction, height: isFraction }),
  taken_at: isTime,
  expires_at: isTime,
  watchlist_id: isReference,
  model_id: isText,
  deployment_id: isReference,
  code: isLike(CODE),
});

const isWithdrawal = shape({
  alert_id: isId,
  reason: oneOf("no_longer_listed", "decided", "undone"),
  tablet: orNull(isLike(TABLET)),
  decision_id: orNull(isId),
  answer: orNull(
    oneOf("not_viable", "viable", "same_person", "not_the_person", "lost", "no_longer_wanted"),
  ),
});

const isWithdrawn = shape({ withdrawn: upTo(isWithdrawal, 64) });

const isState = shape({
  lamp: oneOf("off", "ready", "looking", "alert", "degraded", "fault", "updating"),
  watchlist_id: orNull(isReference),
  subjects: isCount,
  list_expires_at: orNull(isTime),
  deployment_id: orNull(isReference),
  authority_ends_at: orNull(isTime),
  ended: orNull(
    oneOf(
      "deployment_over",
      "list_expired",
      "revoked",
      "contact_lost",
      "superseded",
      "button",
      "command",
    ),
  ),
});

const isReceipt = shape({
  decision_id: isId,
  alert_id: isId,
  refused: orNull(oneOf("unproven", "unknown_alert", "does_not_fit", "other_answer")),
});
const isShortLived = ({ taken_at, expires_at }) => {
  const life_ms = Date.parse(expires_at) - Date.parse(taken_at);
  return life_ms > 0 && life_ms <= LIFE_MS;
};

const envelope = (type, isData) =>
  shape({
    specversion: oneOf("1.0"),
    id: isId,
    source: isLike(/^lfr\/[!-~]{1,200}$/),
    type: oneOf(TYPE + type),
    time: orNull(isTime),
    datacontenttype: oneOf("application/json"),
    data: isData,
  });

const isAlertEvent = envelope("alert.v1", (data) => isAlert(data) && isShortLived(data));
const isStateEvent = envelope("state.v1", isState);
const isReceiptEvent = envelope("decision-ack.v1", isReceipt);
const isWithdrawnEvent = envelope("withdrawn.v1", isWithdrawn);
const isWithdrawalEvent = envelope("withdrawal.v1", isWithdrawal);

/** Whether this can be a tablet's name: it stands in topics, so nothing else may be in it. */
export const isTablet = isLike(TABLET);

/** Where this van's messages are, and where this tablet's own go. */
export const topics = (van, tablet) => ({
  alert: `lfr/1/${van}/alert`,
  withdrawal: `lfr/1/${van}/withdrawal`,
  withdrawn: `lfr/1/${van}/withdrawn`,
  state: `lfr/1/${van}/state`,
  receipt: `lfr/1/${van}/decision/ack/${tablet}`,
  ack: `lfr/1/${van}/alert/ack/${tablet}`,
  decision: `lfr/1/${van}/decision/${tablet}`,
  hello: `lfr/1/${van}/hello/${tablet}`,
});

function read(bytes, isEvent) {
  if (bytes.length > LIMIT_BYTES) {
    throw new RangeError("too long");
  }
  const event = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (!isEvent(event)) {
    throw new TypeError("not what this topic is for");
  }
  return event;
}

/** Read an alert: `{id, ...data}`, its times in ms. Throws on anything else. */
export function readAlert(bytes) {
  const { id, data } = read(bytes, isAlertEvent);
  return {
    ...data,
    id,
    takenAt: Date.parse(data.taken_at),
    expiresAt: Date.parse(data.expires_at),
  };
}

/** Read the van's state, and when it said so in ms; null in its last will. Throws on anything else. */
export function readState(bytes) {
  const { time, data } = read(bytes, isStateEvent);
  return { ...data, saidAt: time ? Date.parse(time) : null };
}

/** Read all that is taken back, of which some may be known. Throws on anything else. */
export const readWithdrawn = (bytes) => read(bytes, isWithdrawnEvent).data.withdrawn;

/** Read which alert is no longer to be judged here. Throws on anything else. */
export const readWithdrawal = (bytes) => read(bytes, isWithdrawalEvent).data;

/** Read which decision the van has, or will never take: then `refused` says why. Throws likewise. */
export const readReceipt = (bytes) => read(bytes, isReceiptEvent).data;

/** Name a JPEG so that an image element can show it. */
export const picture = (base64) => `data:image/jpeg;base64,${base64}`;

const iso = (time) => new Date(time).toISOString();

function event(type, tablet, data, now) {
  return {
    specversion: "1.0",
    id: crypto.randomUUID(),
    source: `lfr/tablet/${tablet}`,
    type: TYPE + type,
    time: iso(now),
    datacontenttype: "application/json",
    data,
  };
}

/** Say that an alert is here; `shown` is whether it is on the screen now, and in sight. */
export function ackOf(tablet, alertId, receivedAt, shown, now) {
  const data = {
    alert_id: alertId,
    received_at: iso(receivedAt),
    shown_at: shown ? iso(now) : null,
  };
  return canonical(event("ack.v1", tablet, data, now));
}

/** Say that this tablet is there, and which of the van's alerts it need not be sent again. */
export const helloOf = (tablet, holds, now) =>
  canonical(event("hello.v1", tablet, { holds: holds.slice(-HOLDS) }, now));

/** Say what the officer made of an alert. Whoever sends it must sign it first. */
export function decisionOf(tablet, officer, alertId, answer, now) {
  const data = { alert_id: alertId, officer, decided_at: iso(now), answer };
  return event("decision.v1", tablet, data, now);
}
