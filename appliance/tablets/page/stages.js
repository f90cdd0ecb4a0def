/** What an officer is asked of an alert, one stage after the other; each answer is one tap. */

import { text } from "./text.js";

const NEEDED = ["disposal", "minutes", "force_used", "leaflet_given"];
const READ = { minutes: Number, force_used: isYes, leaflet_given: isYes };

/** The operator's question. "Not viable" is first, and what the Enter key says. */
export function verdict(answer) {
  const group = fieldset("answer", text.answer);
  group.append(
    ...buttons(text.verdicts, (value) => answer({ stage: "verdict", verdict: value })),
  );
  return group;
}

/** The question to the officer who went to the person. None of its answers is the default. */
export function engagement(answer) {
  const group = fieldset("engage", text.engage);
  group.append(
    ...buttons(text.engagements, (value) => answer({ stage: "engagement", engagement: value })),
  );
  return group;
}

/**
 * What became of a person who was stopped. Nothing is chosen beforehand, so nothing slips in: only
 * what the officer had chosen already stands in `draft`. Each tap is told to `note(draft)`.
 */
export function outcome(answer, alertId, { draft, note }) {
  const group = fieldset("outcome", text.answer);
  const choices = {
    disposal: text.disposals,
    minutes: text.spans,
    force_used: text.noYes,
    leaflet_given: text.noYes,
    ethnicity: text.ethnicities,
  };
  group.append(
    ...Object.entries(choices).map(([name, words]) => choice(name, words, alertId, draft?.[name])),
    element("p", "missing", ""),
    button("record", text.record, () => record(group, answer)),
  );
  group.querySelector(".missing").role = "alert";
  group.addEventListener("change", () => note(choicesOf(group)));
  return group;
}

/** Another officer has this alert in hand; the question is asked again only on request. */
export function taken(assess) {
  const group = fieldset("assess", text.answer);
  group.append(button("assess", text.assess, assess));
  return group;
}

function record(group, answer) {
  const missing = NEEDED.filter((name) => chosen(group, name) === null);
  group.querySelector(".missing").textContent = missing.length
    ? text.missing(missing.map((name) => text[name]))
    : "";
  if (missing.length) {
    group.querySelector(`.${missing[0]} input`).focus();
    return;
  }
  answer({ stage: "outcome", ...choicesOf(group) });
}

function choicesOf(group) {
  const fields = [...NEEDED, "ethnicity"].map((name) => [name, chosen(group, name)]);
  return Object.fromEntries(fields);
}

function chosen(group, name) {
  const value = group.querySelector(`.${name} input:checked`)?.value ?? null;
  return value === null ? null : (READ[name]?.(value) ?? value);
}

function isYes(value) {
  return value === "true";
}

/** Some large buttons of which one can be down. */
function choice(name, words, alertId, chosenBefore) {
  const group = fieldset(`choice ${name}`, text[name]);
  for (const [value, label] of Object.entries(words)) {
    const box = element("label", "", "");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = `${name}-${alertId}`;
    input.value = value;
    input.checked = value === String(chosenBefore);
    box.append(input, element("span", "", label));
    group.append(box);
  }
  return group;
}

function fieldset(name, legend) {
  const group = element("fieldset", name, "");
  group.append(element("legend", "", legend));
  return group;
}

const buttons = (words, act) =>
  Object.entries(words).map(([value, label]) => button(value, label, () => act(value)));

function button(value, label, act) {
  const made = element("button", "", label);
  made.type = "button";
  made.value = value;
  made.addEventListener("click", act);
  return made;
}

function element(tag, name, words) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = words;
  return made;
}
