// The WebSocket: connects, notices silence, comes back. It thinks nothing of what it carries.

import type { Message } from "../model/wire";
import { type Outgoing, type Session, backOffMs } from "./session";

const PING_MS = 15_000;
/** Nothing heard for this long: the connection is dead, even if no one said so. */
const SILENCE_MS = 35_000;
/** A connection that lasted this long resets the back-off. */
const STABLE_MS = 30_000;
/** A page hidden for this long gives its connection up. */
const HIDDEN_MS = 60_000;
/** Close codes after which coming back is useless. */
const FINAL = new Set([4400, 4401, 4403]);

export type State = "live" | "lost";

export class Connection {
  private socket: WebSocket | undefined;
  private failures = 0;
  private heardAt = 0;
  private openedAt = 0;
  private retry: number | undefined;
  private hiding: number | undefined;
  private isFinal = false;

  constructor(
    private readonly session: Session,
    private readonly onState: (state: State) => void,
  ) {
    window.setInterval(() => this.watch(), PING_MS / 3);
    window.addEventListener("online", () => this.connect());
    window.addEventListener("pageshow", () => this.connect());
    document.addEventListener("visibilitychange", () => this.onVisibility());
    this.connect();
  }

  private connect(): void {
    if (this.socket || this.isFinal || document.hidden) return;
    window.clearTimeout(this.retry);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/push`);
    this.socket = socket;
    this.openedAt = this.heardAt = Date.now();
    socket.onmessage = (event) => this.onMessage(String(event.data));
    socket.onclose = (event) => this.onClose(socket, event.code);
  }

  private onMessage(text: string): void {
    this.heardAt = Date.now();
    const answers = this.session.receive(JSON.parse(text) as Message, this.heardAt);
    for (const answer of answers) this.send(answer);
    this.onState("live");
  }

  private send(message: Outgoing): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private onClose(socket: WebSocket, code: number): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.onState("lost");
    this.isFinal = FINAL.has(code);
    if (this.isFinal) return;
    this.failures = Date.now() - this.openedAt > STABLE_MS ? 0 : this.failures + 1;
    this.retry = window.setTimeout(() => this.connect(), backOffMs(this.failures, Math.random()));
  }

  private watch(): void {
    const socket = this.socket;
    if (!socket) return;
    const silence = Date.now() - this.heardAt;
    if (silence > SILENCE_MS) {
      // A silent socket may take minutes to close: let go of it at once.
      this.onClose(socket, 1006);
      socket.close();
    } else if (silence > PING_MS) {
      this.send({ type: "ping" });
    }
  }

  private onVisibility(): void {
    window.clearTimeout(this.hiding);
    if (document.hidden) {
      this.hiding = window.setTimeout(() => this.socket?.close(), HIDDEN_MS);
    } else {
      this.connect();
    }
  }
}
