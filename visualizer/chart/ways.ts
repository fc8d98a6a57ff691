import {
  asks,
  fits,
  isGrant,
  isRecorded,
  needsCutFallback,
  type RecordedTransition,
  says,
} from './evidence.ts';
import { type ChartArrow, type ChartModel, leafOf, lineage } from './model.ts';
import { ROOT } from './targets.ts';

/** Arrows that may have been taken, one after the other, for one record. */
export interface Way {
  readonly from: string;
  readonly arrows: readonly ChartArrow[];
  /** Where it leads. */
  readonly leaf: string;
  /** It ends with a request whose answer is not in this record. */
  readonly asked: boolean;
}

/** What is known besides the record. */
export interface Circumstances {
  /** Whether an attempt has begun with it; undefined when that is not known. */
  readonly begun: boolean | undefined;
  /** Whether a fallback has been cut short before. */
  readonly cutFallback: boolean;
}

/**
 * Every way from a leaf that history would have recorded like this: arrows that nobody records, then one that is, no leaf twice.
 * Shorter ones come first, then those that the chart tries first.
 */
export function waysFrom(
  model: ChartModel,
  leaf: string,
  record: RecordedTransition,
  circumstances: Circumstances,
): readonly Way[] {
  const { from_state: from, state, event, reason } = record;
  const { begun, cutFallback } = circumstances;
  const key = JSON.stringify([leaf, from, state, event, reason?.kind, begun ?? null, cutFallback]);
  const ofModel = known.get(model) ?? new Map<string, readonly Way[]>();
  known.set(model, ofModel);
  const ways = ofModel.get(key) ?? search(model, leaf, record, circumstances);
  ofModel.set(key, ways);
  return ways;
}

/** Histories say the same few things over and over. */
const known = new WeakMap<ChartModel, Map<string, readonly Way[]>>();

function search(
  model: ChartModel,
  leaf: string,
  record: RecordedTransition,
  circumstances: Circumstances,
): readonly Way[] {
  const found: Way[] = [];
  const walk = (at: string, before: readonly ChartArrow[], visited: readonly string[]): void => {
    const last = before.at(-1);
    const waits = last !== undefined && asks(last);
    for (const arrow of arrowsAt(model, at)) {
      if (waits && !isGrant(arrow)) continue;
      if (needsCutFallback(arrow) && !circumstances.cutFallback) continue;
      const arrows = [...before, arrow];
      const next = after(model, at, arrow);
      const way = { from: leaf, arrows, leaf: next, asked: asks(arrow) };
      if (isRecorded(arrow) || way.asked) {
        if (explains(model, way, record, circumstances)) found.push(way);
        if (isRecorded(arrow)) continue;
      }
      if (!visited.includes(next)) walk(next, arrows, [...visited, next]);
    }
  };
  walk(leaf, [], [leaf]);
  return found.sort((a, b) => a.arrows.length - b.arrows.length);
}

/** Leaves to which one gets from a leaf without a record, itself included; one never rests where a permit is asked for. */
export function silentlyFrom(model: ChartModel, leaf: string): readonly string[] {
  const reached = [leaf];
  for (const at of reached) {
    for (const arrow of arrowsAt(model, at)) {
      const next = after(model, at, arrow);
      if (!isRecorded(arrow) && !asks(arrow) && !reached.includes(next)) reached.push(next);
    }
  }
  return reached;
}

/** The arrows that may be taken in a leaf, its own before those of the states around it, which it may forbid. */
export function arrowsAt(model: ChartModel, leaf: string): readonly ChartArrow[] {
  if (model.nodes.get(leaf)?.kind === 'final') return [];
  const taken = new Set<string>();
  return [...lineage(leaf), ROOT].flatMap(path => {
    const arrows = (model.nodes.get(path)?.arrows ?? [])
      .map(id => model.arrows.get(id) as ChartArrow)
      .filter(({ event }) => !taken.has(event));
    for (const { event, guard } of arrows) if (guard === null) taken.add(event);
    return arrows;
  });
}

function after(model: ChartModel, leaf: string, { targets: [target] }: ChartArrow): string {
  return target === undefined ? leaf : leafOf(model, target);
}

function explains(
  model: ChartModel,
  { arrows, leaf }: Way,
  record: RecordedTransition,
  { begun }: Circumstances,
): boolean {
  const granted = arrows.some(isGrant);
  if (begun !== undefined && begun !== granted) return false;
  if (!isWithin(leaf, record.state)) return false;
  // A grant is recorded under the word of what asked for it.
  const said = arrows.findLast(arrow => !isGrant(arrow));
  const last = arrows.at(-1);
  if (said === undefined || last === undefined) return false;
  return says(model, record.event, said) && fits(last, record);
}

export const isWithin = (path: string, state: string): boolean =>
  path === state || path.startsWith(`${state}.`);
