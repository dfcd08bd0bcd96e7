import { expect, test } from "@playwright/test";
import { hasNoFaults } from "./faults";

const MAPS = ["time-to-care", "pressure", "demand"] as const;

for (const kind of MAPS) {
  for (const [width, colorScheme, javaScriptEnabled] of [
    [390, "dark", true],
    [390, "light", false],
    [1280, "light", true],
    [1280, "dark", false],
  ] as const) {
    test(`the map of ${kind} says the same in a table, ${width} pixels, ${colorScheme}, script ${javaScriptEnabled}`, async ({ browser }) => {
      const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme, javaScriptEnabled });
      const page = await context.newPage();
      const faults: string[] = [];
      page.on("pageerror", (fault) => faults.push(String(fault)));
      page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
      await page.goto(`/map?kind=${kind}`);
      await expect(page.locator(javaScriptEnabled ? ".app-map__canvas" : ".app-map__drawing")).toBeVisible();
      await expect(page.getByRole("table")).toBeVisible();
      expect(await page.getByRole("row").count()).toBeGreaterThan(3);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      if (javaScriptEnabled) await hasNoFaults(page);
      expect(faults).toEqual([]);
      await context.close();
    });
  }
}

test("the map is moved and read by keyboard", async ({ page }) => {
  await page.goto("/map?kind=time-to-care");
  const canvas = page.getByRole("group", { name: /Map you can move/ });
  await canvas.focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("[data-said]")).toContainText("Middle of the map: near");
  await page.keyboard.press("+");
  await page.keyboard.press("Tab");
  await expect(page.locator(".app-pin:focus")).toHaveAttribute("aria-label", /^1: /);
  await expect(page.locator("[data-said]")).not.toContainText("Middle of the map");
});

test("demand is looked back at by a slider, and comes back to now", async ({ page }) => {
  await page.goto("/map?kind=demand");
  const heading = page.locator('[data-swap="said"] h2');
  const now = await heading.textContent();
  const slider = page.getByRole("slider");
  await expect(slider).toHaveAttribute("aria-valuetext", "lately");
  await slider.focus();
  // The past is to the left.
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(slider).toHaveAttribute("aria-valuetext", "2 hours ago");
  await expect(heading).not.toHaveText(now ?? "");
  await expect(slider).toBeFocused();
  await expect(page).toHaveURL(/ago=2/);
  const then = await heading.textContent();
  await expect(page.getByRole("table")).toContainText(then ?? "");
  await page.reload();
  await expect(heading).toHaveText(then ?? "");
  await page.getByRole("slider").press("End");
  await page.getByRole("slider").press("Home");
  await expect(page.getByRole("slider")).toHaveAttribute("aria-valuetext", "lately");
  await expect(heading).not.toHaveText(then ?? "");
});

test("longer windows count the same people and more", async ({ request }) => {
  const people = async (window: string) => {
    const answer = await request.get(`/api/v1/heat?kind=demand&window=${window}&res=4`);
    return ((await answer.json()) as { people: number }).people;
  };
  expect(await people("4h")).toBeGreaterThanOrEqual(await people("60m"));
  expect(await people("24h")).toBeGreaterThanOrEqual(await people("4h"));
});
