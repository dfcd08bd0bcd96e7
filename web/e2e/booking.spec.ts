import { type Page, expect, test } from "@playwright/test";
import { hasNoFaults } from "./faults";

// Open day and night in the demonstration, with times to book.
const SERVICE = "oadby-utc";

/** The page of free times of the first day that has any. */
async function times(page: Page) {
  await page.goto(`/clinician/services/${SERVICE}/slots`);
  const days = await page.locator(".app-days a").evaluateAll((all) => all.map((a) => a.getAttribute("href") ?? ""));
  for (const day of days) {
    if ((await page.locator("input[name=slot]").count()) > 0) return;
    await page.goto(day);
  }
}

async function hold(page: Page, last = false) {
  await times(page);
  const all = page.locator("input[name=slot]");
  await (last ? all.last() : all.first()).check({ force: true });
  await page.getByRole("button", { name: /Hold this time/ }).click();
  await expect(page).toHaveURL(/\/clinician\/book\?/);
}

async function fill(page: Page, family: string) {
  await page.getByLabel("Given names").fill("Test");
  await page.getByLabel("Family name").fill(family);
  await page.getByLabel("Date of birth").fill("1984-03-27");
  await page.getByLabel("Telephone").fill("07700 900123");
  await page.getByLabel("Special notes and flags").fill("Uses a wheelchair");
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`a place is chosen, held, booked, shown, moved and cancelled ${how} JavaScript`, async ({ browser }) => {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await hold(page);
    await expect(page.getByText(/Held for you/).first()).toBeVisible();
    await fill(page, "Patient-One");
    await page.getByLabel("Telephone").fill("12");
    await page.getByRole("button", { name: "Book" }).click();
    await expect(page.getByRole("alert")).toContainText("Enter a telephone number");
    if (javaScriptEnabled) await expect(page.getByRole("alert")).toBeFocused();
    await expect(page.getByLabel("Family name")).toHaveValue("Patient-One");
    await expect(page.getByLabel("Special notes and flags")).toHaveValue("Uses a wheelchair");
    await page.getByLabel("Telephone").fill("07700 900123");
    await page.getByRole("button", { name: "Book" }).click();
    await expect(page).toHaveURL(/\/clinician\/bookings\/[0-9a-f-]{36}$/);
    await expect(page.getByText("Booked", { exact: true }).first()).toBeVisible();
    expect(await page.content()).not.toContain("Patient-One");
    const address = page.url();
    await page.getByRole("button", { name: "Show who it is for" }).click();
    await expect(page.getByRole("heading", { name: "Test Patient-One" })).toBeVisible();
    await expect(page.getByText("Uses a wheelchair")).toBeVisible();
    await page.getByRole("link", { name: "Choose another time" }).click();
    await page.locator("input[name=slot]").last().check({ force: true });
    await page.getByRole("button", { name: /Move the booking/ }).click();
    await expect(page).toHaveURL(/\/clinician\/bookings\/[0-9a-f-]{36}$/);
    expect(page.url()).not.toBe(address);
    await page.getByText("Cancel this booking").click();
    await page.getByRole("button", { name: "Yes, cancel it" }).click();
    await expect(page.getByText("Cancelled", { exact: true }).first()).toBeVisible();
    await page.goto(address);
    await expect(page.getByText("Cancelled", { exact: true }).first()).toBeVisible();
    await context.close();
  });
}

test("whoever loses the slot keeps everything typed and is offered the next times", async ({ browser }) => {
  const context = await browser.newContext();
  const [one, two] = [await context.newPage(), await context.newPage()];
  await hold(one);
  const held = new URL(one.url());
  // Another clinician's page of the same slot, whose hold is not this one.
  held.searchParams.set("hold", "another");
  await two.goto(held.pathname + held.search);
  await fill(one, "Patient-One");
  await fill(two, "Patient-Two");
  await one.getByRole("button", { name: "Book" }).click();
  await expect(one).toHaveURL(/bookings/);
  await two.getByRole("button", { name: "Book" }).click();
  await expect(two.getByRole("alert")).toContainText("The slot was taken");
  await expect(two.getByLabel("Family name")).toHaveValue("Patient-Two");
  await expect(two.locator("input[type=radio][name=slot]")).toHaveCount(3);
  await hasNoFaults(two);
  await two.getByRole("button", { name: "Book" }).click();
  await expect(two).toHaveURL(/bookings/);
});

test("it can be done by keyboard alone, and a second Enter books once", async ({ page }) => {
  await times(page);
  await page.locator("input[name=slot]").first().focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/clinician\/book\?/);
  await page.getByLabel("Given names").focus();
  for (const text of ["Test", "Patient-Keys", "1984-03-27", "", "07700 900123"]) {
    await page.keyboard.type(text);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/clinician\/bookings\//);
  const address = page.url();
  await page.goBack();
  await page.getByRole("button", { name: "Book" }).click().catch(() => undefined);
  await page.goto(address);
  await expect(page.getByText("Booked", { exact: true }).first()).toBeVisible();
});

test("nothing of these pages is kept by a browser, and none has an accessibility fault", async ({ browser }) => {
  for (const [width, colorScheme] of [[390, "dark"], [1280, "light"]] as const) {
    const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
    const page = await context.newPage();
    const kept: string[] = [];
    page.on("response", (answer) => {
      const path = new URL(answer.url()).pathname;
      if (path.startsWith("/clinician") && answer.headers()["cache-control"] !== "no-store") kept.push(path);
    });
    await times(page);
    await hasNoFaults(page);
    await hold(page, true);
    await hasNoFaults(page);
    await fill(page, "Patient-Axe");
    await page.getByRole("button", { name: "Book" }).click();
    await expect(page).toHaveURL(/bookings/);
    await hasNoFaults(page);
    await page.getByRole("button", { name: "Show who it is for" }).click();
    await hasNoFaults(page);
    await page.goto(`/clinician/services/${SERVICE}/bookings`);
    await hasNoFaults(page);
    await page.goto("/clinician/services/nowhere/slots");
    await expect(page.getByRole("heading", { name: "Service not found" })).toBeVisible();
    await page.setViewportSize({ width: 320, height: 640 });
    await times(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    expect(kept).toEqual([]);
    await context.close();
  }
});

test("from the booked time to being seen: the booking's page follows the patient", async ({ page, request }) => {
  await hold(page);
  await fill(page, "Patient-Journey");
  await page.getByRole("button", { name: "Book" }).click();
  await expect(page).toHaveURL(/\/clinician\/bookings\//);
  const booking = page.url().split("/").pop();
  const tell = async (fields: object) => {
    const waits = await (await request.get("/api/v1/waits")).json();
    const event = { id: crypto.randomUUID(), feed: "dhu-oadby", visit: `v-${booking}`, happened_at: waits.as_of, ...fields };
    const answer = await request.post("/api/v1/events", {
      headers: { authorization: `Bearer ${process.env.FEED_TOKEN}` },
      data: event,
    });
    expect(await answer.json()).toMatchObject({ accepted: 1 });
    await page.reload();
  };
  await tell({ type: "visit.arrived", service: SERVICE, mode: "booked", booking });
  await expect(page.getByText("Arrived", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Choose another time" })).toHaveCount(0);
  await tell({ type: "visit.seen" });
  await expect(page.getByText("Seen by a clinician")).toBeVisible();
  await expect(page.getByText("From booked to seen")).toBeVisible();
});
