import { describe, expect, it } from "vitest";
import type { Message } from "../model/wire";
import { Session, backOffMs, nextWay } from "./session";

const hello = (epoch: string, seq: number): Message => ({
  type: "hello", proto: 1, epoch, seq, server_time: "2026-11-23T10:00:00Z", heartbeat_s: 15,
});
const as_of = "2026-11-23T10:00:00Z";
const snapshot = (epoch: string, seq: number, data: Record<string, unknown>): Message => ({
  type: "snapshot", topic: "waits", epoch, seq, as_of, data,
});
const delta = (seq: number, set: Record<string, unknown>, unset: string[] = []): Message => ({
  type: "delta", topic: "waits", epoch: "e", seq, as_of, data: { set, unset },
});

function started() {
  let held: ReadonlyMap<string, unknown> = new Map();
  const session = new Session(["waits"], (_topic, values) => (held = values));
  return { session, held: () => Object.fromEntries(held) };
}

describe("a session", () => {
  it("asks for a snapshot first and for what it missed later", () => {
    const { session } = started();
    expect(session.receive(hello("e", 4), 0)).toEqual([{ type: "subscribe", topics: ["waits"] }]);
    session.receive(snapshot("e", 4, { a: 1 }), 0);
    session.receive(delta(7, { a: 2 }), 0);
    expect(session.receive(hello("e", 9), 0)).toEqual([
      { type: "subscribe", topics: ["waits"], since: { epoch: "e", seq: 7 } },
    ]);
  });

  it("starts over when the history is another", () => {
    const { session } = started();
    session.receive(hello("e", 4), 0);
    session.receive(snapshot("e", 4, {}), 0);
    expect(session.receive(hello("f", 1), 0)).toEqual([{ type: "subscribe", topics: ["waits"] }]);
  });

  it("applies changes once and forgets what is gone", () => {
    const { session, held } = started();
    session.receive(snapshot("e", 4, { a: 1, b: 1 }), 0);
    session.receive(delta(5, { a: 2, c: 3 }, ["b"]), 0);
    session.receive(delta(5, { a: 99 }), 0);
    session.receive(delta(3, { a: 99 }), 0);
    expect(held()).toEqual({ a: 2, c: 3 });
  });

  it("keeps the server's time, not the device's", () => {
    const { session } = started();
    session.receive(hello("e", 1), 0);
    expect(session.serverNow(60_000).toISOString()).toBe("2026-11-23T10:01:00.000Z");
  });
});

it("waits longer after each failure, but never more than half a minute", () => {
  expect(backOffMs(0, 1)).toBe(500);
  expect(backOffMs(3, 1)).toBe(4_000);
  expect(backOffMs(30, 1)).toBe(30_000);
  expect(backOffMs(3, 0)).toBe(0);
});

it("takes the next way when nothing is heard on one, and the first again after the last", () => {
  expect(nextWay("socket", 2)).toBe("socket");
  expect(nextWay("socket", 3)).toBe("events");
  expect(nextWay("events", 3)).toBe("polling");
  expect(nextWay("polling", 3)).toBe("socket");
});
