/** The redress slip: what a person who was stopped is given, to read, to photograph or on paper. */

import { generate } from "./lean-qr.js";
import { text } from "./text.js";

const QUIET = 4; // modules of white that a reader of QR codes needs on each side
const SVG = "http://www.w3.org/2000/svg";

/**
 * Show the slip of an alert: of which van, and with the address that the force puts before a code,
 * if it has such a place.
 */
export function showSlip({ code, camera, takenAt }, { van, address }) {
  const slip = document.querySelector("#slip");
  const link = (address ?? "") + code;
  slip.querySelector(".code").textContent = code;
  slip.querySelector(".when").textContent = text.slipSeen(camera, van, takenAt);
  slip.querySelector(".address").textContent = address ? link : text.slipAsk;
  slip.querySelector(".qr").replaceChildren(draw(link, text.slipQr(code)));
  slip.showModal();
}

/** Let the two buttons of the slip do what they say. */
export function openSlips() {
  const slip = document.querySelector("#slip");
  slip.querySelector("[value=print]").addEventListener("click", () => window.print());
  slip.querySelector("[value=close]").addEventListener("click", () => slip.close());
}

/** Black on white by day and night: a phone reads nothing else as well. */
function draw(words, label) {
  const code = generate(words);
  const side = code.size + 2 * QUIET;
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      path += code.get(x, y) ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "";
    }
  }
  const picture = shape("svg", { viewBox: `0 0 ${side} ${side}`, role: "img" });
  picture.setAttribute("aria-label", label);
  picture.append(
    shape("rect", { width: side, height: side, fill: "#fff" }),
    shape("path", { d: path, fill: "#000", "shape-rendering": "crispEdges" }),
  );
  return picture;
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}
