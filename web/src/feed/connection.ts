// Connects, notices silence, comes back, and takes the next way when one is blocked.

import type { Message } from "../model/wire";
import { type Session, WAYS, type Way, backOffMs, nextWay } from "./session";
import { type Open, type Transport, openEvents, openPolling, openSocket } from "./transports";

const PING_MS = 15_000;
/** Nothing heard for this long: the connection is dead, even if no one said so. */
const SILENCE_MS = 35_000;
/** A connection that lasted this long resets the back-off. */
const STABLE_MS = 30_000;
/** A page hidden for this long gives its connection up. */
const HIDDEN_MS = 60_000;
/** After so long on another way the first is tried again. */
const FIRST_WAY_MS = 300_000;
/** Those who are told to come back at the same moment spread over this. */
const RETURN_SPREAD_MS = 500;
/** Close codes after which coming back is useless. */
const FINAL = new Set([4400, 4401, 4403]);

const OPEN: Record<Way, Open> = { socket: openSocket, events: openEvents, polling: openPolling };

export type State = "live" | "polling" | "lost";

export class Connection {
  private transport: Transport | undefined;
  private way: Way = WAYS[0];
  private failures = 0;
  /** Connections on this way that ended before anything was heard. */
  private unheard = 0;
  private hasHeard = false;
  private heardAt = 0;
  private openedAt = 0;
  private retry: number | undefined;
  private hiding: number | undefined;
  private isFinal = false;
  /** When the server that said goodbye wants us back, after so long. */
  private returnMs: number | undefined;

  constructor(
    private readonly session: Session,
    private readonly onState: (state: State) => void,
  ) {
    window.setInterval(() => this.watch(), PING_MS / 3);
    for (const event of ["online", "pageshow"]) window.addEventListener(event, () => this.afresh());
    document.addEventListener("resume", () => this.afresh());
    document.addEventListener("visibilitychange", () => this.onVisibility());
    this.connect();
  }

  /** The network or the page is back: whatever was blocked may no longer be. */
  private afresh(): void {
    this.watch();
    if (this.transport) return;
    this.use(WAYS[0]);
    this.connect();
  }

  private use(way: Way): void {
    this.way = way;
    this.unheard = 0;
  }

  private connect(): void {
    if (this.transport || this.isFinal || document.hidden) return;
    window.clearTimeout(this.retry);
    this.hasHeard = false;
    this.openedAt = this.heardAt = Date.now();
    const transport = OPEN[this.way](this.session.topics, {
      message: (message) => this.onMessage(message),
      gone: (code) => this.onGone(transport, code),
    });
    this.transport = transport;
  }

  private onMessage(message: Message): void {
    this.heardAt = Date.now();
    this.hasHeard = true;
    for (const answer of this.session.receive(message, this.heardAt)) this.transport?.send(answer);
    if (message.type === "bye") this.returnMs = message.retry_ms;
    this.onState(this.way === "polling" ? "polling" : "live");
  }

  private onGone(transport: Transport, code: number): void {
    if (this.transport !== transport) return;
    this.drop();
    this.onState("lost");
    this.isFinal = FINAL.has(code);
    if (this.isFinal) return;
    this.unheard = this.hasHeard ? 0 : this.unheard + 1;
    const way = nextWay(this.way, this.unheard);
    if (way !== this.way) this.use(way);
    this.failures = Date.now() - this.openedAt > STABLE_MS ? 0 : this.failures + 1;
    const pause =
      this.returnMs === undefined
        ? backOffMs(this.failures, Math.random())
        : this.returnMs + Math.random() * RETURN_SPREAD_MS;
    this.returnMs = undefined;
    this.retry = window.setTimeout(() => this.connect(), pause);
  }

  private drop(): void {
    const transport = this.transport;
    this.transport = undefined;
    transport?.close();
  }

  private watch(): void {
    const transport = this.transport;
    if (!transport) return;
    const now = Date.now();
    if (now - this.heardAt > SILENCE_MS) {
      // A silent connection may take minutes to close: let go of it at once.
      this.onGone(transport, 1006);
    } else if (this.way !== WAYS[0] && now - this.openedAt > FIRST_WAY_MS) {
      this.drop();
      this.afresh();
    } else if (now - this.heardAt > PING_MS) {
      transport.send({ type: "ping" });
    }
  }

  private onVisibility(): void {
    window.clearTimeout(this.hiding);
    if (document.hidden) {
      this.hiding = window.setTimeout(() => this.drop(), HIDDEN_MS);
    } else {
      // A device that slept may hold a connection that died meanwhile.
      this.watch();
      this.connect();
    }
  }
}
