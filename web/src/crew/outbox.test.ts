import { describe, expect, it } from "vitest";
import { type Message, OLDEST, Outbox, type Sent } from "./outbox";

function outbox(answers: Sent[]) {
  let kept: string | null = null;
  const sent: Record<string, string>[] = [];
  const clock = { now: 1_000_000 };
  const storage = { read: () => kept, write: (text: string) => void (kept = text) };
  const send = async (fields: Record<string, string>) => {
    sent.push(fields);
    return answers.shift() ?? "later";
  };
  const make = () => new Outbox(storage, send, () => clock.now);
  const heard: [string | undefined, Sent][] = [];
  const hear = (message: Message, word: Sent) => void heard.push([message.fields.key, word]);
  return { make, sent, clock, heard, hear, spoil: () => (kept = "{") };
}

describe("what a crew told without signal", () => {
  it("is kept over a restart and sent in order, with its age", async () => {
    const { make, sent, clock, heard, hear } = outbox(["later", "taken", "taken"]);
    make().put({ key: "a", service: "lri-ed" });
    await make().flush(hear);
    make().put({ key: "b", service: "gh-cdu" });
    clock.now += 90_000;
    await make().flush(hear);
    expect(sent.map((fields) => [fields.key, fields.ago])).toEqual([["a", "0"], ["a", "90"], ["b", "90"]]);
    expect(heard).toEqual([["a", "later"], ["a", "taken"], ["b", "taken"]]);
    expect(make().waiting).toEqual([]);
  });

  it("is let go when the server refuses it or the journey is long over, and said so", async () => {
    const { make, sent, clock, heard, hear } = outbox(["refused", "taken"]);
    make().put({ key: "a" });
    await make().flush(hear);
    make().put({ key: "b" });
    clock.now += OLDEST + 1;
    await make().flush(hear);
    expect(sent).toHaveLength(1);
    expect(heard).toEqual([["a", "refused"], ["b", "refused"]]);
    expect(make().waiting).toEqual([]);
  });

  it("waits for the crew to sign in again", async () => {
    const { make, heard, hear } = outbox(["signed_out", "taken"]);
    make().put({ key: "a" });
    await make().flush(hear);
    expect(make().waiting).toHaveLength(1);
    await make().flush(hear);
    expect(heard).toEqual([["a", "signed_out"], ["a", "taken"]]);
  });

  it("is not sent twice by two at once, and one put meanwhile is not lost", async () => {
    const { make, sent, hear } = outbox(["taken", "taken"]);
    const one = make();
    one.put({ key: "a" });
    const first = one.flush(hear);
    one.put({ key: "b" });
    await Promise.all([first, one.flush(hear)]);
    expect(sent.map((fields) => fields.key)).toEqual(["a", "b"]);
    expect(one.waiting).toEqual([]);
  });

  it("begins anew where what was kept cannot be read", () => {
    const { make, spoil } = outbox([]);
    spoil();
    expect(make().waiting).toEqual([]);
  });
});
