/** Points and rectangles of a picture, in pixels from its upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

/** An SVG path along the points, with round corners. */
export function roundedPath(points: readonly Point[], radius: number): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const steps = rest.map((point, index) => {
    const before = points[index] as Point;
    const after = rest[index + 1];
    if (after === undefined) return `L${at(point)}`;
    const reach = Math.min(radius, distance(before, point) / 2, distance(point, after) / 2);
    return `L${at(towards(point, before, reach))}Q${at(point)} ${at(towards(point, after, reach))}`;
  });
  return `M${at(first)}${steps.join('')}`;
}

const at = ({ x, y }: Point): string => `${short(x)},${short(y)}`;
const short = (value: number): number => Math.round(value * 10) / 10;

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function towards(from: Point, to: Point, reach: number): Point {
  const whole = distance(from, to);
  if (whole === 0) return from;
  const share = reach / whole;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

type Line = readonly Point[];

const segmentsOf = (line: Line) =>
  line.slice(1).map((to, index) => ({ from: line[index] as Point, to }));

/** How often different lines, which run across and down, cross each other. */
export function crossings(lines: readonly Line[]): number {
  const segments = lines.flatMap((line, of) => segmentsOf(line).map(each => ({ of, ...each })));
  const across = segments.filter(({ from, to }) => from.y === to.y);
  const down = segments.filter(({ from, to }) => from.x === to.x);
  const pairs = across.map(a =>
    down.filter(d => d.of !== a.of && between(a, 'x', d.from.x) && between(d, 'y', a.from.y)),
  );
  return pairs.reduce((sum, found) => sum + found.length, 0);
}

interface Segment {
  readonly from: Point;
  readonly to: Point;
}

const between = ({ from, to }: Segment, axis: 'x' | 'y', value: number): boolean =>
  Math.min(from[axis], to[axis]) < value && value < Math.max(from[axis], to[axis]);

/** How many parts of lines pass through a rectangle. */
export const passes = (lines: readonly Line[], { x, y, width, height }: Rectangle): number =>
  lines
    .flatMap(segmentsOf)
    .filter(
      ({ from, to }) =>
        Math.max(from.x, to.x) > x &&
        Math.min(from.x, to.x) < x + width &&
        Math.max(from.y, to.y) > y &&
        Math.min(from.y, to.y) < y + height,
    ).length;
