/** What stands at a card's head, and what its officer must bear in mind beside it. */

import { text } from "./text.js";

const AT_WORK = ["engagement", "outcome"];

/**
 * Say what is asked, or why nothing is. What befell the alert is told by `withdrawn`, `ended` (its
 * deployment) and `late` (its time is over).
 */
export function headline(phase, course, { withdrawn, ended }) {
  const { engagement, other, verdict } = course;
  const titles = {
    open: text.question,
    taken: text.taken(other?.tablet),
    gone: text.gone,
    withdrawn: text.withdrawnTitle,
    expired: text.expired,
    closed: text.closed,
    decided: text.decided[other?.answer]?.(other.tablet),
    engagement: (withdrawn && text.withdrawnTitle) || (ended && text.closed) || text.verdicts.viable,
  };
  return titles[phase] ?? text.engagements[engagement] ?? text.verdicts[verdict];
}

/** Say what must not be forgotten while the officer is at work; "" where there is nothing. */
export function remark(phase, course, { withdrawn, ended, late }) {
  if (withdrawn && [...AT_WORK, "withdrawn"].includes(phase)) {
    return text.withdrawn;
  }
  if (ended && AT_WORK.includes(phase)) {
    return text.stopNobody;
  }
  const doubt = course.doubted && text.doubt(course.other.tablet);
  const lateness = late && phase === "engagement" && text.late;
  return [doubt, lateness].filter(Boolean).join(" ");
}
