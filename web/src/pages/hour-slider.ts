// The hour that the map of demand is of: a slider into the past, and the words and the table of each hour, which the
// server writes.

/** Everybody hears of a new hour at once; they ask for its table spread over so long, milliseconds. */
const SPREAD_MS = 20_000;

export class Hours {
  private readonly slider = document.querySelector<HTMLInputElement>("[data-ago]");
  private asked = 0;
  private timer: number | undefined;

  /** `came` is told when other words are there, `lost` when they cannot be had. */
  constructor(
    private readonly came: () => void,
    private readonly lost: () => void,
  ) {
    this.slider?.addEventListener("input", () => this.say());
    this.slider?.addEventListener("change", () => void this.ask());
    this.say();
  }

  /** Whether the map is of the last hours, not of earlier ones. */
  get isNow(): boolean {
    return (this.slider?.value ?? "0") === "0";
  }

  /** Asks for the newest words, not at once. */
  later(): void {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      if (this.isNow) void this.ask();
    }, Math.random() * SPREAD_MS);
  }

  private say(): void {
    const hours = Number(this.slider?.value ?? 0);
    const words = hours === 0 ? "lately" : hours === 1 ? "1 hour ago" : `${hours} hours ago`;
    const line = document.querySelector("[data-ago-said]");
    if (line) line.textContent = words;
    this.slider?.setAttribute("aria-valuetext", words);
  }

  private async ask(): Promise<void> {
    const form = this.slider?.form;
    if (!form) return;
    const fields = new FormData(form);
    const address = `/map?${new URLSearchParams([...fields].map(([name, value]) => [name, String(value)]))}`;
    this.asked += 1;
    const turn = this.asked;
    const page = await fetch(address)
      .then((answer) => (answer.ok ? answer.text() : undefined))
      .catch(() => undefined);
    // Somebody who moves on quickly wants the last hour they stopped at.
    if (turn !== this.asked) return;
    if (page === undefined) return this.lost();
    history.replaceState(null, "", address);
    const fresh = new DOMParser().parseFromString(page, "text/html");
    for (const part of document.querySelectorAll<HTMLElement>("[data-swap]")) {
      const other = fresh.querySelector(`[data-swap="${part.dataset.swap}"]`);
      if (other) part.replaceWith(document.importNode(other, true));
    }
    this.came();
  }
}
