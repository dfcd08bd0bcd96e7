// What is asked of the server, and its answer as the page has it.

import type { Sent } from "./outbox";

/** A page that came back. */
export type Answer =
  | { kind: "places"; html: string; age: number; now: number }
  | { kind: "faults"; page: Document }
  | { kind: "signed_out" }
  | { kind: "lost" };

function post(address: string, fields: Record<string, string>, patience: number): Promise<Response> {
  const body = new URLSearchParams(fields);
  return fetch(address, { method: "POST", body, signal: AbortSignal.timeout(patience), cache: "no-store" });
}

const isSignIn = (answer: Response) => new URL(answer.url).pathname === "/sign-in" || answer.status === 401;

/** Asks for places. */
export async function ask(fields: Record<string, string>, patience: number): Promise<Answer> {
  try {
    const answer = await post("/crew", fields, patience);
    if (isSignIn(answer)) return { kind: "signed_out" };
    if (!answer.ok) return { kind: "lost" };
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const places = page.querySelector<HTMLElement>("#answer");
    const [asOf, now] = [Number(places?.dataset.asOf), Number(places?.dataset.now)];
    if (!places || Number.isNaN(asOf) || Number.isNaN(now)) return { kind: "faults", page };
    return { kind: "places", html: places.innerHTML, age: Math.max(0, now - asOf), now };
  } catch {
    return { kind: "lost" };
  }
}

/** Tells that the crew sets off. */
export async function tell(fields: Record<string, string>): Promise<Sent> {
  try {
    const answer = await post("/crew/conveying", fields, 8_000);
    if (isSignIn(answer)) return "signed_out";
    if (answer.ok) return "taken";
    return answer.status >= 500 || answer.status === 408 || answer.status === 429 ? "later" : "refused";
  } catch {
    return "later";
  }
}
