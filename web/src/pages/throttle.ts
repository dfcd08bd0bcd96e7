// Paints at most once a second, however fast news comes: nobody reads faster, and a phone can rest.

import type { Listener } from "../feed/session";

const PAINT_EVERY_MS = 1_000;

type Paint = (values: ReadonlyMap<string, unknown>, changed: ReadonlySet<string>) => void;

export class Throttle {
  private readonly waiting = new Set<string>();
  private values: ReadonlyMap<string, unknown> = new Map();
  private paintedAt = -PAINT_EVERY_MS;
  private timer: number | undefined;

  constructor(private readonly paint: Paint) {}

  /** Hears of a change; the first is painted at once. */
  readonly changed: Listener = (_topic, values, changed) => {
    this.values = values;
    for (const key of changed) this.waiting.add(key);
    if (this.timer !== undefined) return;
    const pause = Math.max(0, this.paintedAt + PAINT_EVERY_MS - performance.now());
    this.timer = window.setTimeout(() => this.now(), pause);
  };

  private now(): void {
    this.timer = undefined;
    this.paintedAt = performance.now();
    const changed = new Set(this.waiting);
    this.waiting.clear();
    this.paint(this.values, changed);
  }
}
