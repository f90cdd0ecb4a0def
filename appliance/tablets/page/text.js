/** Every word that an officer reads, in one place for translation. */

const LANGUAGE = "en-GB";
const clock = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "medium" });
const minute = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeZone: "UTC" });
const shortDay = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeZone: "UTC" });

const seconds = (span_ms) => `${Math.max(0, Math.floor(span_ms / 1000))} s`;

export const text = {
  title: "Live facial recognition: officer's tablet",
  broken: "This page cannot start. Load it again; if that does not help, tell the van's crew.",

  link: "Link",
  van: "Van",
  lamp: "Lamp",
  officer: "Officer",
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
    button: "It was closed with the button on the van.",
    command: "It was closed by the van's crew.",
  },
  linkLost:
    "Link to the van lost. New alerts cannot arrive. Your answers are kept here and sent when the link is back.",
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

  alerts: "Alerts",
  noAlerts: "No alert to compare",
  noAlertsNote: "Both pictures of a new alert are shown here, side by side. You decide.",
  announce: (camera, time) =>
    `New alert from ${camera} at ${clock.format(time)}. Compare the two pictures.`,

  question: "Is this the same person?",
  expired: "Expired",
  closed: "Closed: the deployment has ended",
  withdrawn: "Withdrawn: no longer on the list. Do not stop this person on this alert.",
  which: (camera, time) => `Alert from ${camera} at ${clock.format(time)}`,
  understood: "Understood",
  live: "Seen by the van",
  listed: "On the watchlist",
  liveAlt: "Face seen by the van",
  listedAlt: (number, count) => `Watchlist photo ${number} of ${count}`,
  photos: "Watchlist photos",
  takenOn: (date) => (date ? `Taken ${day.format(new Date(date))}` : "Date not known"),
  photo: (date, number) => (date ? shortDay.format(new Date(date)) : `Photo ${number}`),
  at: (time) => clock.format(time),

  camera: "Camera",
  seen: "Seen",
  age: (span_ms) => `${seconds(span_ms)} ago`,
  expires: "Expires",
  left: (span_ms) => `in ${seconds(span_ms)}`,
  past: (time) => `at ${clock.format(time)}`,
  ground: "Listed as",
  reason: "Reason",
  power: "Power",
  reference: "Reference",
  likeness: "Likeness",
  place: "Where the face is in the camera's view",
  grounds: {
    wanted_by_court: "Wanted by a court",
    wanted_for_serious_offence: "Wanted for a serious offence",
    about_to_commit_really_serious_offence: "About to commit a really serious offence",
    volunteer: "Volunteer in a test",
  },
  bands: {
    possible: "Possible likeness",
    likely: "Likely likeness",
    strong: "Strong likeness",
  },

  answer: "Your answer",
  answered: (stage) => `Your answer: ${stage}`,
  notViable: "Not viable",
  viable: "Viable",
  delivery: {
    kept: "Kept on this tablet until the link is back",
    sent: "Sent, waiting for the van",
    received: "Received by the van",
  },
  refused: (count) => `Messages that could not be read: ${count}`,
};

/** Put the words of `data-text` attributes into the elements below `root`. */
export function fill(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = text[element.dataset.text];
  }
}
