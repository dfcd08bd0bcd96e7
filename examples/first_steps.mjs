// Sends an arrival, follows the push, books a slot. See examples/README.md.
import { randomUUID } from "node:crypto";

const base = process.argv[2] ?? "http://127.0.0.1:8080";
const [service, feed] = ["oadby-utc", "dhu-oadby"];

/** One request; what is answered as JSON. A refusal is thrown with its words. */
async function ask(method, path, token, body) {
  const headers = { "Content-Type": "application/json" };
  if (process.env[token]) headers.Authorization = `Bearer ${process.env[token]}`;
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** `id` makes it safe to send the same again: it is taken once. */
function sendArrival() {
  const event = {
    id: randomUUID(), feed, type: "visit.arrived", service, visit: randomUUID(), mode: "walk_in",
    happened_at: new Date().toISOString(),
  };
  return ask("POST", "/api/v1/events", "UEC_FEED_TOKEN", event);
}

/** A figure that cannot be trusted has no value, and says why. */
const told = (reading) => reading.value ?? `withheld: ${reading.reason}`;

/** The messages of a stream of server-sent events. */
async function* messages(stream) {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const lines = text.split("\n");
    text = lines.pop();
    for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice(6));
  }
}

/** First a snapshot, then what changed: `set` and `unset`. Prints until somebody has arrived. */
async function follow() {
  const answer = await fetch(`${base}/api/v1/push/sse?topics=service:${service}`);
  for await (const message of messages(answer.body)) {
    if (message.type === "snapshot") {
      console.log("waiting now:", told(message.data.waiting));
      console.log("sent:", await sendArrival());
    }
    if (message.type === "delta" && message.data.set.waiting?.value !== undefined) {
      return console.log("waiting then:", message.data.set.waiting.value);
    }
  }
}

/** Takes the first free slot; somebody else may be quicker, which is answered with 409. */
async function book() {
  const { slots } = await ask("GET", `/api/v1/services/${service}/slots`, "UEC_CLINICIAN_TOKEN");
  const free = slots.find((slot) => slot.status === "free");
  if (!free) return console.log("no free slot");
  const patient = { family: "Nobody", given: "Example", birth_date: "1984-03-27", phone: "07700 900123" };
  const made = await ask("POST", "/api/v1/bookings", "UEC_CLINICIAN_TOKEN", { service, slot: free.slot, patient });
  console.log("booked:", made.booking, made.status, free.start);
}

await follow();
await book();
