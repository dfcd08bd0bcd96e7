import { expect, test } from "vitest";
import { classOf, showCare, showPeople } from "./scale";

const name = (id: string) => `the ${id}`;

test("a class begins with its least figure", () => {
  expect([0, 19, 20, 59, 60, 120, 900].map((m) => classOf([20, 40, 60, 120], m))).toEqual([1, 1, 2, 3, 4, 5, 5]);
});

test("what is not known is neither zero nor nothing", () => {
  expect(showCare([20, 40, 60, 120], ["utc", null, null], "seen", name).class).toBe("unknown");
  expect(showCare([20, 40, 60, 120], undefined, "seen", name).class).toBe("none");
  const known = showCare([20, 40, 60, 120], ["utc", 33, 25], "seen", name);
  expect(known).toEqual({
    class: 2,
    words: "About 35 minutes until seen at the utc. About 25 minutes sooner than at the nearest.",
  });
});

test("people are counted by the size of the hex", () => {
  expect(showPeople([2, 5, 10, 25], "87194301affffff", 6, 1)).toEqual({
    class: 5,
    words: "6 people asked for care in 2 square miles.",
  });
  expect(showPeople([2, 5, 10, 25], "86194348fffffff", 10, 1).class).toBe(3);
  expect(showPeople([2, 5, 10, 25], "841943dffffffff", 5, 1).class).toBe("none");
  expect(showPeople([2, 5, 10, 25], "87194301affffff", 24, 24).class).toBe(3);
});
