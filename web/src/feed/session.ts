// The client's side of the push protocol, without I/O: messages in, contents and next steps out.

import type { Message, Values } from "../model/wire";

interface TopicState {
  seq: number;
  values: Map<string, unknown>;
}

export interface Outgoing {
  type: "subscribe" | "ping";
  topics?: string[];
  since?: { epoch: string; seq: number };
}

export type Listener = (topic: string, values: ReadonlyMap<string, unknown>, changed: string[]) => void;

/** Holds the contents of each topic and says what to send. */
export class Session {
  private epoch: string | undefined;
  private readonly held = new Map<string, TopicState>();
  private skewMs = 0;

  constructor(
    readonly topics: readonly string[],
    private readonly onChange: Listener,
  ) {}

  /** The server's time now, whatever this device's clock says. */
  serverNow(deviceNow: number): Date {
    return new Date(deviceNow + this.skewMs);
  }

  /** Takes a message; returns what to send in answer. */
  receive(message: Message, deviceNow: number): Outgoing[] {
    switch (message.type) {
      case "hello":
        this.setTime(message.server_time, deviceNow);
        return this.subscribe(message.epoch);
      case "snapshot":
        this.epoch = message.epoch;
        this.replace(message.topic, message.seq, message.data);
        return [];
      case "delta":
        return this.apply(message.topic, message.seq, message.data.set, message.data.unset);
      case "heartbeat":
      case "pong":
        this.setTime(message.server_time, deviceNow);
        return [];
      case "bye":
      case "error":
        return [];
    }
  }

  // Each topic is asked for from where it stands: a connection may be cut between two of them.
  private subscribe(epoch: string): Outgoing[] {
    const same = epoch === this.epoch;
    return this.topics.map((topic) => {
      const held = same ? this.held.get(topic) : undefined;
      const request: Outgoing = { type: "subscribe", topics: [topic] };
      return held ? { ...request, since: { epoch, seq: held.seq } } : request;
    });
  }

  private replace(topic: string, seq: number, data: Values): void {
    const old = this.held.get(topic)?.values ?? new Map<string, unknown>();
    const values = new Map(Object.entries(data));
    this.held.set(topic, { seq, values });
    this.onChange(topic, values, [...new Set([...old.keys(), ...values.keys()])]);
  }

  // A change of what is not held means that something was lost on the way: begin with a snapshot.
  private apply(topic: string, seq: number, set: Values, unset: string[]): Outgoing[] {
    const held = this.held.get(topic);
    if (!held) return this.topics.includes(topic) ? [{ type: "subscribe", topics: [topic] }] : [];
    if (seq <= held.seq) return [];
    held.seq = seq;
    for (const [key, value] of Object.entries(set)) held.values.set(key, value);
    for (const key of unset) held.values.delete(key);
    this.onChange(topic, held.values, [...Object.keys(set), ...unset]);
    return [];
  }

  private setTime(serverTime: string, deviceNow: number): void {
    this.skewMs = new Date(serverTime).getTime() - deviceNow;
  }
}

/** The ways to hear the server, the best first. */
export const WAYS = ["socket", "events", "polling"] as const;
export type Way = (typeof WAYS)[number];
/** Tries of one way, nothing heard on any, before the next is taken. */
const TRIES = 3;

/** The way to try next; after the last the first again. */
export function nextWay(way: Way, unheard: number): Way {
  if (unheard < TRIES) return way;
  return WAYS[(WAYS.indexOf(way) + 1) % WAYS.length] ?? WAYS[0];
}

/** How long to wait before the next try: anything up to half a second doubled each time, 30 s at most. */
export function backOffMs(failures: number, random: number): number {
  return random * Math.min(30_000, 500 * 2 ** failures);
}
