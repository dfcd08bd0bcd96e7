// The line that says whether the figures are live, and the polite announcements.

import type { State } from "../feed/connection";

const ANNOUNCE_EVERY_MS = 60_000;

const WORDS: Record<State, string> = {
  live: "Live: figures change on this page as news arrives.",
  polling: "Figures on this page are fetched every 30 seconds.",
  lost: "Connection lost: the figures may be old. Trying again.",
};

export class LiveStatus {
  private readonly line = document.querySelector<HTMLElement>("[data-live]");
  private readonly text = document.querySelector<HTMLElement>("[data-live-text]");
  private readonly announcer = document.querySelector<HTMLElement>("[data-announce]");
  private readonly waiting = new Set<string>();
  private announcedAt = Date.now();

  show(state: State, more = ""): void {
    if (!this.line || !this.text) return;
    this.line.hidden = false;
    this.line.classList.toggle("app-live--lost", state === "lost");
    const words = more ? `${WORDS[state]} ${more}` : WORDS[state];
    if (this.text.textContent !== words) this.text.textContent = words;
  }

  /** Collects what changed and says it at most once a minute. */
  changed(name: string): void {
    this.waiting.add(name);
    if (!this.announcer || Date.now() - this.announcedAt < ANNOUNCE_EVERY_MS) return;
    const count = this.waiting.size;
    this.announcer.textContent = count === 1 ? "1 wait updated." : `${count} waits updated.`;
    this.waiting.clear();
    this.announcedAt = Date.now();
  }
}
