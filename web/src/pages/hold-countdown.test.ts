import { expect, test } from "vitest";
import { remaining } from "./hold-countdown";

test("what is left is said in minutes and seconds, and its end in words", () => {
  expect(remaining(600_000, 0)).toBe("Held for you: 10:00 left.");
  expect(remaining(600_000, 599_100)).toBe("Held for you: 0:01 left.");
  expect(remaining(600_000, 600_000)).toContain("The time is up");
  expect(remaining(600_000, 700_000)).toContain("The time is up");
});
