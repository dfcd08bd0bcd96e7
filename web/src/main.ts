// Starts what the page at hand can use. Each page is whole without this script.

import "./styles/app.scss";
import { Connection } from "./feed/connection";
import { Session } from "./feed/session";
import type { Figure, ServiceCard, ServiceState } from "./model/wire";
import { card, figure, isOpen, opening, openingShort, total, usual } from "./model/words";
import { say, showCard } from "./pages/card";
import { countDown } from "./pages/hold-countdown";
import { LiveStatus } from "./pages/live-status";
import { Throttle } from "./pages/throttle";

const live = new LiveStatus();
document.querySelector<HTMLElement>("[data-focus]")?.focus();
const held = document.querySelector<HTMLElement>("[data-held]");
if (held) countDown(held, document.querySelector<HTMLElement>("[data-held-said]"));
const detail = document.querySelector<HTMLElement>("[data-detail]");
const map = document.querySelector<HTMLElement>("[data-map]");
// Maps are heavy: they come only where there is one.
if (map) void import("./pages/map").then(({ startMap }) => startMap(map, live));
const cards = document.querySelectorAll<HTMLElement>("[data-service]");

if (detail) {
  const paint = new Throttle((values, changed) => {
    const now = session.serverNow(Date.now());
    const readings = Object.fromEntries(values) as Record<string, Figure>;
    const state = values.get("state") as ServiceState | undefined;
    if (showCard(detail, card(readings, isOpen(state), now))) live.changed("wait");
    if (state) {
      say(document.body, "open", opening(state, now));
      say(detail, "usual", usual(state, readings.wait));
    }
    for (const key of changed) {
      const row = document.querySelector(`[data-reading="${key}"]`);
      const reading = readings[key];
      if (row && reading) say(row, "value", figure(reading));
    }
  });
  const session = new Session([`service:${detail.dataset.detail}`], paint.changed);
  new Connection(session, (state) => live.show(state));
} else if (cards.length > 0) {
  const paint = new Throttle((values, changed) => {
    const now = session.serverNow(Date.now());
    for (const root of cards) {
      const id = root.dataset.service ?? "";
      const service = values.get(id) as ServiceCard | undefined;
      if (!service || !changed.has(id)) continue;
      if (showCard(root, card(service.readings, isOpen(service), now))) live.changed(id);
      const away = Number(root.dataset.away ?? NaN);
      if (!Number.isNaN(away)) say(root, "total", total(away, service.readings.wait?.value));
      say(root, "usual", usual(service, service.readings.wait));
      say(root, "open", openingShort(service, service.readings.wait, now));
    }
  });
  const session = new Session(["waits"], paint.changed);
  new Connection(session, (state) => live.show(state));
}
