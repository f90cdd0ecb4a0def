/** What the van tells a page of itself: where its broker is, whose tablet this is. */

const RETRY_MS = 2_000;

const pause = (span_ms) => new Promise((resolve) => setTimeout(resolve, span_ms));

/** Ask for the settings until they come; after each vain try `miss(unreached)` is called. */
export async function settings(miss) {
  for (;;) {
    const answer = await fetch("config.json").catch(() => null);
    if (answer?.ok) {
      return answer.json();
    }
    miss(answer === null);
    await pause(RETRY_MS);
  }
}
