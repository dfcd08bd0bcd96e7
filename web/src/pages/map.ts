// The map page: a canvas in the place of the drawing, values joined by hex, and the table kept up. Where any of it
// fails, the drawing stays.

import { Connection, type State } from "../feed/connection";
import { Session } from "../feed/session";
import type { Place } from "../map/leaflet-map";
import { type Best, type Class, NOT_KNOWN, NOWHERE, type Shown, showCare, showPeople } from "../map/scale";
import type { ServiceCard } from "../model/wire";
import { about, card, clock, gain, isOpen, people } from "../model/words";
import { part, say } from "./card";
import { Hours } from "./hour-slider";
import type { LiveStatus } from "./live-status";
import { Throttle } from "./throttle";

type Values = ReadonlyMap<string, unknown>;

/** A class of the style sheet for each word of a wait; the server's, in map/pressure.rs. */
const LOOKS: Record<string, Class> = { Short: 1, Moderate: 2, Long: 4, "Very long": 5 };
/** Shapes that may be asked for by name at once. */
const NAMED_MAX = 200;
/** Where many more people than usual ask for care. */
const HOT_SPOTS = "heat:hot-spots:7";

class MapPage {
  private readonly kind: string;
  private readonly prefix: string;
  private readonly cuts: number[];
  private readonly until: string;
  private readonly names = new Map<string, string>();
  private readonly places: Place[];
  private shown = new Map<string, Shown>();
  private map: import("../map/leaflet-map").LeafletMap | undefined;
  private missing = new Set<string>();
  /** Of the map of demand. */
  private hours: Hours | undefined;
  private latest: Values = new Map();
  /** Of the map of pressure: the nearest place by hex. */
  private nearest = new Map<string, string>();
  private asOfWords: string;

  constructor(
    private readonly root: HTMLElement,
    private readonly live: LiveStatus,
  ) {
    this.kind = root.dataset.map ?? "";
    this.prefix = root.dataset.prefix ?? "";
    this.cuts = (root.dataset.cuts ?? "").split(",").map(Number);
    this.until = this.prefix === "ambulance:" ? "handed over" : "seen";
    this.places = [...root.querySelectorAll<HTMLElement>("[data-place]")].map((item, n) => ({
      id: item.dataset.place ?? "",
      sign: String(n + 1),
      name: item.querySelector("a")?.textContent ?? "",
      at: (item.dataset.at ?? "0,0").split(",").map(Number) as [number, number],
      look: item.dataset.class ?? "",
    }));
    for (const place of this.places) this.names.set(place.id, place.name);
    this.asOfWords = document.querySelector("[data-as-of]")?.textContent ?? "";
  }

  async start(): Promise<void> {
    const { topic, values } = this.root.dataset;
    await this.draw();
    if (values) this.fixed(values);
    if (this.kind === "demand") {
      this.hours = new Hours(
        () => this.otherHour(),
        () => this.say("That hour could not be asked for. Try again."),
      );
      this.otherHour();
    }
    if (!topic) return;
    const paint = new Throttle((all, changed) => this.paint(all, changed, session.serverNow(Date.now())));
    const topics = this.kind === "demand" ? [topic, HOT_SPOTS] : [topic];
    let hasSpots = false;
    const session = new Session(topics, (of, all, changed) => {
      if (of !== HOT_SPOTS) return paint.changed(of, all, changed);
      // The first are those of the page.
      if (hasSpots) this.hours?.later();
      hasSpots = true;
    });
    new Connection(session, (state: State) => this.live.show(state, state === "lost" ? this.asOfWords : ""));
  }

  private async draw(): Promise<void> {
    const { LeafletMap } = await import("../map/leaflet-map");
    const outlines = await json<{ features: Parameters<InstanceType<typeof LeafletMap>["outline"]>[0] }>("/api/v1/outlines.geojson");
    const shapes = this.kind === "care" || this.kind === "pressure" ? await json<Shapes>("/api/v1/hexes.geojson?res=7") : undefined;
    const holder = this.root.querySelector<HTMLElement>("[data-paper]");
    if (!holder) return;
    const canvas = document.createElement("div");
    canvas.className = "app-map__canvas";
    canvas.setAttribute("role", "group");
    canvas.setAttribute("aria-label", "Map you can move: arrow keys move it, plus and minus zoom, Tab goes to the places");
    holder.replaceChildren(canvas);
    const { tiles, attribution, names } = this.root.dataset;
    this.map = new LeafletMap(canvas, {
      towns: towns(names ?? ""),
      tiles: tiles ? { url: tiles, attribution: attribution ?? "" } : undefined,
      wordsOf: (place) => this.wordsOf(place),
      say: (words) => this.say(words),
      tilesGone: () => this.say("Detailed map unavailable. List and outline still work."),
    });
    this.map.outline(outlines.features);
    if (shapes) this.map.take(shapes.features);
    // From a hex without a value no place is open.
    if (this.kind === "care") for (const { id } of shapes?.features ?? []) this.shown.set(id, this.care(undefined));
    this.map.pin(this.places);
    if (this.kind === "pressure") await this.findNearest();
    this.say("Choose a hex or a place on the map to read what is known of it.");
  }

  private say(words: string): void {
    const line = this.root.querySelector<HTMLElement>("[data-said]");
    if (!line) return;
    line.hidden = false;
    line.textContent = words;
  }

  private wordsOf(place: Place): string {
    const row = rowOf(place.id);
    const wait = row && part(row, "wait")?.textContent;
    return wait ? `${place.name}: ${wait}.` : place.name;
  }

  /** Which place is nearest to each hex: it changes when one opens or closes. */
  private async findNearest(): Promise<void> {
    const { cells } = await json<{ cells: { cell: string; service: string }[] }>("/api/v1/heat?kind=pressure&by_hex=true");
    this.nearest = new Map(cells.map(({ cell, service }) => [cell, service]));
    this.colourByNearest();
  }

  private colourByNearest(): void {
    this.shown = new Map();
    for (const [cell, id] of this.nearest) {
      const place = this.places.find((one) => one.id === id);
      const look = place && Number(place.look.replace("app-map__", ""));
      const words = place ? `The nearest is ${this.wordsOf(place)}` : "The nearest is not on this map.";
      this.shown.set(cell, { class: look ? (look as Class) : "unknown", words });
    }
    this.map?.show(this.shown);
  }

  /** Values of another hour: they are asked for once. */
  private fixed(address: string): void {
    type Cells = { cells: { cell: string; service: string; minutes: number | null; gain: number | null }[] };
    void json<Cells>(address).then(({ cells }) => {
      const all = new Map<string, Best>(cells.map((c) => [c.cell, [c.service, c.minutes, c.gain]]));
      for (const [cell, best] of all) this.shown.set(cell, this.care(best));
      this.repaint();
    });
  }

  private care(best: Best | undefined): Shown {
    return showCare(this.cuts, best, this.until, (id) => this.names.get(id) ?? "another place: use Update to see which");
  }

  /** The words around the map are of another hour: so is the map. */
  private otherHour(): void {
    this.shown = new Map();
    if (this.hours?.isNow && this.latest.size > 0) {
      for (const [cell, value] of this.latest) this.shown.set(cell, this.people(cell, value as number));
    } else {
      for (const row of document.querySelectorAll<HTMLElement>("[data-row][data-value]")) {
        const cell = row.dataset.row ?? "";
        this.shown.set(cell, this.people(cell, Number(row.dataset.value)));
      }
    }
    this.repaint();
  }

  private people(cell: string, count: number): Shown {
    return showPeople(this.cuts, cell, count, Number(table()?.dataset.hours ?? 1));
  }

  private paint(values: Values, changed: ReadonlySet<string>, now: Date): void {
    this.asOfWords = `As of ${clock(now)}.`;
    for (const line of document.querySelectorAll("[data-as-of]")) line.textContent = this.asOfWords;
    if (this.kind === "demand") {
      this.demand(values);
      return;
    }
    if (this.kind === "pressure") {
      const isShut = () => this.places.map((place) => place.look === "app-map__closed").join();
      const before = isShut();
      for (const id of changed) this.pressure(id, values.get(id) as ServiceCard | undefined, now);
      if (isShut() === before) this.colourByNearest();
      else void this.findNearest();
      this.count(this.places.map((place) => place.look));
      return;
    }
    for (const key of changed) {
      if (!key.startsWith(this.prefix)) continue;
      const cell = key.slice(this.prefix.length);
      const value = values.get(key);
      this.shown.set(cell, this.care(value as Best | undefined));
      const row = rowOf(cell);
      if (row) this.careRow(row, value as Best | undefined);
    }
    this.repaint();
  }

  /** A new whole hour: the map at once, its words and its table soon after. */
  private demand(values: Values): void {
    const isFirst = this.latest.size === 0;
    this.latest = new Map(values);
    if (!this.hours?.isNow) return;
    if (isFirst && sameAsTable(values)) return;
    this.otherHour();
    this.hours.later();
  }

  private repaint(): void {
    const looks = [...this.shown.values()].map(({ class: name }) => `app-map__${name === "none" ? "0" : name}`);
    this.count(looks);
    const unknown = [...this.shown.keys(), ...hotSpots()].filter((cell) => !this.map?.knows(cell) && !this.missing.has(cell));
    this.map?.show(this.shown);
    this.map?.ring(hotSpots());
    for (let from = 0; from < unknown.length; from += NAMED_MAX) this.ask(unknown.slice(from, from + NAMED_MAX));
  }

  /** Shapes that are not known yet; they are asked for once. */
  private ask(cells: string[]): void {
    for (const cell of cells) this.missing.add(cell);
    void json<Shapes>(`/api/v1/hexes.geojson?cells=${cells.join(",")}`).then(({ features }) => {
      this.map?.take(features);
      this.map?.show(this.shown);
      this.map?.ring(hotSpots());
    });
  }

  private careRow(row: Element, best: Best | undefined): void {
    const minutes = best?.[1];
    const words = minutes === undefined ? NOWHERE : minutes === null ? NOT_KNOWN : about(minutes);
    if (say(row, "minutes", words)) this.live.changed(row.getAttribute("data-row") ?? "");
    say(row, "gain", typeof minutes === "number" ? gain(best?.[2] ?? null) : "");
    const id = best?.[0];
    const name = id && this.names.get(id);
    const link = part(row, "place");
    if (id && !name) this.stale();
    say(row, "place", name || "");
    if (link && id) link.setAttribute("href", `/services/${id}`);
  }

  private pressure(id: string, service: ServiceCard | undefined, now: Date): void {
    const row = rowOf(id);
    if (!service || !row) return;
    const words = card(service.readings, isOpen(service), now);
    const tag = words.tag ? ` (${words.tag.word.toLowerCase()})` : "";
    if (say(row, "wait", `${words.wait}${tag}`)) this.live.changed(id);
    const waiting = service.readings.waiting?.value;
    say(row, "waiting", waiting === undefined ? "" : `${people(waiting)} waiting`);
    const place = this.places.find((one) => one.id === id);
    if (!place) return;
    const known = words.tag && LOOKS[words.tag.word];
    const look = known ? `app-map__${known}` : isOpen(service) ? "app-map__unknown" : "app-map__closed";
    if (look === place.look) return;
    place.look = look;
    this.map?.look(id, look);
  }

  /** How much of the map each class is, in the legend. */
  private count(looks: string[]): void {
    const unit = this.kind === "pressure" ? "place" : "hex";
    const many = this.kind === "pressure" ? "places" : "hexes";
    for (const line of this.root.querySelectorAll<HTMLElement>("[data-count]")) {
      const count = looks.filter((look) => look === line.dataset.count).length;
      line.textContent = `${count} ${count === 1 ? unit : many}`;
    }
  }

  private stale(): void {
    const line = document.querySelector<HTMLElement>("[data-stale]");
    if (line) line.hidden = false;
  }
}

interface Shapes {
  features: { id: string; geometry: { coordinates: [number, number][][] } }[];
}

async function json<T>(address: string): Promise<T> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return (await answer.json()) as T;
}

function rowOf(key: string): Element | null {
  return document.querySelector(`[data-row="${CSS.escape(key)}"]`);
}

/** The table of the map, which says besides how many hours it is of and where more people than usual are. */
function table(): HTMLElement | null {
  return document.querySelector('[data-swap="table"]');
}

/** Hexes in the middle of hot spots. */
function hotSpots(): string[] {
  return (table()?.dataset.hot ?? "").split(" ").filter((cell) => cell !== "");
}

/** Whether the table has these people already. */
function sameAsTable(values: Values): boolean {
  const rows = document.querySelectorAll("[data-row][data-value]");
  const isSame = ([cell, count]: [string, unknown]) => rowOf(cell)?.getAttribute("data-value") === String(count);
  return rows.length === values.size && [...values].every(isSame);
}

function towns(text: string): { name: string; at: [number, number] }[] {
  return text.split(";").map((one) => {
    const [name, lat, lng] = one.split(",");
    return { name: name ?? "", at: [Number(lat), Number(lng)] };
  });
}

export function startMap(root: HTMLElement, live: LiveStatus): void {
  void new MapPage(root, live).start();
}
