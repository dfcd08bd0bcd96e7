import { expect, test } from "@playwright/test";
import { hasNoFaults } from "./faults";

const PAGES = ["/", "/?from=LE11+5JY&sort=soonest", "/?from=nowhere", "/find", "/find?q=sore+throat&from=Loughborough", "/find?q=chest+pain&from=nowhere", "/clinician?postcode=LE1+5WW&age=34", "/clinician?postcode=LE1+5WW&age=x", "/sign-in", "/accuracy", "/status", "/services/lri-ed", "/services/kgh-ed", "/accessibility", "/nowhere"];

for (const path of PAGES) {
  for (const [name, width, colorScheme] of [
    ["a phone", 390, "light"],
    ["a phone at night", 390, "dark"],
    ["a desktop", 1280, "light"],
  ] as const) {
    test(`${path} has no accessibility fault on ${name}`, async ({ browser }) => {
      const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
      const page = await context.newPage();
      await page.goto(path);
      await hasNoFaults(page);
    });
  }

  test(`${path} does not scroll sideways on the narrowest phone`, async ({ browser }) => {
    const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
    await page.goto(path);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  });
}

test("every page says that this is a demonstration, and at what speed", async ({ page }) => {
  for (const path of PAGES) {
    await page.goto(path);
    await expect(page.getByText(/Demonstration: simulated, \d+ times real speed/)).toBeVisible();
  }
});

test("the list is whole without JavaScript", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("/");
  const infirmary = page.locator("[data-service=lri-ed]");
  await expect(infirmary).toContainText(/About \d+ (hour|minute)/);
  await expect(infirmary).toContainText(/(people|person|Nobody is) waiting to be seen/);
  await expect(infirmary).toContainText(/(Updated|Last heard) at /);
  await page.getByLabel("Show").selectOption("ed");
  await page.getByRole("button", { name: "Update" }).click();
  await expect(page.locator("[data-service]")).toHaveCount(3);
  await page.getByRole("link", { name: /Adult Emergency Department/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Adult Emergency");
  await expect(page.getByText("Wait to be seen").first()).toBeVisible();
});

test("a postcode brings the nearest to the top, how far it is, and the time in all", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("/");
  await page.getByLabel("Sort by").selectOption("nearest");
  await page.getByRole("button", { name: "Update" }).click();
  await expect(page.getByRole("alert")).toContainText("Enter your postcode");
  await page.getByLabel("Your postcode").fill("le11 5jy");
  await page.getByRole("button", { name: "Update" }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
  const first = page.locator("[data-service]").first();
  await expect(first).toHaveAttribute("data-service", "lboro-utc");
  await expect(first).toContainText(/\d\.\d miles away, about \d+ minutes? by car/);
  await page.getByLabel("Sort by").selectOption("soonest");
  await page.getByRole("button", { name: "Update" }).click();
  await expect(page.locator("[data-service=lri-ed]")).toContainText(/in all, with \d+ minutes? by car/);
  await page.getByLabel("Sort by").selectOption("transport");
  await page.getByRole("button", { name: "Update" }).click();
  await expect(page.locator("[data-service]").first()).toContainText(/bus stops within 400 metres/);
  await expect(page.getByLabel("Your postcode")).toHaveValue("le11 5jy");
});

test.describe("where time stands still", () => {
  // Which place comes first depends on how long people wait just then.
  test.use({ baseURL: process.env.FROZEN_URL ?? process.env.BASE_URL });

  test("plain words and a town bring places with reasons, and an emergency is told first", async ({ browser }) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto("/");
    await page.getByRole("link", { name: "Find the right place" }).click();
    await page.getByLabel("What is the matter?").fill("I think I broke my wrist");
    await page.getByRole("button", { name: "Find" }).click();
    await expect(page.getByRole("alert")).toContainText("Enter your postcode or town");
    await expect(page.getByLabel("What is the matter?")).toHaveValue("I think I broke my wrist");
    await page.getByLabel("Your postcode or town").fill("Loughborough");
    await page.getByRole("button", { name: "Find" }).click();
    const first = page.locator("[data-found]").first();
    await expect(first).toHaveAttribute("data-found", "lboro-utc");
    await first.getByText("Why this place").click();
    await expect(first).toContainText("X-ray: yes.");
    await expect(page.locator("[data-found=lri-ed]")).toHaveCount(1);
    await page.getByLabel("What is the matter?").fill("sore throat and chest pain");
    await page.getByRole("button", { name: "Find" }).click();
    await expect(page.getByRole("heading", { name: /call 999/i })).toBeVisible();
    await page.getByLabel("What is the matter?").fill("pizza");
    await page.getByRole("button", { name: "Find" }).click();
    await expect(page.getByText("We did not understand")).toBeVisible();
  });
});

test("a clinician searches by keyboard alone and asks why a place is not offered", async ({ page }) => {
  await page.goto("/clinician");
  await expect(page.getByLabel("Postcode")).toBeFocused();
  await page.keyboard.type("LE1 5WW");
  await page.keyboard.press("Tab");
  await page.keyboard.type("34");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: /services for LE1 5WW/ })).toBeVisible();
  await expect(page.locator("[data-found=lri-ced]")).toHaveCount(0);
  await page.getByText(/services of the area are not offered: why/).click();
  await expect(page.getByText("It does not take this age.").first()).toBeVisible();
});

test("figures change on the page as events arrive, and the list keeps its order", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByText("Live: figures change")).toBeVisible();
  const queue = page.locator("[data-service=lri-ed] [data-part=queue]");
  const order = () =>
    page.locator("[data-service]").evaluateAll((all) => all.map((e) => e.getAttribute("data-service")));
  const [before, orderBefore] = [await queue.textContent(), await order()];
  await expect.poll(() => queue.textContent(), { timeout: 30_000 }).not.toBe(before);
  expect(await order()).toEqual(orderBefore);
});

test("where sockets are blocked figures come as events, and where those are too they are fetched", async ({
  page,
}) => {
  // The pauses between tries are left to chance, up to a minute in all: here they are short.
  await page.addInitScript(() => {
    Math.random = () => 0.1;
  });
  await page.routeWebSocket(/\/api\/v1\/push$/, (socket) => socket.close());
  await page.goto("/");
  await expect(page.getByText("Live: figures change")).toBeVisible({ timeout: 20_000 });
  await page.route(/\/api\/v1\/push\/sse/, (route) => route.fulfill({ status: 503, body: "" }));
  await page.reload();
  await expect(page.getByText("fetched every 30 seconds")).toBeVisible({ timeout: 40_000 });
});

test("the list is light enough for a weak signal", async ({ page }) => {
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (new URL(response.url()).pathname.startsWith("/api")) return;
    sizes.push(response.request().sizes().then((size) => size.responseBodySize));
  });
  await page.goto("/", { waitUntil: "networkidle" }).catch(() => undefined);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThan(60 * 1024);
});
