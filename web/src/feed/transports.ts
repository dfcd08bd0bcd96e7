// Three ways to hear the server: WebSocket, server-sent events where that is blocked, asking now and then
// where both are. Each hands on messages and says when it is gone; none thinks of what it carries.

import type { Message, Values } from "../model/wire";
import type { Outgoing } from "./session";

export interface TransportEvents {
  message(message: Message): void;
  /** It is over; the code is a WebSocket close code. */
  gone(code: number): void;
}

export interface Transport {
  send(message: Outgoing): void;
  close(): void;
}

export type Open = (topics: readonly string[], hears: TransportEvents) => Transport;

// What cannot be read was broken on its way, and so is the connection.
function read(event: MessageEvent, hears: TransportEvents): void {
  let message: Message;
  try {
    message = JSON.parse(String(event.data)) as Message;
  } catch {
    hears.gone(LOST);
    return;
  }
  hears.message(message);
}

/** How often the state is asked for where nothing can be pushed. */
export const POLL_MS = 30_000;
const LOST = 1006;

export const openSocket: Open = (_topics, hears) => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/api/v1/push`);
  socket.onmessage = (event) => read(event, hears);
  socket.onclose = (event) => hears.gone(event.code);
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close: () => socket.close(),
  };
};

/** The browser comes back by itself and says how far it had read; only a refusal ends it. */
export const openEvents: Open = (topics, hears) => {
  const source = new EventSource(`/api/v1/push/sse?topics=${topics.map(encodeURIComponent).join(",")}`);
  source.onmessage = (event) => read(event, hears);
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) hears.gone(LOST);
  };
  return { send: () => undefined, close: () => source.close() };
};

interface State {
  epoch: string;
  seq: number;
  as_of: string;
  topics: Record<string, Values>;
}

export const openPolling: Open = (topics, hears) => {
  let tag: string | undefined;
  const ask = async () => {
    const answer = await fetch("/api/v1/state", tag ? { headers: { "If-None-Match": tag } } : {});
    if (!answer.ok && answer.status !== 304) throw new Error(`state: ${answer.status}`);
    tag = answer.headers.get("ETag") ?? undefined;
    const date = answer.headers.get("Date");
    if (date) hears.message({ type: "heartbeat", seq: 0, server_time: date });
    if (answer.status === 304) return;
    const { epoch, seq, as_of, topics: all } = (await answer.json()) as State;
    for (const topic of topics) {
      const data = all[topic];
      if (data) hears.message({ type: "snapshot", topic, epoch, seq, as_of, data });
    }
  };
  const askOrGo = () => ask().catch(() => hears.gone(LOST));
  const timer = window.setInterval(() => void askOrGo(), POLL_MS);
  void askOrGo();
  return { send: () => undefined, close: () => window.clearInterval(timer) };
};
