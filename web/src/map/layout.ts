// Where things go on the paper, without any paper: places moved apart, names that cover nothing, and in which hex a
// point is.

export interface Point {
  x: number;
  y: number;
}

/** Directions in a turn, and turns: fewer left a crowded town with pins upon each other now and then. */
const DIRECTIONS = 16;
const TURNS = 16;

/** Moves those aside that would cover another: around it, further out with every turn. */
export function spread(points: readonly Point[], radius: number): Point[] {
  const placed: Point[] = [];
  for (const from of points) {
    // A pin is round, and what can be touched is the square around it.
    const isFree = (at: Point) => placed.every((other) => Math.max(Math.abs(other.x - at.x), Math.abs(other.y - at.y)) >= radius * 2.1);
    let at = from;
    for (let step = 0; step < DIRECTIONS * TURNS && !isFree(at); step += 1) {
      const turn = ((step % DIRECTIONS) * 2 * Math.PI) / DIRECTIONS;
      const away = radius * (2.2 + 0.5 * Math.floor(step / DIRECTIONS));
      at = { x: from.x + away * Math.cos(turn), y: from.y + away * Math.sin(turn) };
    }
    placed.push(at);
  }
  return placed;
}

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Around a point, so wide and so high to each side. */
export function box({ x, y }: Point, wide: number, high: number): Box {
  return { left: x - wide, right: x + wide, top: y - high, bottom: y + high };
}

/** Whether it covers none of these. */
export function hasRoom(one: Box, taken: readonly Box[]): boolean {
  return !taken.some(
    (other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom,
  );
}

/** Longitude and latitude. */
export type LngLat = [number, number];

/** Whether a point is within a closed line. */
export function within(ring: readonly LngLat[], [lng, lat]: LngLat): boolean {
  let inside = false;
  for (let at = 1; at < ring.length; at += 1) {
    const [ax, ay] = ring[at - 1] ?? [0, 0];
    const [bx, by] = ring[at] ?? [0, 0];
    if (ay > lat !== by > lat && lng < ax + ((lat - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}
