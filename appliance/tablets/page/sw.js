/** Keeps the page's own files, whole and of one version, for a reload out of the van's reach. */

const FILES = [
  "./",
  "alarm.js",
  "bar.css",
  "bar.js",
  "board.js",
  "business.js",
  "calm.js",
  "card.css",
  "card.js",
  "clock.js",
  "course.js",
  "early.js",
  "facts.js",
  "forced.css",
  "head.js",
  "headline.js",
  "hearsay.js",
  "icon.svg",
  "keys.js",
  "lean-qr.js",
  "link.js",
  "manifest.webmanifest",
  "mqtt.min.js",
  "news.js",
  "notices.js",
  "outbox.js",
  "page.css",
  "page.js",
  "pictures.js",
  "settings.js",
  "sheet.css",
  "shift.js",
  "sight.js",
  "sign.js",
  "sky.js",
  "slip.css",
  "slip.js",
  "slips.js",
  "stages.css",
  "stages.js",
  "store.js",
  "text.js",
  "wire.js",
];
const ADDRESSES = new Set(FILES.map((file) => new URL(file, location).href));
const PREFIX = "page-";
const PATIENCE_MS = 4_000; // an officer waits for this page; the van may be out of reach
const POLICY = "Content-Security-Policy";

/** Name what the files are, and by which policy they run: another version is another name. */
async function versionOf(answers) {
  const policies = answers.map(({ headers }) => headers.get(POLICY)).join("\n");
  const whole = await new Blob([policies, ...answers.map(({ bytes }) => bytes)]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return PREFIX + [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Read each file to its end: answers that wait for their readers would hold all connections. */
async function bring(file) {
  const answer = await fetch(file, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) {
    throw new TypeError(`${file}: ${answer.status}`);
  }
  return { bytes: await answer.arrayBuffer(), headers: answer.headers };
}

const isFull = async (shelf) => (await shelf.keys()).length === FILES.length;
const shelves = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX));

/** Bring all files anew; they take the old ones' place together or not at all. */
async function renew() {
  const answers = await Promise.all(FILES.map(bring));
  const version = await versionOf(answers);
  const shelf = await caches.open(version);
  if (!(await isFull(shelf))) {
    const put = ({ bytes, headers }, index) => shelf.put(FILES[index], new Response(bytes, { headers }));
    await Promise.all(answers.map(put));
  }
  const others = (await shelves()).filter((name) => name !== version);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** Give a file from the one shelf that holds them all; one being filled holds fewer. */
async function kept(address) {
  for (const name of await shelves()) {
    const shelf = await caches.open(name);
    if (await isFull(shelf)) {
      return (await shelf.match(address)) ?? Response.error();
    }
  }
  return fetch(address);
}

async function open(address) {
  await renew().catch(() => {});
  return kept(address);
}

addEventListener("install", (event) => event.waitUntil(renew().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

// What is not in the list is never touched: settings and whatever comes from the van go by.
addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  const address = origin + pathname;
  if (event.request.method === "GET" && ADDRESSES.has(address)) {
    const give = event.request.mode === "navigate" ? open : kept;
    event.respondWith(give(address));
  }
});
