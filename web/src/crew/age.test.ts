import { expect, it } from "vitest";
import { trust, words } from "./age";

const MINUTE = 60_000;

it("says how old a picture is and how far it can be trusted", () => {
  const at = (minutes: number) => [trust(minutes * MINUTE), words(minutes * MINUTE)];
  expect(at(0)).toEqual(["live", "Live"]);
  expect(at(1.99)).toEqual(["live", "Live"]);
  expect(at(2)).toEqual(["ageing", "No newer figures: 2 minutes old"]);
  expect(at(10)).toEqual(["ageing", "No newer figures: 10 minutes old"]);
  expect(at(11)).toEqual(["stale", "11 minutes old: the order may be wrong"]);
  expect(at(31)[0]).toBe("gone");
  // A clock that is a little ahead makes nothing older than it is.
  expect(at(-1)).toEqual(["live", "Live"]);
});
