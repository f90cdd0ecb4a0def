/** The switch between the screen's own choice, the sun and the night; the browser remembers it. */

import { text } from "./text.js";

const KEY = "sky";
const SKIES = ["auto", "sun", "night"];

/** Let every button of that name go on to the next look, and begin with the one last chosen. */
export function openSky() {
  const buttons = document.querySelectorAll(".sky");
  const show = (sky) => {
    document.documentElement.dataset.sky = sky;
    buttons.forEach((button) => (button.textContent = text.skies[sky]));
  };
  const next = () => {
    const sky = SKIES[(SKIES.indexOf(document.documentElement.dataset.sky) + 1) % SKIES.length];
    localStorage.setItem(KEY, sky);
    show(sky);
  };
  buttons.forEach((button) => button.addEventListener("click", next));
  const kept = localStorage.getItem(KEY);
  show(SKIES.includes(kept) ? kept : SKIES[0]);
}
