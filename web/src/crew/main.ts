// The crew's page where there is a script: asks without leaving the page, keeps the last answer with its age, and
// sends a choice later when there is no signal. The page is whole without it.

import "../styles/crew.scss";
import { trust, words } from "./age";
import { type Message, Outbox, type Sent } from "./outbox";
import { ask, tell } from "./server";
import { type SavedAnswer, ageOf, dropAnswer, saveAnswer, savedAnswer, leave, outboxStorage, theme, vehicle } from "./local-store";

/** An answer is asked for again so often, milliseconds. */
const AGAIN = 30_000;
/** A network that is this slow is no network, milliseconds. */
const PATIENCE = 3_000;
/** What is not sent is tried again so often, milliseconds. */
const RETRY = 15_000;

const find = <T extends HTMLElement = HTMLElement>(what: string) => document.querySelector<T>(what);
const form = () => find<HTMLFormElement>("[data-ask]");
const field = (name: string) => form()?.elements.namedItem(name) as HTMLInputElement | null;
/**
 * A moment of this device as the server's clock has it, in London: "5:15pm". Not `model/words`: what two entries share
 * becomes a file of its own, which the page does not name and the worker would not keep for when there is no signal.
 */
const clock = (at: number) =>
  new Date(at + skew)
    .toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit", hour12: true, timeZone: "Europe/London" })
    .replace(" ", "");

let current: SavedAnswer | undefined;
/** A newer answer in another order, not shown until it is asked for. */
let newer: SavedAnswer | undefined;
let said = "";
/** The server's clock less this device's, milliseconds. */
let skew = 0;

const outbox = new Outbox(outboxStorage, tell, Date.now);

/** One who cannot see the page is told what changed, once. */
function hear(text: string): void {
  const line = find("[data-heard]");
  if (line && text !== said) line.textContent = said = text;
}

function random(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fieldsOf(of: HTMLFormElement): Record<string, string> {
  const all = [...new FormData(of)].map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(all.filter(([, value]) => value !== ""));
}

// The answer on the page.

const order = (html: string) => [...html.matchAll(/data-place="([^"]+)"/g)].map(([, id]) => id).join(" ");

function show(next: SavedAnswer): void {
  const place = find("#answer");
  if (!place) return;
  const open = [...place.querySelectorAll("[data-place] details[open]")].map((d) => d.closest<HTMLElement>("[data-place]")?.dataset.place);
  const focused = document.activeElement?.closest<HTMLElement>("[data-place]")?.dataset.place;
  const what = document.activeElement?.matches("summary") ? "summary" : ".button--go";
  current = next;
  newer = undefined;
  place.innerHTML = next.html;
  for (const id of open) place.querySelector(`[data-place="${id}"] details`)?.setAttribute("open", "");
  if (focused) place.querySelector<HTMLElement>(`[data-place="${focused}"] ${what}`)?.focus({ preventScroll: true });
  saveAnswer(next);
  mark();
  paintAge();
}

/** Where the crew goes, on its card. */
function mark(): void {
  for (const card of document.querySelectorAll<HTMLElement>("[data-place]")) {
    const line = card.querySelector("[data-said]");
    const isChosen = current?.chosen?.service === card.dataset.place;
    card.classList.toggle("place--chosen", isChosen);
    const text = isChosen ? (current?.chosen?.words ?? "") : "";
    if (line && line.textContent !== text) line.textContent = text;
  }
}

function paintAge(): void {
  const line = find("[data-age]");
  if (!line || !current) return;
  const age = ageOf(current, Date.now());
  const level = trust(age);
  document.body.dataset.trust = level;
  const text = age === Number.POSITIVE_INFINITY ? "Of unknown age: waits are not shown" : words(age);
  const first = line.querySelector("strong") ?? line.insertBefore(document.createElement("strong"), line.firstChild);
  const shown = `${text}. `;
  if (first.textContent !== shown) first.textContent = shown;
  if (level !== "live") hear(text);
}

function offerNewer(next: SavedAnswer): void {
  newer = next;
  if (find("[data-newer]")) return;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button", textContent: "The order changed: show it" });
  button.dataset.newer = "";
  find("#answer .age")?.after(button);
  hear("The order of the places changed.");
}

function showSignedOut(): void {
  if (find("[data-out]")) return;
  const line = document.createElement("p");
  line.className = "faults";
  line.dataset.out = "";
  line.innerHTML = 'You are signed out. <a href="/sign-in?next=/crew">Sign in again</a>: what is not sent is kept.';
  find("main")?.prepend(line);
  hear("You are signed out.");
}

async function first(of: HTMLFormElement): Promise<void> {
  const fields = fieldsOf(of);
  vehicle.write(fields.vehicle ?? "");
  document.body.dataset.busy = "";
  const answer = await ask(fields, 2 * PATIENCE);
  delete document.body.dataset.busy;
  switch (answer.kind) {
    case "places":
      skew = answer.now - Date.now();
      find(".faults")?.remove();
      for (const fault of document.querySelectorAll(".fault")) fault.remove();
      show({ html: answer.html, age: answer.age, came: Date.now(), fields });
      find("#answer-title")?.focus();
      break;
    case "faults": {
      const main = answer.page.querySelector("main");
      if (main) find("main")?.replaceWith(main);
      ready();
      find("[data-focus]")?.focus();
      break;
    }
    case "signed_out":
      showSignedOut();
      break;
    case "lost":
      lost();
  }
}

function lost(): void {
  const line = find("[data-here-said]");
  const text = "No signal: this was not asked. Try again, or ask the control room.";
  if (line) line.textContent = text;
  hear(text);
}

async function again(): Promise<void> {
  if (!current || document.hidden) return;
  const asked = current;
  const answer = await ask(asked.fields, PATIENCE);
  if (current !== asked) return; // Another patient meanwhile.
  if (answer.kind === "signed_out") showSignedOut();
  if (answer.kind !== "places") return paintAge();
  skew = answer.now - Date.now();
  const next = { ...asked, html: answer.html, age: answer.age, came: Date.now() };
  if (order(answer.html) === order(asked.html)) show(next);
  else offerNewer(next);
}

// A choice, and its sending.

function choose(of: HTMLFormElement): void {
  const fields = fieldsOf(of);
  const service = fields.service ?? "";
  if (current?.chosen?.service === service && !current.chosen.words.startsWith("Not taken")) return;
  outbox.put({ ...fields, key: random() + random() });
  chosen(service, "Sending…");
  void flush();
}

function chosen(service: string, text: string): void {
  if (!current) return;
  current = { ...current, chosen: { service, words: text } };
  saveAnswer(current);
  mark();
}

function ended(message: Message, sent: Sent): void {
  const at = clock(message.told);
  const texts: Record<Sent, string> = {
    taken: `On your way: told at ${at}.`,
    later: `Not sent yet: no signal. Chosen at ${at}; it is sent by itself.`,
    signed_out: `Not sent yet: sign in again. Chosen at ${at}.`,
    refused: "Not taken by the server. Tell the control room.",
  };
  if (sent === "signed_out") showSignedOut();
  const service = message.fields.service ?? "";
  if (current?.chosen?.service === service) chosen(service, texts[sent]);
  hear(texts[sent]);
}

const flush = (): Promise<void> => outbox.flush(ended);

// What the page can do besides.

function findPosition(): void {
  const line = find("[data-here-said]");
  const tellHere = (text: string) => {
    if (line) line.textContent = text;
  };
  tellHere("Looking for your position…");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const [lat, lng, from] = [field("lat"), field("lng"), field("from")];
      if (lat) lat.value = coords.latitude.toFixed(5);
      if (lng) lng.value = coords.longitude.toFixed(5);
      if (from) from.value = "";
      tellHere(`Your position is used, to about ${Math.max(10, Math.round(coords.accuracy))} metres.`);
    },
    () => tellHere("Your position was not found. Enter a postcode or town."),
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 },
  );
}

function switchTheme(): void {
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
  theme.write(isDark ? "day" : "night");
  document.documentElement.dataset.theme = isDark ? "day" : "night";
}

function startAnew(): void {
  dropAnswer();
  location.assign("/crew");
}

const does: Record<string, () => void> = { update: () => void again(), new: startAnew, theme: switchTheme };

/** What the page at hand can use of this script. */
function ready(): void {
  const bar = find("[data-bar]");
  if (bar) bar.hidden = false;
  const here = find("[data-here]");
  if (here) here.hidden = !("geolocation" in navigator);
  const sign = field("vehicle");
  if (sign && sign.value === "") sign.value = vehicle.read();
}

document.addEventListener("submit", (event) => {
  const of = event.target as HTMLFormElement;
  if (of.matches("[data-ask]")) {
    event.preventDefault();
    void first(of);
  } else if (of.matches("[data-convey]")) {
    event.preventDefault();
    choose(of);
  } else if (of.matches("[data-leave]")) {
    leave();
    void caches?.delete("crew-page");
  }
});

document.addEventListener("click", (event) => {
  const at = event.target as HTMLElement;
  if (at.closest("[data-here]")) findPosition();
  if (at.closest("[data-newer]") && newer) show(newer);
  does[at.closest<HTMLElement>("[data-do]")?.dataset.do ?? ""]?.();
});

document.addEventListener("input", (event) => {
  if ((event.target as HTMLElement).id !== "from") return;
  for (const name of ["lat", "lng"]) {
    const hidden = field(name);
    if (hidden) hidden.value = "";
  }
});

document.documentElement.dataset.theme = theme.read();
ready();
if (form()) {
  const kept = savedAnswer(Date.now());
  const patient = field("patient");
  if (kept) {
    for (const [name, value] of Object.entries(kept.fields)) {
      const radio = find<HTMLInputElement>(`input[name="${name}"][value="${CSS.escape(value)}"][type="radio"]`);
      const input = field(name);
      if (radio) radio.checked = true;
      else if (input) input.value = value;
    }
    show(kept);
    void again();
  } else if (patient) {
    // The page may be one that was kept, with the name of a patient of before.
    patient.value = random();
  }
  setInterval(() => void again(), AGAIN);
}
find("[data-focus]")?.focus();
setInterval(paintAge, 1_000);
setInterval(() => void (outbox.waiting.length > 0 && flush()), RETRY);
window.addEventListener("online", () => {
  void flush();
  void again();
});
document.addEventListener("visibilitychange", () => void again());
void flush();
if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/crew/worker.js", { scope: "/crew" }).catch(() => undefined);
