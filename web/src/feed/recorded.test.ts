// Whatever is lost, doubled or cut off, whoever comes back holds what the server holds. The messages are
// those of the real server: a test there writes the fixture.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Message } from "../model/wire";
import { type Outgoing, Session } from "./session";

type Frame = Extract<Message, { type: "snapshot" | "delta" }>;

interface Step {
  frames: Frame[];
  snapshots: Frame[];
}

const TOPICS = ["service:lri-ed", "service:llr-ooh"];
const file = new URL("../../../fixtures/push/story.ndjson", import.meta.url);
const lines = readFileSync(file, "utf8").trim().split("\n");
const story = lines.map((line) => JSON.parse(line) as Step);

/** Numbers below a bound, the same for the same seed. */
function dice(seed: number) {
  let state = seed * 2_654_435_761 + 1;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Answers as the server does: from the ring when it reaches back that far, else with a snapshot. */
class Server {
  private at = 0;
  private floor = 0;
  /** Another history counts from elsewhere. */
  private shift = 0;
  epoch = "e";

  get seq(): number {
    return (this.step.snapshots[0]?.seq ?? 0) + this.shift;
  }

  private get step(): Step {
    return story[this.at] ?? { frames: [], snapshots: [] };
  }

  next(): Message[] {
    this.at += 1;
    return this.step.frames.map((frame) => this.told(frame));
  }

  get isAtTheEnd(): boolean {
    return this.at === story.length - 1;
  }

  /** Its recent changes are forgotten; so is its history when it begins a new one. */
  restart(epoch: string): void {
    if (epoch !== this.epoch) this.shift -= 1_000;
    this.epoch = epoch;
    this.floor = this.seq;
  }

  hello(): Message {
    const server_time = "2026-11-23T10:00:00Z";
    return { type: "hello", proto: 1, epoch: this.epoch, seq: this.seq, server_time, heartbeat_s: 15 };
  }

  answer({ topics, since }: Outgoing): Message[] {
    const wanted = (frame: Frame) => topics?.includes(frame.topic);
    if (since?.epoch === this.epoch && since.seq >= this.floor) {
      const missed = story.slice(0, this.at + 1).flatMap((step) => step.frames);
      return missed.filter((f) => wanted(f) && f.seq + this.shift > since.seq).map((f) => this.told(f));
    }
    return this.step.snapshots.filter(wanted).map((frame) => this.told(frame));
  }

  told(frame: Frame): Message {
    return { ...structuredClone(frame), epoch: this.epoch, seq: frame.seq + this.shift };
  }

  contents(topic: string): unknown {
    return this.step.snapshots.find((frame) => frame.topic === topic)?.data;
  }
}

function hear(session: Session, server: Server, message: Message): void {
  for (const outgoing of session.receive(message, 0)) {
    for (const answer of server.answer(outgoing)) hear(session, server, answer);
  }
}

function play(seed: number): void {
  const roll = dice(seed);
  const held = new Map<string, ReadonlyMap<string, unknown>>();
  const session = new Session(TOPICS, (topic, values) => held.set(topic, values));
  const server = new Server();
  let isConnected = false;
  const connect = () => {
    isConnected = true;
    const message = server.hello();
    for (const outgoing of session.receive(message, 0)) {
      // A connection may be cut between two topics.
      if (roll(8) === 0) isConnected = false;
      if (!isConnected) return;
      for (const answer of server.answer(outgoing)) hear(session, server, answer);
    }
  };
  while (!server.isAtTheEnd) {
    for (const message of server.next()) {
      if (isConnected) hear(session, server, message);
      if (isConnected && roll(4) === 0) hear(session, server, message);
    }
    const chance = roll(10);
    if (chance < 3) isConnected = false;
    if (chance === 0) server.restart(roll(2) === 0 ? `e${seed}` : server.epoch);
    if (chance > 5 && !isConnected) connect();
  }
  do connect();
  while (!isConnected);
  for (const topic of TOPICS) {
    expect(Object.fromEntries(held.get(topic) ?? []), `seed ${seed}, ${topic}`).toEqual(server.contents(topic));
  }
}

it("ends up with what the server holds, whatever was lost, doubled or cut off", () => {
  expect(story.length).toBeGreaterThan(10);
  expect(story.flatMap((step) => step.frames).length).toBeGreaterThan(10);
  for (let seed = 1; seed <= 500; seed += 1) play(seed);
});

it("asks for a snapshot when a change comes of something it does not hold", () => {
  const server = new Server();
  const session = new Session(TOPICS, () => undefined);
  const [change] = server.next();
  expect(change && session.receive(change, 0)).toEqual([{ type: "subscribe", topics: [TOPICS[0]] }]);
});
