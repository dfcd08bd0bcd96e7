// From a figure to a class and its words: the same as the server's.

import { about, gain, people } from "../model/words";

/** 1 to 5 from the least to the most; not known; spread too thin, or nothing there. */
export type Class = 1 | 2 | 3 | 4 | 5 | "unknown" | "none";

/** What one hex shows. */
export interface Shown {
  class: Class;
  words: string;
}

/** Service, minutes, minutes gained against the nearest; null is not known. */
export type Best = [string, number | null, number | null];

export function classOf(cuts: readonly number[], figure: number): Class {
  return (1 + cuts.filter((from) => figure >= from).length) as Class;
}

/** Square miles of a hex, by its level. */
const SQUARE_MILES: Record<number, number> = { 4: 683.5, 5: 97.6, 6: 13.95, 7: 1.99, 8: 0.285 };

/** The level of a hex, which is the second letter of its name. */
export function level(cell: string): number {
  return Number.parseInt(cell.charAt(1), 16);
}

/** So many people of a hex over so many hours. */
export function showPeople(cuts: readonly number[], cell: string, count: number, hours: number): Shown {
  const miles = SQUARE_MILES[level(cell)] ?? SQUARE_MILES[7] ?? 1;
  const density = (count * 10) / miles / hours;
  const within = `in ${Math.max(1, Math.round(miles))} square miles`;
  return {
    class: density < 1 ? "none" : classOf(cuts, density),
    words: `${people(count)} asked for care ${within}.`,
  };
}

export const NOT_KNOWN = "Not known: no live wait";
export const NOWHERE = "No place is open then";

export function showCare(
  cuts: readonly number[],
  best: Best | undefined,
  until: string,
  nameOf: (service: string) => string,
): Shown {
  if (!best) return { class: "none", words: `${NOWHERE}.` };
  const [service, minutes, gained] = best;
  if (minutes === null) return { class: "unknown", words: `${NOT_KNOWN}. The nearest open place is ${nameOf(service)}.` };
  const words = `${about(minutes)} until ${until} at ${nameOf(service)}. ${gain(gained)}.`;
  return { class: classOf(cuts, minutes), words };
}
