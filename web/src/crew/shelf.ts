// What the page keeps on this device: its last picture, what is not sent yet, the call sign. Nothing of a patient.

import type { Shelf } from "./outbox";

/** The last answer as it was shown. */
export interface Picture {
  html: string;
  /** Its age when it came, by the server's clock, milliseconds. */
  age: number;
  /** When it came, by this device's clock. */
  came: number;
  /** What was asked. */
  fields: Record<string, string>;
  /** Where the crew set off for. */
  chosen?: { service: string; words: string } | undefined;
}

/** A picture older than a shift is of nobody any more, milliseconds. */
const KEPT = 12 * 3_600_000;
const PREFIX = "crew.";

function read(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // Storage is switched off: the page works, and keeps nothing.
  }
}

function write(name: string, text: string): void {
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    // Full or switched off: see above.
  }
}

export const outboxShelf: Shelf = { read: () => read("outbox"), write: (text) => write("outbox", text) };

export function keepPicture(picture: Picture): void {
  write("picture", JSON.stringify(picture));
}

export function keptPicture(now: number): Picture | undefined {
  try {
    const picture = JSON.parse(read("picture") ?? "null") as Picture | null;
    return picture && now - picture.came < KEPT ? picture : undefined;
  } catch {
    return undefined;
  }
}

export const vehicle = { read: () => read("vehicle") ?? "", write: (text: string) => write("vehicle", text) };
export const theme = { read: () => read("theme") ?? "", write: (text: string) => write("theme", text) };

export function dropPicture(): void {
  write("picture", "null");
}

/** Whoever signs out leaves nothing behind, but for what the server has not heard yet. */
export function leave(): void {
  dropPicture();
  write("vehicle", "");
}

/** How old a picture is now; a clock that was set back tells nothing. */
export function ageOf(picture: Picture, now: number): number {
  const since = now - picture.came;
  return since < -5_000 ? Number.POSITIVE_INFINITY : picture.age + Math.max(0, since);
}
