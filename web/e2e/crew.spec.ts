import { type Page, expect, test } from "@playwright/test";
import { hasNoFaults } from "./faults";

async function ask(page: Page, need = "Anything else") {
  await page.goto("/crew");
  await page.locator(".needs label", { hasText: need }).first().click();
  await page.getByPlaceholder("Postcode or town").fill("LE67 3FD");
  await page.getByRole("button", { name: "Show places" }).click();
  await expect(page.locator("[data-place]").first()).toBeVisible();
}

for (const javaScriptEnabled of [true, false]) {
  test(`places are ranked with reasons and a choice is told ${javaScriptEnabled ? "with" : "without"} JavaScript`, async ({ browser }) => {
    const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    await page.goto("/crew");
    await page.getByRole("button", { name: "Show places" }).click();
    await expect(page.getByRole("alert")).toContainText("Choose what the patient needs");
    if (javaScriptEnabled) await expect(page.getByRole("alert")).toBeFocused();
    await ask(page);
    expect(page.url()).not.toContain("LE67");
    const first = page.locator("[data-place]").first();
    await expect(first).toContainText("min drive");
    await first.getByText("Why").click();
    await expect(first.getByRole("listitem").first()).toBeVisible();
    await first.getByRole("button", { name: "Conveying" }).click();
    if (javaScriptEnabled) await expect(first.getByRole("status")).toContainText("On your way: told at");
    else await expect(page.getByRole("heading", { name: /On your way to/ })).toBeVisible();
    await context.close();
  });
}

test("a choice is kept while there is no signal, over a restart of the page, and told once there is", async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const told: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/crew/conveying")) told.push(request.postData() ?? "");
  });
  await ask(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect.poll(() => page.evaluate(async () => (await caches.match("/crew")) !== undefined)).toBe(true);
  await context.setOffline(true);
  const first = page.locator("[data-place]").first();
  await first.getByRole("button", { name: "Conveying" }).click();
  await expect(first.getByRole("status")).toContainText("Not sent yet");
  // A second tap is no second message.
  await first.getByRole("button", { name: "Conveying" }).click();
  await page.reload();
  await expect(page.locator("[data-place]").first().getByRole("status")).toContainText("Not sent yet");
  await expect(page.locator("[data-age]")).toBeVisible();
  const before = told.length;
  // A choice says how long ago it was made, in whole seconds: a time that must pass, and no event to wait for.
  await page.waitForTimeout(2_000);
  await context.setOffline(false);
  await expect(page.locator("[data-place]").first().getByRole("status")).toContainText("On your way: told at", { timeout: 30_000 });
  expect(told.length).toBeGreaterThan(before);
  const keys = new Set(told.map((body) => new URLSearchParams(body).get("key")));
  expect(keys.size).toBe(1);
  expect(Number(new URLSearchParams(told.at(-1)).get("ago"))).toBeGreaterThanOrEqual(1);
  await context.close();
});

test("an old picture says so, then puts nothing forward, then shows no waits", async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.clock.install();
  await ask(page);
  await expect(page.locator("[data-age]")).toContainText("Live");
  await context.setOffline(true);
  await page.clock.fastForward("05:00");
  await expect(page.locator("[data-age]")).toContainText("5 minutes old");
  await hasNoFaults(page);
  await page.clock.fastForward("10:00");
  await expect(page.locator("[data-age]")).toContainText("the order may be wrong");
  await expect(page.getByText("Recommended", { exact: true })).toBeHidden();
  await hasNoFaults(page);
  await page.clock.fastForward("20:00");
  await expect(page.locator("[data-age]")).toContainText("waits are not shown");
  await expect(page.locator(".live").first()).toBeHidden();
  await expect(page.getByText("min drive").first()).toBeVisible();
  await context.close();
});

test("the position of the phone is used, never in an address, and dropped for what is typed", async ({ browser }) => {
  const context = await browser.newContext({ geolocation: { latitude: 52.7726, longitude: -1.2049 }, permissions: ["geolocation"] });
  const page = await context.newPage();
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  await page.goto("/crew");
  await page.locator(".needs label", { hasText: "Stroke" }).click();
  await page.getByRole("button", { name: "Use my position" }).click();
  await expect(page.getByText("Your position is used")).toBeVisible();
  await page.getByRole("button", { name: "Show places" }).click();
  await expect(page.getByRole("heading", { name: "Stroke, from your position" })).toBeFocused();
  await page.getByPlaceholder("Postcode or town").fill("Oakham");
  await page.getByRole("button", { name: "Show places" }).click();
  await expect(page.getByRole("heading", { name: "Stroke, from Oakham" })).toBeVisible();
  expect(addresses.filter((address) => address.includes("52.77"))).toEqual([]);
  await context.close();
});

test("a new patient is another call-out, and leaving leaves nothing of the last", async ({ page }) => {
  await ask(page);
  const patient = () => page.locator("input[name=patient]").inputValue();
  const one = await patient();
  await page.reload();
  expect(await patient()).toBe(one);
  await page.getByRole("button", { name: "New patient" }).click();
  await expect(page.locator("[data-place]")).toHaveCount(0);
  expect(await patient()).not.toBe(one);
  await ask(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).not.toHaveURL(/crew/);
  expect(await page.evaluate(() => localStorage.getItem("crew.picture"))).toBe("null");
});

for (const [width, colorScheme] of [[390, "dark"], [320, "light"], [844, "dark"], [1280, "light"]] as const) {
  test(`it is for one hand at ${width} pixels, ${colorScheme}, without a fault of access`, async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width, height: 640 }, colorScheme });
    const page = await context.newPage();
    await page.goto("/crew");
    await hasNoFaults(page);
    await ask(page, "Child");
    await page.getByText("Map", { exact: true }).click();
    await expect(page.getByRole("img", { name: /^Map: the patient/ })).toBeVisible();
    await hasNoFaults(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const touched = page.locator("button:visible, summary:visible, select:visible, .needs label:visible");
    const small = await touched.evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 48).map((one) => one.textContent));
    expect(small).toEqual([]);
    const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    const before = await scheme();
    await page.getByRole("button", { name: "Day or night" }).click();
    expect(await scheme()).not.toBe(before);
    await hasNoFaults(page);
    await context.close();
  });
}
