import { expect, test } from "vitest";
import { box, hasRoom, spread, within } from "./layout";

test("places at one point are moved apart and others stay", () => {
  const at = { x: 100, y: 100 };
  const moved = spread([at, at, at, { x: 300, y: 300 }], 14);
  expect(moved[0]).toEqual(at);
  expect(moved[3]).toEqual({ x: 300, y: 300 });
  for (const [n, a] of moved.entries())
    for (const b of moved.slice(n + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(28);
});

test("thirty places of a crowded town never cover each other, in whatever order they come", () => {
  const town = Array.from({ length: 30 }, (_, n) => ({ x: 178 + 7 * Math.sqrt(n) * Math.cos(2.4 * n), y: 140 + 7 * Math.sqrt(n) * Math.sin(2.4 * n) }));
  for (let order = 1; order < 300; order += 1) {
    const places = [...town].sort((a, b) => ((a.x * order) % 7) - ((b.x * order) % 7));
    const moved = spread(places, 14);
    for (const [n, a] of moved.entries())
      for (const b of moved.slice(n + 1)) expect(Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y))).toBeGreaterThan(28);
  }
});

test("a name has room where it covers nothing", () => {
  const at = (x: number) => box({ x, y: 0 }, 25, 6);
  expect(hasRoom(at(30), [at(0)])).toBe(false);
  expect(hasRoom(at(60), [at(0)])).toBe(true);
  expect(hasRoom(at(0), [])).toBe(true);
});

test("a point is within a hex or not", () => {
  const ring: [number, number][] = [[0, 0], [2, 0], [3, 1], [2, 2], [0, 2], [-1, 1], [0, 0]];
  expect(within(ring, [1, 1])).toBe(true);
  expect(within(ring, [2.9, 1.9])).toBe(false);
  expect(within(ring, [-3, 1])).toBe(false);
});
