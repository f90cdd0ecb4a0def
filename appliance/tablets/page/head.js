/** Tells the looks how tall the bar is, whatever it has to say: a card gets the rest of the screen. */

const header = document.querySelector("header");

/** Let the cards fit the bar as it is now. */
export function fitBar() {
  document.documentElement.style.setProperty("--head", `${header.offsetHeight}px`);
}

new ResizeObserver(fitBar).observe(header);
