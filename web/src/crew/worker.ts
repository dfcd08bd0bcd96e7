// Keeps the crew's page for when there is no signal: the page as it is before anything is asked, and what it is made
// of. Answers are not kept here; the page keeps its last picture itself, with its age.

const worker = self as unknown as ServiceWorkerGlobalScope;
const KEPT = "crew-page";
const PAGE = "/crew";
/// A network that is this slow is no network, milliseconds.
const PATIENCE = 3_000;

worker.addEventListener("install", (event) => {
  event.waitUntil(ask(new Request(PAGE, { credentials: "same-origin" })).catch(() => undefined));
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && path === PAGE) event.respondWith(page(request));
  else if (path.startsWith("/assets/") || path.startsWith("/crew/")) event.respondWith(part(request));
});

/** The page of now, or the one that was kept. */
async function page(request: Request): Promise<Response> {
  try {
    return await ask(request);
  } catch (why) {
    const kept = await (await caches.open(KEPT)).match(PAGE);
    if (kept) return kept;
    throw why;
  }
}

async function ask(request: Request): Promise<Response> {
  const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
  if (answer.ok && !answer.redirected) await keep(answer.clone());
  return answer;
}

/** Keeps the page and all it names, and lets go what an older page named. */
async function keep(answer: Response): Promise<void> {
  const cache = await caches.open(KEPT);
  const text = await answer.clone().text();
  const named = [...new Set(text.match(/\/(?:assets|crew)\/[\w.-]+/g) ?? [])].filter((part) => part !== "/crew/conveying");
  const known = (await cache.keys()).map((kept) => new URL(kept.url).pathname);
  // The name of an asset changes with its contents; the others are asked for each time.
  await cache.addAll(named.filter((part) => !part.startsWith("/assets/") || !known.includes(part)));
  await cache.put(PAGE, answer);
  const old = known.filter((part) => part !== PAGE && !named.includes(part));
  await Promise.all(old.map((part) => cache.delete(part)));
}

/** A part whose name changes with its contents: the one that was kept. */
async function part(request: Request): Promise<Response> {
  return (await (await caches.open(KEPT)).match(request)) ?? fetch(request);
}
