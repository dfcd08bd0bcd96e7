// How old the picture is, and what may still be shown of it (by the server's clock, never by this device's).

/** How far a picture can be trusted. */
export type Trust = "live" | "ageing" | "stale" | "gone";

const MINUTE = 60_000;

/** Live under 2 minutes; up to 10 ageing; then the order may be wrong; after 30 only drives and what a place can do. */
export function trust(age: number): Trust {
  if (age < 2 * MINUTE) return "live";
  if (age <= 10 * MINUTE) return "ageing";
  return age <= 30 * MINUTE ? "stale" : "gone";
}

/** What is said of it. */
export function words(age: number): string {
  const minutes = Math.floor(age / MINUTE);
  const old = minutes === 1 ? "1 minute old" : `${minutes} minutes old`;
  switch (trust(age)) {
    case "live":
      return "Live";
    case "ageing":
      return `No newer figures: ${old}`;
    case "stale":
      return `${old}: the order may be wrong`;
    case "gone":
      return `${old}: waits are not shown. Drives and places only`;
  }
}
