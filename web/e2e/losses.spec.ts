// What a network does to a page, one way of losing after the other: the page must come back, and show what
// the server shows.

import { type Page, type WebSocketRoute, expect, test } from "@playwright/test";

interface Sent {
  type: string;
  topics?: string[];
  since?: { epoch: string; seq: number };
}

/** What went over the wire, connection by connection. */
interface Wire {
  opened: number[];
  asked: Sent[][];
  closed: number;
  snapshots: number;
  /** The newest connection, on the page's side. */
  socket: WebSocketRoute | undefined;
}

/** What becomes of a message of the server; connections are counted from 0. */
type Change = (text: string, connection: number) => string[];

/** Stands between page and server and changes what the server says. */
async function between(page: Page, change: Change): Promise<Wire> {
  const wire: Wire = { opened: [], asked: [], closed: 0, snapshots: 0, socket: undefined };
  await page.routeWebSocket(/\/api\/v1\/push$/, (socket) => {
    const connection = wire.opened.length;
    wire.opened.push(Date.now());
    wire.socket = socket;
    const asked: Sent[] = [];
    wire.asked.push(asked);
    const server = socket.connectToServer();
    socket.onMessage((text) => {
      asked.push(JSON.parse(String(text)) as Sent);
      server.send(text);
    });
    server.onMessage((text) => {
      for (const one of change(String(text), connection)) {
        socket.send(one);
        if (one.includes('"type":"snapshot"')) wire.snapshots += 1;
      }
    });
    socket.onClose(() => {
      wire.closed += 1;
      void server.close();
    });
  });
  return wire;
}

const asItIs: Change = (text) => [text];
const subscriptions = (asked: Sent[] | undefined) => (asked ?? []).filter((one) => one.type === "subscribe");
const live = (page: Page) => expect(page.getByText("Live: figures change")).toBeVisible({ timeout: 20_000 });
const lost = (page: Page) => expect(page.getByText("Connection lost")).toBeVisible({ timeout: 20_000 });

/** The queue on the page must come to be what a page fetched afresh says. */
async function showsWhatTheServerShows(page: Page) {
  const plain = await page.context().browser()?.newContext({ javaScriptEnabled: false });
  const fresh = await plain?.newPage();
  const queue = (of: Page | undefined) => of?.locator("[data-service=lri-ed] [data-part=queue]").textContent();
  const agrees = async () => {
    await fresh?.goto(new URL("/", page.url()).href);
    return (await queue(page))?.trim() === (await queue(fresh))?.trim();
  };
  await expect.poll(agrees, { timeout: 40_000, intervals: [300] }).toBe(true);
  await plain?.close();
}

test("a cut connection resumes from where it was", async ({ page }) => {
  const wire = await between(page, asItIs);
  await page.goto("/");
  await live(page);
  await expect.poll(() => wire.snapshots).toBe(1);
  await wire.socket?.close({ code: 4_000 });
  await expect.poll(() => subscriptions(wire.asked[1]).length, { timeout: 20_000 }).toBe(1);
  expect(subscriptions(wire.asked[1])[0]?.since?.seq).toBeGreaterThan(0);
  await live(page);
  await showsWhatTheServerShows(page);
});

test("a connection that falls silent is noticed and replaced", async ({ page }) => {
  await page.clock.install();
  let isSilent = false;
  const wire = await between(page, (text, connection) => (isSilent && connection === 0 ? [] : [text]));
  await page.goto("/");
  await live(page);
  isSilent = true;
  await page.clock.fastForward(45_000);
  await expect.poll(() => wire.opened.length, { timeout: 20_000 }).toBeGreaterThan(1);
  await live(page);
  await showsWhatTheServerShows(page);
});

test("what comes twice counts once", async ({ page }) => {
  await between(page, (text) => [text, text]);
  await page.goto("/");
  await live(page);
  await showsWhatTheServerShows(page);
});

test("a page that lost the beginning asks for it", async ({ page }) => {
  let [snapshots, deltas] = [0, 0];
  const wire = await between(page, (text) => {
    const { type } = JSON.parse(text) as { type: string };
    if (type === "snapshot") snapshots += 1;
    if (type === "delta") deltas += 1;
    // One delta shows the page that it lost something; a second, come before the answer, would make it ask twice.
    const isLost = (type === "snapshot" && snapshots === 1) || (type === "delta" && snapshots < 2 && deltas > 1);
    return isLost ? [] : [text];
  });
  await page.goto("/");
  await expect.poll(() => subscriptions(wire.asked[0]).length, { timeout: 40_000 }).toBe(2);
  expect(subscriptions(wire.asked[0])[1]?.since).toBeUndefined();
  await showsWhatTheServerShows(page);
});

test("another history is begun from its beginning", async ({ page }) => {
  const wire = await between(page, (text, connection) => {
    const message = JSON.parse(text) as { type: string; epoch?: string };
    if (connection > 0 && message.type === "hello") message.epoch = "another";
    return [JSON.stringify(message)];
  });
  await page.goto("/");
  await live(page);
  await wire.socket?.close({ code: 4_000 });
  await expect.poll(() => subscriptions(wire.asked[1]).length, { timeout: 20_000 }).toBe(1);
  expect(subscriptions(wire.asked[1])[0]?.since).toBeUndefined();
  await showsWhatTheServerShows(page);
});

test("what cannot be read ends the connection, not the page", async ({ page }) => {
  const wire = await between(page, (text, connection) =>
    connection === 0 && text.includes('"type":"snapshot"') ? [text.slice(0, 50)] : [text],
  );
  await page.goto("/");
  await expect.poll(() => wire.opened.length, { timeout: 20_000 }).toBeGreaterThan(1);
  await live(page);
  await showsWhatTheServerShows(page);
});

test("a server that restarts is left alone for as long as it says", async ({ page }) => {
  const wire = await between(page, asItIs);
  await page.goto("/");
  await live(page);
  wire.socket?.send(JSON.stringify({ type: "bye", retry_ms: 3_000 }));
  const told = Date.now();
  await wire.socket?.close({ code: 1_012 });
  await lost(page);
  await expect.poll(() => wire.opened.length, { timeout: 20_000 }).toBe(2);
  expect((wire.opened[1] ?? 0) - told).toBeGreaterThan(2_800);
  expect((wire.opened[1] ?? 0) - told).toBeLessThan(6_000);
  await live(page);
});

test("a page that nobody looks at lets its connection go and takes it up again", async ({ page }) => {
  await page.clock.install();
  const wire = await between(page, asItIs);
  await page.goto("/");
  await live(page);
  const setHidden = (isHidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  await setHidden(true);
  await page.clock.fastForward(61_000);
  await expect.poll(() => wire.closed).toBe(1);
  expect(wire.opened.length).toBe(1);
  await setHidden(false);
  await expect.poll(() => wire.opened.length).toBe(2);
  await live(page);
  await showsWhatTheServerShows(page);
});

test("a page without a network says so, and comes back with it", async ({ page, context }) => {
  const wire = await between(page, asItIs);
  await page.goto("/");
  await live(page);
  await context.setOffline(true);
  await wire.socket?.close({ code: 4_000 });
  await lost(page);
  await context.setOffline(false);
  await live(page);
  await showsWhatTheServerShows(page);
});
