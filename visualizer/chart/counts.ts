import {
  asks,
  cutsFallbackShort,
  DENIAL,
  isGrant,
  isRecorded,
  type RecordedTransition,
} from './evidence.ts';
import { type ChartArrow, type ChartModel, leafOf, leavesBelow } from './model.ts';
import { ROOT } from './targets.ts';
import { arrowsAt, isWithin, silentlyFrom, type Way, waysFrom } from './ways.ts';

/** Recorded transitions of many operations or breakers that are alike. */
export interface CountRow {
  readonly from: string | null;
  readonly to: string;
  readonly event: string;
  readonly reason_kind: string | null;
  readonly count: number;
}

/** How often an arrow was taken. Records do not tell arrows apart that are recorded the same, so there are bounds. */
export interface ArrowCount {
  readonly least: number;
  /** Infinity for an arrow that nobody records. */
  readonly most: number;
  /** By the shortest ways, and as if each state were left as often as it was entered. */
  readonly estimate: number;
}

export const NO_COUNT: ArrowCount = { least: 0, most: 0, estimate: 0 };

export interface ArrowCounts {
  /** One for each arrow of the chart, by id. */
  readonly counts: ReadonlyMap<string, ArrowCount>;
  /** Ids of the arrows that were certainly never taken. */
  readonly never: readonly string[];
  /** Records that the chart does not explain. */
  readonly unexplained: number;
}

/** Rows, and all ways by which they may have come about. */
interface Explained {
  readonly row: CountRow;
  readonly ways: readonly Way[];
}

/** Works out how often each arrow was taken. */
export function arrowCounts(model: ChartModel, rows: readonly CountRow[]): ArrowCounts {
  const present = rows.filter(({ count }) => count > 0);
  const starts = present.filter(row => begins(model, row));
  const moves = present.filter(row => !begins(model, row));
  const denied = total(moves.filter(({ event }) => event === DENIAL));
  const again = total(moves.filter(cutsFallbackShort));
  const explain = (row: CountRow, leaf: string): readonly Way[] =>
    waysFrom(model, leaf, recordOf(row), { begun: undefined, cutFallback: again > 0 });
  const entered = starts.map(({ to }) => leafOf(model, to));
  const reached = reachable(model, [leafOf(model, ROOT), ...entered], moves, explain);
  const explained = moves
    .map(row => ({ row, ways: waysOf(reached, row, explain) }))
    .filter(({ ways }) => ways.length > 0);
  const estimates = estimated(model, starts, explained);
  const counts = new Map(
    [...model.arrows.values()].map(arrow => {
      const bounds = { ...boundsOf(arrow, explained), estimate: estimates.get(arrow.id) ?? 0 };
      if (isGrant(arrow)) return [arrow.id, afterDenials(bounds, denied, again)];
      const untold = !isRecorded(arrow) && !asks(arrow) && isReachable(model, arrow, reached);
      return [arrow.id, untold ? { ...bounds, most: Number.POSITIVE_INFINITY } : bounds];
    }),
  );
  return {
    counts,
    never: [...counts].filter(([, { most }]) => most === 0).map(([id]) => id),
    unexplained: total(moves) - total(explained.map(({ row }) => row)),
  };
}

const begins = (model: ChartModel, { from }: CountRow): boolean =>
  from === null || model.nodes.get(from)?.kind === 'final';

const recordOf = ({ from, to, event, reason_kind: kind }: CountRow): RecordedTransition => ({
  from_state: from,
  state: to,
  event,
  reason: kind === null ? null : { kind },
});

const total = (rows: readonly CountRow[]): number =>
  rows.reduce((sum, { count }) => sum + count, 0);

type Explain = (row: CountRow, leaf: string) => readonly Way[];

const waysOf = (leaves: Iterable<string>, row: CountRow, explain: Explain): readonly Way[] =>
  [...leaves]
    .filter(leaf => row.from !== null && isWithin(leaf, row.from))
    .flatMap(leaf => explain(row, leaf));

/** Leaves to which these records can have led. Where records are missing, a state may have been reached unseen. */
function reachable(
  model: ChartModel,
  begun: readonly string[],
  moves: readonly CountRow[],
  explain: Explain,
): ReadonlySet<string> {
  const reached = new Set(begun);
  const spread = () => {
    let before: number;
    do {
      before = reached.size;
      const told = moves.flatMap(row => waysOf(reached, row, explain)).map(({ leaf }) => leaf);
      const untold = [...reached].flatMap(leaf => silentlyFrom(model, leaf));
      for (const leaf of [...told, ...untold]) reached.add(leaf);
    } while (reached.size > before);
  };
  spread();
  for (const row of moves) {
    if (waysOf(reached, row, explain).length > 0) continue;
    const unseen = waysOf(leavesBelow(model, row.from ?? ROOT), row, explain);
    for (const { from } of unseen) reached.add(from);
    spread();
  }
  return reached;
}

const isReachable = (model: ChartModel, arrow: ChartArrow, reached: ReadonlySet<string>): boolean =>
  [...reached].some(leaf => arrowsAt(model, leaf).includes(arrow));

const has = ({ arrows }: Way, { id }: ChartArrow): boolean => arrows.some(each => each.id === id);

function boundsOf(arrow: ChartArrow, explained: readonly Explained[]) {
  const all = explained.filter(({ ways }) => ways.every(way => has(way, arrow)));
  const some = explained.filter(({ ways }) => ways.some(way => has(way, arrow)));
  return { least: total(all.map(({ row }) => row)), most: total(some.map(({ row }) => row)) };
}

/** Each denial is one of the requests that might have been granted; each fallback that was cut short may be called again instead. */
const afterDenials = (bounds: ArrowCount, denied: number, again: number): ArrowCount => ({
  least: Math.max(bounds.least, bounds.most - denied - again, 0),
  most: Math.max(0, bounds.most - denied),
  estimate: Math.max(0, bounds.estimate - denied),
});

/** Shares each row out among the leaves that it may have left. */
function estimated(
  model: ChartModel,
  starts: readonly CountRow[],
  explained: readonly Explained[],
): ReadonlyMap<string, number> {
  const estimates = new Map<string, number>();
  /** How much more often a leaf was entered than left. */
  const balance = new Map<string, number>();
  const add = (to: Map<string, number>, key: string, count: number) =>
    void to.set(key, (to.get(key) ?? 0) + count);
  const take = (way: Way, count: number) => {
    for (const { id } of way.arrows) add(estimates, id, count);
    add(balance, way.from, -count);
    add(balance, way.leaf, count);
  };
  for (const { to, count } of starts) add(balance, leafOf(model, to), count);
  const choices = explained.map(({ row, ways }) => ({ row, ways: likeliest(ways) }));
  // What is certain tells how often a leaf was entered and left, before what is not is shared out.
  for (const { row, ways } of choices.sort((a, b) => a.ways.length - b.ways.length)) {
    let left = row.count;
    for (const way of ways) {
      const share = Math.min(left, Math.max(0, balance.get(way.from) ?? 0));
      if (share > 0) take(way, share);
      left -= share;
    }
    const [first] = ways;
    if (first !== undefined && left > 0) take(first, left);
  }
  return estimates;
}

/** One way for each leaf: to a permit rather than without, then the shortest. */
function likeliest(ways: readonly Way[]): readonly Way[] {
  const granted = ways.filter(({ arrows }) => arrows.some(isGrant));
  const sorted = [...(granted.length > 0 ? granted : ways)].sort(
    (a, b) => a.arrows.length - b.arrows.length,
  );
  return sorted.filter((way, index) => sorted.findIndex(({ from }) => from === way.from) === index);
}
