/** When what was put on the page became visible, if anybody can have seen it. */

/** Call `act` whenever the page comes into sight. */
export function onSight(act) {
  document.addEventListener("visibilitychange", () => document.hidden || act());
}

/** Wait until the page's newest state is on the screen; tells whether anybody can see it. */
export async function painted() {
  const pictures = [...document.querySelectorAll("#alerts img")];
  // One that cannot be decoded is as visible as it will ever be.
  await Promise.allSettled(pictures.map((image) => image.complete || image.decode()));
  return !document.hidden && nextFrame();
}

/** Whether any part of an element is where somebody can see it. */
export function isVisible(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > belowBar() && top < innerHeight;
}

/** Whether a card's two pictures are where somebody can see them. */
export function inSight(card) {
  const middles = [...card.querySelectorAll(".frame")].map((frame) => {
    const { top, bottom } = frame.getBoundingClientRect();
    return (top + bottom) / 2;
  });
  return middles.length > 0 && middles.every((y) => y > belowBar() && y < innerHeight);
}

const belowBar = () => document.querySelector("header").getBoundingClientRect().bottom;

const nextFrame = () =>
  new Promise((resolve) => {
    const leave = () => resolve(false);
    document.addEventListener("visibilitychange", leave, { once: true });
    // The second frame begins only when the first has been painted.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        document.removeEventListener("visibilitychange", leave);
        resolve(true);
      }),
    );
  });
