/** What stands at a card's head, and what its officer must bear in mind beside it. */

import { text } from "./text.js";

const AT_WORK = ["engagement", "outcome"];

/** Say what is asked, or why nothing is. */
export function headline(phase, course, { withdrawn }) {
  const { engagement, other, verdict } = course;
  const titles = {
    open: text.question,
    taken: text.taken(other?.tablet),
    gone: text.gone,
    withdrawn: text.withdrawnTitle,
    expired: text.expired,
    closed: text.closed,
    decided: text.decided[other?.answer]?.(other.tablet),
    engagement: withdrawn ? text.withdrawnTitle : text.verdicts.viable,
  };
  return titles[phase] ?? text.engagements[engagement] ?? text.verdicts[verdict];
}

/** Say what must not be forgotten while the officer is at work; "" where there is nothing. */
export function remark(phase, course, { withdrawn }) {
  if (withdrawn && [...AT_WORK, "withdrawn"].includes(phase)) {
    return text.withdrawn;
  }
  return course.doubted ? text.doubt(course.other.tablet) : "";
}
