// How long a slot is still held, beside the words that the page has without a script: said aloud at the start and
// when half a minute is left, and never more often.

const SOON_MS = 30_000;

export function remaining(untilMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));
  if (seconds === 0) return "The time is up: it is not held for you any more. You may still get it.";
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, "0");
  return `Held for you: ${minutes}:${rest} left.`;
}

export function countDown(line: HTMLElement, said: HTMLElement | null): void {
  // The page was made by the server at this moment, whatever this machine's clock says.
  const served = Number(line.dataset.now);
  const skew = Number.isNaN(served) ? 0 : Date.now() - served;
  const until = Number(line.dataset.held) + skew;
  let warned = false;
  const show = (): void => {
    const now = Date.now();
    line.textContent = remaining(until, now);
    if (!warned && until - now <= SOON_MS) {
      warned = true;
      if (said) said.textContent = "30 seconds left to book this time.";
    }
    if (now >= until) clearInterval(timer);
  };
  const timer = setInterval(show, 1_000);
  if (said) said.textContent = remaining(until, Date.now());
  show();
}
