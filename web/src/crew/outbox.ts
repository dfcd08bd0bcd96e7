// What a crew told while there was no signal: kept until the server has it. Each message has a key of its own, so
// that one that is sent twice counts once.

/** One message: the fields of the form, and when it was told by this device's clock. */
export interface Message {
  fields: Record<string, string>;
  told: number;
}

/** What became of an attempt. */
export type Sent = "taken" | "later" | "refused" | "signed_out";

/** Longest age that the server takes, milliseconds; after it the journey is over. */
export const OLDEST = 4 * 3_600_000;

/** Where messages are kept from one opening of the page to the next. */
export interface OutboxStorage {
  read(): string | null;
  write(text: string): void;
}

export class Outbox {
  constructor(
    private readonly storage: OutboxStorage,
    private readonly send: (fields: Record<string, string>) => Promise<Sent>,
    private readonly now: () => number,
  ) {}

  /** Not sent yet, oldest first. */
  get waiting(): Message[] {
    try {
      const kept: unknown = JSON.parse(this.storage.read() ?? "[]");
      return Array.isArray(kept) ? (kept as Message[]) : [];
    } catch {
      return [];
    }
  }

  /** Takes a message; it is kept before it is sent. */
  put(fields: Record<string, string>): void {
    this.keep([...this.waiting, { fields, told: this.now() }]);
  }

  private flushing: Promise<void> | undefined;

  /** Sends what waits, in order; stops at the first that cannot be sent. `heard` is told of each that ended. */
  flush(heard: (message: Message, sent: Sent) => void): Promise<void> {
    this.flushing ??= this.run(heard).finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  private async run(heard: (message: Message, sent: Sent) => void): Promise<void> {
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      const age = Math.max(0, this.now() - first.told);
      const ago = String(Math.round(age / 1_000));
      const sent = age > OLDEST ? "refused" : await this.send({ ...first.fields, ago });
      heard(first, sent);
      if (sent === "later" || sent === "signed_out") return;
      const { key } = first.fields;
      this.keep(this.waiting.filter((message) => message.fields.key !== key));
    }
  }

  private keep(messages: Message[]): void {
    this.storage.write(JSON.stringify(messages));
  }
}
