/** Tells the looks how tall the bar is, whatever it has to say: a card gets the rest of the screen. */

const header = document.querySelector("header");
let height_px = null;

/** Let the cards fit the bar as it is now. Said again, the same would have every card styled anew. */
export function fitBar() {
  if (header.offsetHeight !== height_px) {
    height_px = header.offsetHeight;
    document.documentElement.style.setProperty("--head", `${height_px}px`);
  }
}

new ResizeObserver(fitBar).observe(header);
