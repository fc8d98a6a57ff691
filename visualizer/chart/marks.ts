import { type ArrowCount, NO_COUNT } from './counts.ts';
import type { DrawnEdge } from './drawing.ts';
import { type ChartModel, lineage } from './model.ts';

/** What the picture says beyond the chart: where one is, what was taken, how often. */
export interface Marks {
  readonly active: ReadonlySet<string>;
  readonly taken: ReadonlySet<string>;
  /** The arrows that were taken last, in their order. */
  readonly latest: readonly string[];
  readonly counts: ReadonlyMap<string, ArrowCount> | undefined;
  readonly threshold: number;
}

/** Active states with those around them. */
export const lit = (active: readonly string[]): ReadonlySet<string> =>
  new Set(active.flatMap(lineage));

export const countOf = ({ counts }: Marks, arrow: string): ArrowCount | undefined =>
  counts === undefined ? undefined : (counts.get(arrow) ?? NO_COUNT);

/** Counts are given, and say that it was taken less often than the threshold. */
export function isRare(marks: Marks, arrow: string): boolean {
  const count = countOf(marks, arrow);
  return count !== undefined && count.most < marks.threshold;
}

export interface EdgeMarks {
  readonly taken: boolean;
  readonly rare: boolean;
  /** Place of its arrow among those taken last, or -1. */
  readonly turn: number;
}

export function edgeMarks(marks: Marks, { arrows }: DrawnEdge): EdgeMarks {
  return {
    taken: arrows.some(arrow => marks.taken.has(arrow)),
    rare: arrows.length > 0 && arrows.every(arrow => isRare(marks, arrow)),
    turn: marks.latest.findIndex(arrow => arrows.includes(arrow)),
  };
}

/** `120`, or `~1.2k` where the history does not tell all; nothing for nothing. */
export function countWords({ estimate, least, most }: ArrowCount): string {
  if (estimate === 0) return '';
  return `${least === most ? '' : '~'}${short(estimate)}`;
}

function short(count: number): string {
  if (count < 1_000) return String(count);
  const [divisor, unit] = count < 999_500 ? [1_000, 'k'] : [1_000_000, 'M'];
  const scaled = count / divisor;
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`;
}

/** For `data-count`: `7`, or `2-7` where the history does not tell all, or `2-` where there is no upper bound. */
export const countRange = ({ least, most }: ArrowCount): string =>
  least === most ? String(least) : `${least}-${Number.isFinite(most) ? most : ''}`;

/** The picture in words, for whoever does not see it. */
export function description(model: ChartModel, marks: Marks): string {
  const leaves = [...marks.active].filter(path => model.nodes.get(path)?.kind !== 'compound');
  const words = (arrows: readonly string[]) =>
    arrows.map(id => model.arrows.get(id)?.label ?? id).join(', ');
  const active = leaves.map(path => path.split('.').join(' › ')).join(', ');
  const sentences = [
    active === '' ? 'No state is active.' : `Active state: ${active}.`,
    marks.latest.length === 0 ? '' : `Taken last: ${words(marks.latest)}.`,
    marks.taken.size === 0 ? '' : `${marks.taken.size} of ${model.arrows.size} arrows taken.`,
  ];
  return sentences.filter(sentence => sentence !== '').join(' ');
}
