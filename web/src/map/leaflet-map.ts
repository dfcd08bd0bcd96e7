// The map itself: hexes, borders, names and places on a canvas. The only file that knows Leaflet.

import * as L from "leaflet";
import "leaflet/dist/leaflet.css";
import { type LngLat, box, hasRoom, spread, within } from "./layout";
import { type Shown, level } from "./scale";

export interface Place {
  id: string;
  sign: string;
  name: string;
  at: [number, number];
  look: string;
}

export interface Town {
  name: string;
  at: [number, number];
}

export interface Options {
  towns: Town[];
  tiles: { url: string; attribution: string } | undefined;
  /** The words of a place, when somebody picks it. */
  wordsOf: (place: Place) => string;
  say: (words: string) => void;
  tilesGone: () => void;
}

interface Feature {
  id: string;
  geometry: { coordinates: LngLat[][] };
}

interface Hex {
  ring: LngLat[];
  layer: L.Polygon;
  shown: Shown | undefined;
}

const PIN_RADIUS = 14;
/** So many pictures that do not come mean that none will. */
const TILE_ERRORS_MAX = 4;
const LETTER_PX = 7.6;
/** The finest hexes there are. */
const FINEST = 7;

const point = ([lng, lat]: LngLat): L.LatLngTuple => [lat, lng];

/** Plain text where Leaflet takes HTML. */
function plain(words: string): HTMLElement {
  const element = document.createElement("span");
  element.textContent = words;
  return element;
}

export class LeafletMap {
  private readonly map: L.Map;
  private readonly hexes = new Map<string, Hex>();
  private readonly ground = L.layerGroup();
  private readonly names = L.layerGroup();
  private readonly pins = L.layerGroup();
  private readonly borders = L.layerGroup();
  private readonly land = L.layerGroup();
  private readonly leads = L.layerGroup();
  private readonly rings = L.layerGroup();
  private marked: { place: Place; marker: L.Marker }[] = [];
  /** The zoom at which the area fills the map. */
  private fitted = 8;
  private hatch: CanvasPattern | null = null;
  private hasTiles: boolean;

  constructor(
    private readonly element: HTMLElement,
    private readonly options: Options,
  ) {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // One finger scrolls the page, two move the map; the wheel scrolls the page too.
    const isTouch = matchMedia("(pointer: coarse)").matches;
    this.map = L.map(element, {
      preferCanvas: true,
      dragging: !isTouch,
      scrollWheelZoom: false,
      zoomAnimation: !isStill,
      fadeAnimation: !isStill,
      markerZoomAnimation: !isStill,
      inertia: !isStill,
      zoomSnap: 0.25,
      zoomDelta: 1,
      minZoom: 7.5,
      maxZoom: 15,
      attributionControl: false,
      zoomControl: false,
    });
    // Beside the map, not on it: on it they would lie on places.
    const zoom = L.control.zoom().addTo(this.map).getContainer();
    if (zoom) element.after(zoom);
    this.hasTiles = options.tiles !== undefined;
    if (options.tiles) this.addTiles(options.tiles.url, options.tiles.attribution);
    for (const layer of [this.land, this.ground, this.borders, this.rings, this.leads, this.names, this.pins]) layer.addTo(this.map);
    this.map.on("zoomend resize", () => this.arrange());
    this.map.on("moveend", () => {
      this.name();
      this.sayMiddle();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
  }

  /** Draws the borders and shows all that is within them. */
  outline(features: { geometry: { coordinates: LngLat[][][] } }[]): void {
    const rings = features.flatMap((feature) => feature.geometry.coordinates.flat());
    this.map.fitBounds(L.latLngBounds(rings.flat().map(point)), { padding: [8, 8], animate: false });
    this.map.setMaxBounds(this.map.getBounds().pad(0.5));
    this.fitted = this.map.getZoom();
    for (const ring of rings) {
      if (!this.hasTiles) L.polygon(ring.map(point), { stroke: false, interactive: false }).addTo(this.land);
      L.polyline(ring.map(point), { weight: 1.5, interactive: false }).addTo(this.borders);
    }
    this.recolour();
    this.arrange();
  }

  knows(cell: string): boolean {
    return this.hexes.has(cell);
  }

  /** Takes the shapes of hexes; they are shown once they have a value. Wide ones come below. */
  take(features: readonly Feature[]): void {
    const wide = [...features].sort((a, b) => level(a.id) - level(b.id));
    for (const { id, geometry } of wide) {
      const ring = geometry.coordinates[0] ?? [];
      const layer = L.polygon(ring.map(point), { weight: 1 });
      layer.bindTooltip(() => plain(this.hexes.get(id)?.shown?.words ?? ""), { sticky: true });
      layer.on("click", (event) => this.sayAt(event.latlng));
      this.hexes.set(id, { ring, layer, shown: undefined });
    }
  }

  /** Shows these values and no others. */
  show(values: ReadonlyMap<string, Shown>): void {
    for (const [cell, hex] of this.hexes) {
      const shown = values.get(cell);
      if (shown && !hex.shown) hex.layer.addTo(this.ground);
      if (!shown && hex.shown) hex.layer.remove();
      const isOther = shown?.class !== hex.shown?.class;
      hex.shown = shown;
      if (shown && isOther) hex.layer.setStyle(this.style(shown));
    }
    // Finer ones lie on the wide ones around them.
    const widest = Math.min(...[...this.hexes.keys()].map(level));
    for (let finer = widest + 1; finer <= FINEST; finer += 1) {
      for (const [cell, hex] of this.hexes) if (hex.shown && level(cell) === finer && widest < FINEST) hex.layer.bringToFront();
    }
    this.borders.eachLayer((line) => (line as L.Polyline).bringToFront());
  }

  /** Rings these hexes, as far as their shape is known. */
  ring(cells: readonly string[]): void {
    this.rings.clearLayers();
    for (const cell of cells) {
      const hex = this.hexes.get(cell);
      const line = { fill: false, weight: 4, color: this.colour("--ink"), interactive: false };
      if (hex) L.polygon(hex.ring.map(point), line).addTo(this.rings);
    }
  }

  /** Puts the places on it. */
  pin(places: Place[]): void {
    this.pins.clearLayers();
    this.marked = places.map((place) => ({ place, marker: this.marker(place) }));
    this.arrange();
  }

  /** A place looks otherwise now. */
  look(id: string, look: string): void {
    const element = this.marked.find(({ place }) => place.id === id)?.marker.getElement();
    for (const name of [...(element?.classList ?? [])]) if (name.startsWith("app-map__")) element?.classList.remove(name);
    element?.classList.add(look);
  }

  private colour(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  private style(shown: Shown): L.PathOptions {
    const fillOpacity = this.hasTiles ? 0.65 : 1;
    const line = { color: this.colour("--heat-line"), weight: 1, dashArray: "", fill: true, fillOpacity };
    if (shown.class === "none") {
      return { ...line, color: this.colour("--quiet"), dashArray: "3 3", fillOpacity: 0 };
    }
    if (shown.class === "unknown") {
      // A canvas takes a pattern wherever it takes a colour.
      return { ...line, fillColor: (this.hatch ?? this.colour("--quiet")) as string };
    }
    return { ...line, fillColor: this.colour(`--heat-${shown.class}`) };
  }

  private recolour(): void {
    this.hatch = this.pattern();
    const line = { color: this.colour("--border-line") };
    this.borders.eachLayer((layer) => (layer as L.Polyline).setStyle(line));
    this.rings.eachLayer((layer) => (layer as L.Polygon).setStyle({ color: this.colour("--ink") }));
    const land = { fillColor: this.colour("--paper"), fillOpacity: 1 };
    this.land.eachLayer((layer) => (layer as L.Polygon).setStyle(land));
    for (const { layer, shown } of this.hexes.values()) if (shown) layer.setStyle(this.style(shown));
  }

  private pattern(): CanvasPattern | null {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const brush = tile.getContext("2d");
    if (!brush) return null;
    brush.fillStyle = this.colour("--paper");
    brush.fillRect(0, 0, 8, 8);
    brush.strokeStyle = this.colour("--ink");
    brush.lineWidth = 1.4;
    brush.beginPath();
    for (const from of [-8, 0, 8]) {
      brush.moveTo(from, 8);
      brush.lineTo(from + 8, 0);
    }
    brush.stroke();
    return brush.createPattern(tile, "repeat");
  }

  /** Places moved apart, each with a line to where it is. */
  private arrange(): void {
    if (!this.map.getZoom()) return;
    this.leads.clearLayers();
    const at = this.marked.map(({ place }) => this.map.latLngToLayerPoint(place.at));
    const moved = spread(at, PIN_RADIUS);
    this.marked.forEach(({ place, marker }, n) => {
      const to = this.map.layerPointToLatLng(L.point(moved[n] ?? { x: 0, y: 0 }));
      marker.setLatLng(to);
      if (at[n]?.distanceTo(L.point(moved[n] ?? { x: 0, y: 0 })) === 0) return;
      L.polyline([place.at, to], { weight: 1, color: this.colour("--ink"), interactive: false }).addTo(this.leads);
    });
    this.name();
  }

  /** Names where there is room, at this zoom: the largest town first, and more of them the nearer one looks. */
  private name(): void {
    if (!this.map.getZoom()) return;
    this.names.clearLayers();
    const on = (at: L.LatLngExpression) => this.map.latLngToContainerPoint(at);
    const size = this.map.getSize();
    const taken = this.marked.map(({ marker }) => box(on(marker.getLatLng()), PIN_RADIUS, PIN_RADIUS));
    const most = Math.round((size.x / 25) * 2 ** (this.map.getZoom() - this.fitted));
    let count = 0;
    for (const town of this.options.towns) {
      const middle = on(town.at);
      const half = (town.name.length * LETTER_PX) / 2 + 4;
      const places = [0, -1, 1, -2, 2].map((step) => box({ x: middle.x, y: middle.y + step * 22 }, half, 9));
      const free = places.find(
        (one) => one.left > 0 && one.right < size.x && one.top > 0 && one.bottom < size.y && hasRoom(one, taken),
      );
      if (!free) continue;
      taken.push(free);
      const at = this.map.containerPointToLatLng([middle.x, free.top + 9]);
      const icon = L.divIcon({ className: "app-map__town", html: plain(town.name), iconSize: [0, 0] });
      L.marker(at, { icon, interactive: false, keyboard: false }).addTo(this.names);
      count += 1;
      if (count >= most) break;
    }
  }

  private marker(place: Place): L.Marker {
    const icon = L.divIcon({ className: `app-pin ${place.look}`, html: plain(place.sign), iconSize: [28, 28] });
    const pin = L.marker(place.at, { icon }).addTo(this.pins);
    pin.getElement()?.setAttribute("aria-label", `${place.sign}: ${place.name}`);
    pin.bindTooltip(() => plain(this.options.wordsOf(place)), { offset: [14, 0] });
    const say = () => this.options.say(this.options.wordsOf(place));
    pin.on("click", say);
    // By keyboard one comes to a place by Tab, and hears of it at once.
    pin.getElement()?.addEventListener("focus", say);
    return pin;
  }

  /** What is in the middle, for those who move the map by keyboard. */
  private sayMiddle(): void {
    if (document.activeElement === this.element) this.sayAt(this.map.getCenter(), "Middle of the map: ");
  }

  private sayAt(at: L.LatLng, before = ""): void {
    const here = [...this.hexes].filter(([, hex]) => hex.shown && within(hex.ring, [at.lng, at.lat]));
    const finest = here.sort(([a], [b]) => level(b) - level(a))[0];
    const near = this.near(at);
    const words = finest?.[1].shown?.words;
    if (words || before) this.options.say(`${before}near ${near}. ${words ?? "Nothing is shown here."}`);
  }

  private near(at: L.LatLng): string {
    let best = { name: "no town", away: Number.MAX_VALUE };
    for (const { name, at: town } of this.options.towns) {
      const away = at.distanceTo(town);
      if (away < best.away) best = { name, away };
    }
    return best.name;
  }

  private addTiles(url: string, attribution: string): void {
    let errors = 0;
    const layer = L.tileLayer(url, { maxZoom: 19 }).addTo(this.map);
    const words = L.control.attribution({ prefix: false }).addTo(this.map);
    words.addAttribution(plain(attribution).innerHTML);
    layer.on("tileerror", () => {
      errors += 1;
      if (errors < TILE_ERRORS_MAX || !this.hasTiles) return;
      this.hasTiles = false;
      layer.remove();
      words.remove();
      this.recolour();
      this.options.tilesGone();
    });
  }
}
