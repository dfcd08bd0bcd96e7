// Figures in plain words: the same words as the server's, held together by fixtures/words.json.

import type { Figure, ServiceState } from "./wire";

const ROUND_MINUTES = 5;

export function duration(minutes: number): string {
  const part = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return part(rest, "minute");
  return rest === 0 ? part(hours, "hour") : `${part(hours, "hour")} ${part(rest, "minute")}`;
}

export function about(minutes: number): string {
  if (minutes < ROUND_MINUTES) return "Less than 5 minutes";
  return `About ${duration(Math.floor((minutes + 2) / ROUND_MINUTES) * ROUND_MINUTES)}`;
}

export function within(minutes: number): string {
  return duration(Math.max(ROUND_MINUTES, Math.ceil(minutes / ROUND_MINUTES) * ROUND_MINUTES));
}

export function usually(minutes: number): string {
  const words = about(minutes);
  return `Usually ${words.charAt(0).toLowerCase()}${words.slice(1)} at this time of day. This is not a live figure.`;
}

/** What is usual, where a live figure should be and is not. */
export function usual(state: ServiceState, wait: Figure | undefined): string | undefined {
  const reason = wait?.age === "withheld" ? wait.reason : undefined;
  if (reason === undefined || reason === "closed" || reason === "no_feed") return undefined;
  return state.usual_wait && usually(state.usual_wait.value);
}

/** What is gained by the best place against the nearest; null where the nearest one's wait is not known. */
export function gain(minutes: number | null): string {
  if (minutes === null) return "The nearest open place has no live wait";
  if (minutes < ROUND_MINUTES) return "It is the nearest, or as soon";
  return `${about(minutes)} sooner than at the nearest`;
}

export type Tag = { word: string; colour: string };

export function tag(minutes: number): Tag {
  if (minutes < 60) return { word: "Short", colour: "green" };
  if (minutes < 120) return { word: "Moderate", colour: "yellow" };
  if (minutes < 240) return { word: "Long", colour: "orange" };
  return { word: "Very long", colour: "red" };
}

export function people(count: number): string {
  return count === 1 ? "1 person" : `${count} people`;
}

/** Why there is no value; the server's words for each reason. */
const WITHHELD: Record<string, string> = {
  silent_feed: "No live data: this service has stopped sending updates",
  no_feed: "No live data for this service",
  too_few: "Not enough recent patients to say",
  implausible: "No live data: the figure received cannot be right",
  catching_up: "No live data for a moment: this service is sending held-back updates",
  closed: "Closed now",
};

export function withheld(reason: string | undefined): string {
  return WITHHELD[reason ?? ""] ?? "No live data";
}

// The zone is London's whatever the reader's clock says.
const PARTS = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", weekday: "long" });
const DATE = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London",
  day: "numeric",
  month: "long",
});

function london(at: Date): { day: number; hour: number; minute: number } {
  const parts = Object.fromEntries(PARTS.formatToParts(at).map((p) => [p.type, Number(p.value)]));
  const day = Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day ?? 1) / 86_400_000;
  return { day, hour: parts.hour ?? 0, minute: parts.minute ?? 0 };
}

export function clock(at: Date): string {
  const { hour, minute } = london(at);
  if (minute === 0 && hour === 0) return "midnight";
  if (minute === 0 && hour === 12) return "midday";
  const half = hour < 12 ? "am" : "pm";
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  return minute === 0 ? `${twelve}${half}` : `${twelve}:${String(minute).padStart(2, "0")}${half}`;
}

export function when(at: Date, now: Date): string {
  const days = london(at).day - london(now).day;
  const time = clock(at);
  if (days === 0) return time;
  if (days === 1) return `${time} tomorrow`;
  if (days > 1 && days < 7) return `${time} on ${WEEKDAY.format(at)}`;
  return `${time} on ${DATE.format(at)}`;
}

export function opening(state: ServiceState, now: Date): string {
  if (state.closure) {
    const next = state.closure.next_update_at;
    return next ? `Closed. Next update at ${when(new Date(next), now)}.` : "Closed until further notice.";
  }
  const { state: open, until, opens } = state.open;
  if (open === "open") return until ? `Open until ${when(new Date(until), now)}.` : "Open 24 hours.";
  return opens ? `Closed now. Opens at ${when(new Date(opens), now)}.` : "Closed now.";
}

/** The opening words, without "Closed now" where the headline has said so. */
export function openingShort(state: ServiceState, wait: Figure | undefined, now: Date): string {
  const words = opening(state, now);
  return wait?.reason === "closed" ? words.replace("Closed now. ", "") : words;
}

/** Travel and wait together. */
export function total(away: number, wait: number | undefined): string | undefined {
  if (wait === undefined) return undefined;
  return `${about(away + wait)} in all, with ${duration(away)} by car.`;
}

export function isOpen(state: ServiceState | undefined): boolean {
  return state?.open.state === "open" && !state.closure;
}

/** The sentences of one card, from its figures. */
export interface CardWords {
  wait: string;
  tag: Tag | undefined;
  range: string | undefined;
  queue: string | undefined;
  age: string;
  isLate: boolean;
}

export function card(readings: Record<string, Figure>, isOpen: boolean, now: Date): CardWords {
  const wait = readings.wait;
  const value = wait?.value;
  const high = wait?.high;
  return {
    wait: value === undefined ? withheld(wait?.reason) : about(value),
    tag: value === undefined ? undefined : tag(value),
    range: high === undefined ? undefined : `9 in 10 people are seen within ${within(high)}.`,
    queue: queue(readings.waiting?.value, readings.longest_wait?.value, isOpen),
    age: age(wait, now),
    isLate: wait?.age === "late",
  };
}

function queue(
  waiting: number | undefined,
  longest: number | undefined,
  isOpen: boolean,
): string | undefined {
  if (waiting === undefined) return undefined;
  if (waiting === 0) return isOpen ? "Nobody is waiting to be seen." : undefined;
  const count = `${people(waiting)} waiting to be seen.`;
  if (longest === undefined) return count;
  return `${count} The longest wait so far is ${longest === 0 ? "under a minute" : duration(longest)}.`;
}

function age(wait: Figure | undefined, now: Date): string {
  if (wait === undefined) return "";
  if (wait.age === "late" && wait.heard) {
    const heard = new Date(wait.heard);
    const minutes = Math.max(0, Math.floor((now.getTime() - heard.getTime()) / 60_000));
    return `Last heard at ${clock(heard)}, ${duration(minutes)} ago: this may have changed.`;
  }
  const at = clock(new Date(wait.as_of));
  return wait.age === "withheld" ? `Checked at ${at}.` : `Updated at ${at}.`;
}

export function figure(reading: Figure): string {
  if (reading.value === undefined) return withheld(reading.reason);
  const value = reading.value;
  const words =
    reading.unit === "min" ? duration(value)
    : reading.unit === "people" ? people(value)
    : reading.unit === "%" ? `${value}%`
    : String(value);
  if (reading.age !== "late" || !reading.heard) return words;
  return `${words} (last heard ${clock(new Date(reading.heard))})`;
}
