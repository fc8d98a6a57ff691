import { FONTS, LINE_HEIGHT, type Measure } from './fonts.ts';
import type { ChartArrow } from './model.ts';
import { eventWords } from './words.ts';

/** What stands beside an edge. Rows are counted from the top; widths and distances are in pixels. */
export interface Label {
  /** One entry for each arrow of the edge. */
  readonly entries: readonly LabelEntry[];
  readonly width: number;
  readonly height: number;
}

export interface LabelEntry {
  /** Id of the arrow that it is about. */
  readonly arrow: string;
  /** The first row. */
  readonly row: number;
  /** The event, and in brackets the guard, in as many lines as they take. */
  readonly lines: readonly string[];
  /** Width of the longest line. */
  readonly width: number;
  /** Where there is room for a count. */
  readonly badge: { readonly row: number; readonly left: number } | null;
}

export interface LabelStyle {
  readonly measure: Measure;
  /** Pixels from which a label is broken into lines. */
  readonly maxWidth: number;
  /** Whether there is room for counts. */
  readonly badges: boolean;
}

/** Room at the sides of a label's text. */
export const LABEL_PADDING = 4;
export const BADGE_WIDTH = 32;
const BADGE_DISTANCE = 4;

/** How much longer than the width a single name may be. */
const LONG = 1.4;

export function labelOfEdge(arrows: readonly ChartArrow[], style: LabelStyle): Label {
  const entries: LabelEntry[] = [];
  let row = 0;
  let width = 0;
  for (const arrow of arrows) {
    const entry = entryOf(arrow, row, style);
    entries.push(entry);
    row = Math.max(row + entry.lines.length, (entry.badge?.row ?? 0) + 1);
    width = Math.max(width, entry.width, entry.badge === null ? 0 : entry.badge.left + BADGE_WIDTH);
  }
  return {
    entries,
    width: Math.ceil(width) + 2 * LABEL_PADDING,
    height: row * LINE_HEIGHT + LABEL_PADDING,
  };
}

function entryOf(arrow: ChartArrow, row: number, style: LabelStyle): LabelEntry {
  const lines = linesOf(arrow, style);
  const widths = lines.map(line => style.measure(line, FONTS.label));
  const width = Math.max(...widths);
  const left = (widths.at(-1) ?? 0) + BADGE_DISTANCE;
  const isBeside = left + BADGE_WIDTH <= Math.max(width, style.maxWidth);
  const last = row + lines.length - 1;
  const place = isBeside ? { row: last, left } : { row: last + 1, left: 0 };
  return { arrow: arrow.id, row, lines, width, badge: style.badges ? place : null };
}

function linesOf(arrow: ChartArrow, { measure, maxWidth }: LabelStyle): readonly string[] {
  if (arrow.guard === null || measure(arrow.label, FONTS.label) <= maxWidth) return [arrow.label];
  const parts = `[${arrow.guard}]`.split(/(?<= (?:and|or)) /).flatMap(part => {
    const isLong = measure(part, FONTS.label) > maxWidth * LONG;
    return isLong ? atHump(part) : [part];
  });
  return [eventWords(arrow.event), ...parts];
}

/** A long name in two lines, broken before the capital letter that is nearest to its middle. */
function atHump(name: string): readonly string[] {
  const humps = [...name.matchAll(/(?<=[a-z])[A-Z]/g)].map(({ index }) => index);
  const [first, ...others] = humps;
  if (first === undefined) return [name];
  const off = (index: number): number => Math.abs(index - name.length / 2);
  const middle = others.reduce((best, index) => (off(index) < off(best) ? index : best), first);
  return [name.slice(0, middle), name.slice(middle)];
}
