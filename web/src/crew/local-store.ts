// What the page keeps on this device: its last answer, what is not sent yet, the call sign. Nothing of a patient.

import type { OutboxStorage } from "./outbox";

/** The last answer as it was shown. */
export interface SavedAnswer {
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

/** A answer older than a shift is of nobody any more, milliseconds. */
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

export const outboxStorage: OutboxStorage = { read: () => read("outbox"), write: (text) => write("outbox", text) };

export function saveAnswer(answer: SavedAnswer): void {
  write("picture", JSON.stringify(answer));
}

export function savedAnswer(now: number): SavedAnswer | undefined {
  try {
    const answer = JSON.parse(read("picture") ?? "null") as SavedAnswer | null;
    return answer && now - answer.came < KEPT ? answer : undefined;
  } catch {
    return undefined;
  }
}

export const vehicle = { read: () => read("vehicle") ?? "", write: (text: string) => write("vehicle", text) };
export const theme = { read: () => read("theme") ?? "", write: (text: string) => write("theme", text) };

export function dropAnswer(): void {
  write("picture", "null");
}

/** Whoever signs out leaves nothing behind, but for what the server has not heard yet. */
export function leave(): void {
  dropAnswer();
  write("vehicle", "");
}

/** How old a answer is now; a clock that was set back tells nothing. */
export function ageOf(answer: SavedAnswer, now: number): number {
  const since = now - answer.came;
  return since < -5_000 ? Number.POSITIVE_INFINITY : answer.age + Math.max(0, since);
}
