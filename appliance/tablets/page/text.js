/** Every word that an officer reads, in one place: another language is another file like this. */

const LANGUAGE = "en-GB";

/** Stands for this tablet's own name where another window of it has decided. */
export const HERE = "";

const clock = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "medium" });
const minute = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "short" });
const moment = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeStyle: "short" });
const day = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeZone: "UTC" });
const shortDay = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeZone: "UTC" });

const seconds = (span_ms) => `${Math.max(0, Math.floor(span_ms / 1000))} s`;
const other = (tablet) => {
  const named = tablet ? `another officer (${tablet})` : "another officer";
  return tablet === HERE ? "somebody in another window of this tablet" : named;
};
const Other = (tablet) => other(tablet).replace(/^./, (letter) => letter.toUpperCase());
const about = (span_ms) => {
  const units = [
    ["hours", 3_600_000],
    ["minutes", 60_000],
    ["seconds", 1000],
  ];
  const [name, unit_ms] = units.find(([, each_ms]) => span_ms >= 1.5 * each_ms) ?? units.at(-1);
  return `${Math.round(span_ms / unit_ms)} ${name}`;
};
const yesNo = (value) => (value ? "yes" : "no");

export const text = {
  title: "Live facial recognition: officer's tablet",
  newTitle: "NEW ALERT",
  broken: "This page cannot start. Load it again; if that does not help, tell the van's crew.",

  link: "Link",
  van: "Van",
  lamp: "Lamp",
  officer: "Tablet and officer",
  nobody: "Nobody",
  list: "Watchlist",
  authority: "Authority",
  connected: "Connected",
  lost: "Lost",
  unknown: "Not known",
  none: "None",
  ended: "Ended",
  over: (end) =>
    `The deployment has ended. ${text.ends[end]} The list is gone, and alerts without an answer are closed: do not stop anybody on them.`,
  ends: {
    deployment_over: "Its authorised time is over.",
    list_expired: "Its watchlist has expired.",
    revoked: "The force has revoked its authority.",
    contact_lost: "The van has heard nothing from the force for too long.",
    superseded: "A newer authority is in force instead.",
    button: "It was closed with the button on the van.",
    command: "It was closed by the van's crew.",
  },
  linkLost:
    "Link to the van lost. New alerts cannot arrive. Your answers are kept here and sent when the link is back.",
  silent:
    "The van has said nothing for some seconds: it may look no more, and new alerts may not arrive. Ask its crew.",
  lamps: {
    off: "Off",
    ready: "Ready",
    looking: "Looking",
    alert: "Alert",
    degraded: "Degraded",
    fault: "Fault",
    updating: "Updating",
  },
  subjects: (id, count, end) => `${id}, ${count} listed, until ${minute.format(end)}`,
  until: (end) => `Until ${minute.format(end)}`,
  skies: { auto: "Screen: auto", sun: "Screen: sun", night: "Screen: night" },
  mute: "No sound until you touch the screen",

  shift: "Who has this tablet?",
  officerName: "Name or collar number",
  changeShift: "Change officer",
  startShift: "Start shift",
  cancel: "Cancel",
  keyless: "This tablet shows alerts, but it holds no key: you cannot answer on it.",
  loadKey: "Load its key",
  keyNeeded: "This tablet's key",
  keyFile: "Key file",
  password: "Its password",
  badOfficer: "Give a name or number of letters and digits, at most 64.",
  badKey: "The file or the password is wrong.",
  otherTablet: (name) => `This key is for ${name}.`,
  badStore: "This browser cannot keep answers over a reload. Tell the van's crew.",

  alerts: "Alerts",
  noAlerts: "No alert to compare",
  noAlertsNote: "Both pictures of a new alert are shown here, side by side. You decide.",
  announce: (camera, time) =>
    `New alert from ${camera} at ${clock.format(time)}. Compare the two pictures.`,

  fresh: (count) => (count === 1 ? "A new alert is waiting." : `${count} new alerts are waiting.`),
  showFresh: "Show",

  question: "Is this the same person?",
  expired: "Expired",
  closed: "Closed: the deployment has ended",
  withdrawn: "Withdrawn: no longer on the list. Do not stop this person on this alert.",
  stopNobody:
    "Do not stop this person on this alert any more. If you have spoken to them already, say what came of it.",
  late: "The alert's time is over; you found it viable in time. If you no longer see this person, tap Lost from sight.",
  withdrawnTitle: "Withdrawn",
  gone: "Open again: its pictures are on their way",
  which: (camera, time) => `Alert from ${camera} at ${clock.format(time)}`,
  understood: "Understood",
  live: "Seen by the van",
  listed: "On the watchlist",
  liveAlt: "Face seen by the van",
  spoilt: (alt) => `${alt}: it cannot be shown`,
  blind: "A picture cannot be shown, so nobody can find this viable.",
  listedAlt: (number, count) => `Watchlist photo ${number} of ${count}`,
  photos: "Watchlist photos",
  takenOn: (date) => (date ? `Taken ${day.format(new Date(date))}` : "Date not known"),
  photo: (date, number) => (date ? shortDay.format(new Date(date)) : `Photo ${number}`),
  at: (time) => clock.format(time),

  camera: "Camera",
  seen: "Seen",
  age: (span_ms) =>
    span_ms < 120_000 ? `${seconds(span_ms)} ago` : `${Math.floor(span_ms / 60_000)} min ago`,
  expires: "Time to answer",
  left: (span_ms) => `${seconds(span_ms)} left`,
  ground: "Listed as",
  reason: "Reason",
  power: "Your powers",
  reference: "Reference",
  likeness: "Software",
  place: "Where the face is in the camera's view",
  grounds: {
    wanted_by_court: "Wanted by a court",
    wanted_for_serious_offence: "Wanted for a serious offence",
    about_to_commit_really_serious_offence: "About to commit a really serious offence",
    volunteer: "Volunteer in a test",
  },
  maybePicture:
    "May be a picture: a print, a screen or a poster. Look for the person before you judge the face.",
  bands: {
    possible: "Possible likeness",
    likely: "Likely likeness",
    strong: "Strong likeness",
  },

  taken: (tablet) => `In hand: ${other(tablet)} found it viable`,
  assess: "Assess it myself",
  decided: {
    not_viable: (tablet) => `Closed: ${other(tablet)} found it not viable`,
    viable: (tablet) => `In hand: ${other(tablet)} found it viable`,
    same_person: (tablet) => `Closed: ${other(tablet)} has stopped this person`,
    not_the_person: (tablet) => `Closed: ${other(tablet)} has spoken to them: not the person`,
    lost: (tablet) => `Closed: ${other(tablet)} has lost sight of them`,
    no_longer_wanted: (tablet) => `Closed: ${other(tablet)}: no longer wanted`,
  },
  doubt: (tablet) => `${Other(tablet)} found it not viable.`,

  answer: "Your answer",
  answered: (stage) => `Your answer: ${stage}`,
  notReady: "Start your shift to answer.",
  verdicts: { not_viable: "Not viable", viable: "Viable" },
  undo: "Undo",
  undoLeft: (span_ms) => `${Math.ceil(span_ms / 1000)} s`,
  engage: "When you have gone to the person",
  engagements: {
    same_person: "Same person",
    not_the_person: "Not the person",
    lost: "Lost from sight",
    no_longer_wanted: "No longer wanted",
  },
  disposal: "What became of it",
  disposals: { arrest: "Arrest", other_disposal: "Other disposal", no_action: "No action" },
  minutes: "How long the person was held",
  spans: { 5: "Under 5 min", 15: "5 to 15 min", 30: "15 to 30 min", 60: "Over 30 min" },
  force_used: "Force used",
  leaflet_given: "Leaflet given",
  noYes: { false: "No", true: "Yes" },
  ethnicity: "Ethnicity as you record it (may be left open)",
  ethnicities: {
    white: "White",
    mixed: "Mixed",
    asian: "Asian",
    black: "Black",
    other: "Other",
    not_stated: "Not stated",
  },
  record: "Record",
  missing: (groups) => `Still open: ${groups.join(", ")}`,
  summary: ({ disposal, minutes, force_used, leaflet_given }) =>
    `${text.disposals[disposal]}, ${text.spans[minutes].toLowerCase()}, force used: ${yesNo(force_used)}, leaflet given: ${yesNo(leaflet_given)}`,
  delivery: {
    kept: "Kept on this tablet until the link is back",
    late: "Sent again and again, but the van does not confirm it. Tell the van's crew.",
    sent: "Sent, waiting for the van",
    received: "Received by the van",
  },
  refused: (count) => `Messages that could not be read: ${count}`,

  clockOff: (behind_ms) =>
    `This tablet's clock is ${about(Math.abs(behind_ms))} ${behind_ms > 0 ? "slow" : "fast"}. The times on this page are the van's, so you can go on. Have the tablet's clock set right.`,
  notTaken: (said, flaw) =>
    `The van has not taken your answer "${text.said(said)}", so it does not count. ${text.flaws[flaw]}`,
  flaws: {
    unproven:
      "It does not believe this tablet's key. Answer on another tablet, and tell the van's crew.",
    unknown_alert:
      "It does not hold this alert, or no longer. Write down yourself what you did, and tell the van's crew.",
    does_not_fit: "It came too late: what was answered before still stands on the van.",
    other_answer: "It holds another answer from this tablet in its place. Tell the van's crew.",
  },
  tooOld: (said) =>
    `Your answer "${text.said(said)}" never reached the van, and after a day the van would no longer take it. It is not kept here any more. Write down yourself what you did, and tell your supervisor.`,
  said: (said) =>
    text.verdicts[said] ?? text.engagements[said] ?? { outcome: text.disposal, undo: text.undo }[said],

  showSlip: "Redress slip",
  slipTitle: "You were stopped because of facial recognition",
  slipWhy:
    "A camera's software found a likeness between you and somebody on a police watchlist. An officer, not the software, decided to speak to you.",
  slipCode: "Your code",
  slipUse:
    "With this code the force finds exactly this alert, and no other. All that is held of it is erased 24 hours after this operation: ask before that. You may ask what is held about you, and complain. Both are free.",
  slipAsk: "Ask the officer where to turn to with it.",
  slipSeen: (camera, van, time) =>
    `${[camera, van].filter(Boolean).join(", ")}, ${moment.format(time)}`,
  slipQr: (code) => `The code ${code} for a phone's camera`,
  slips: "Slips",
  slipsTitle: "Redress slips of this shift",
  slipOf: (camera, time) => `${camera}, ${clock.format(time)}`,
  slipWaiting: "Officer: a new alert is waiting.",
  print: "Print",
  close: "Close",
};

/** Put words where they are not yet: what is said anew would be read aloud anew. */
export function say(place, words) {
  if (place.textContent !== words) {
    place.textContent = words;
  }
}

/** Put the words of `data-text` attributes into the elements below `root`. */
export function fill(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = text[element.dataset.text];
  }
}
