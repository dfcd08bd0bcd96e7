import { describe, expect, it } from "vitest";
import cases from "../../../fixtures/words.json";
import { about, card, duration, gain, people, tag, total, usual, usually, when, within } from "./words";

describe("the words are those that the server says", () => {
  it.each(cases.waits)("for a wait of $minutes minutes", (c) => {
    expect(about(c.minutes)).toBe(c.about);
    expect(within(c.minutes)).toBe(c.within);
    expect(usually(c.minutes)).toBe(c.usually);
    expect(tag(c.minutes).word).toBe(c.tag);
    expect(duration(c.minutes)).toBe(c.duration);
  });
  it.each(cases.times)("for a time: $when", (c) => {
    expect(when(new Date(c.at), new Date(c.now))).toBe(c.when);
  });
  it.each(cases.totals)("for $away minutes away and a wait of $wait", (c) => {
    expect(total(c.away, c.wait)).toBe(c.words);
    expect(total(c.away, undefined)).toBeUndefined();
  });
  it.each(cases.gains)("for $minutes minutes gained", (c) => {
    expect(gain(c.minutes)).toBe(c.words);
  });
  it.each(cases.people)("for $count people", (c) => {
    expect(people(c.count)).toBe(c.words);
  });
});

describe("a card", () => {
  const now = new Date("2026-11-23T10:00:00Z");
  const as_of = "2026-11-23T09:58:00+00:00";

  it("says why there is no figure and never says zero", () => {
    const words = card({ wait: { unit: "min", age: "withheld", reason: "silent_feed", as_of } }, true, now);
    expect(words.wait).toContain("stopped sending");
    expect(words.tag).toBeUndefined();
    expect(words.queue).toBeUndefined();
  });

  it("says what is usual only where a live figure should be", () => {
    const state = { open: { state: "open" as const }, usual_wait: { value: 40 } };
    const withheld = (reason: string) => ({ unit: "min", age: "withheld" as const, reason, as_of });
    expect(usual(state, withheld("silent_feed"))).toContain("Usually about 40 minutes");
    expect(usual(state, withheld("closed"))).toBeUndefined();
    expect(usual(state, { unit: "min", age: "fresh", value: 30, as_of })).toBeUndefined();
    expect(usual({ open: state.open }, withheld("too_few"))).toBeUndefined();
  });

  it("says how old a late figure is", () => {
    const heard = "2026-11-23T09:42:00+00:00";
    const words = card({ wait: { unit: "min", age: "late", value: 95, heard, as_of } }, true, now);
    expect(words.age).toBe("Last heard at 9:42am, 18 minutes ago: this may have changed.");
    expect(words.isLate).toBe(true);
  });
});
