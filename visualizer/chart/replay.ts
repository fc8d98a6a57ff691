import { cutsFallbackShort, DENIAL, type RecordedTransition } from './evidence.ts';
import { type ChartModel, leafOf, leavesBelow } from './model.ts';
import { ROOT } from './targets.ts';
import { type Circumstances, isWithin, silentlyFrom, type Way, waysFrom } from './ways.ts';

/** What a recorded transition was in the chart. */
export interface ReplayStep {
  /** Ids of the arrows, in the order in which they were taken; none where something begins anew, or where the chart explains nothing. */
  readonly taken: readonly string[];
  /** The leaf that is active after it. */
  readonly active: string;
  /** Whether no other arrows would have been recorded the same. */
  readonly exact: boolean;
  /** The leaves in which it may be by then, the likeliest first: some arrows are not recorded. */
  readonly possible: readonly string[];
}

export interface Replay {
  /** One for each record. */
  readonly steps: readonly ReplayStep[];
  /** After the last record; before the first, where the chart begins. */
  readonly active: string;
  readonly possible: readonly string[];
  /** Arrows taken at least once. */
  readonly taken: ReadonlySet<string>;
  /** Arrows of the last record. */
  readonly latest: readonly string[];
}

/** Finds the arrows that an operation or a breaker has taken, from its whole history or the later part of it, oldest first. */
export function replay(model: ChartModel, history: readonly RecordedTransition[]): Replay {
  const steps = stretches(model, history).flatMap(stretch => stepsOf(model, stretch));
  const last = steps.at(-1);
  const active = last?.active ?? leafOf(model, ROOT);
  return {
    steps,
    active,
    possible: last?.possible ?? [active],
    taken: new Set(steps.flatMap(({ taken }) => taken)),
    latest: last?.taken ?? [],
  };
}

/** Records that follow from each other: the ways for each, after the leaves where they begin. */
interface Stretch {
  readonly begins: readonly string[];
  /** What its first record says: that something is new, nothing that can be explained, or what the first of the ways are for. */
  readonly first: 'new' | 'unexplained' | 'way';
  readonly ways: (readonly Way[])[];
}

/** A new stretch begins where an actor is new, where records are missing, and where the chart explains nothing. */
function stretches(model: ChartModel, history: readonly RecordedTransition[]): readonly Stretch[] {
  const found: Stretch[] = [];
  let leaves: readonly string[] = [];
  let cutFallback = false;
  const begin = (begins: readonly string[], first: Stretch['first']) => {
    found.push({ begins, first, ways: [] });
    leaves = begins;
  };
  for (const [index, record] of history.entries()) {
    const { from_state: from } = record;
    const isNew = from === null || model.nodes.get(from)?.kind === 'final';
    if (isNew) begin(startOf(model, record), 'new');
    else {
      const around = circumstances(record, history[index - 1], cutFallback);
      const isAsked = history[index + 1]?.event === DENIAL;
      let ways = waysOf(model, within(leaves, from), record, around, isAsked);
      if (ways.length === 0) {
        const all = leavesBelow(model, from);
        ways = waysOf(model, all, record, { ...around, begun: undefined }, isAsked);
        if (ways.length > 0) begin(all, 'way');
      }
      if (ways.length === 0) begin(startOf(model, record), 'unexplained');
      else {
        found.at(-1)?.ways.push(ways);
        leaves = distinct(ways.map(({ leaf }) => leaf));
      }
    }
    cutFallback = !isNew && (cutFallback || cutsFallbackShort(record));
  }
  return found;
}

const startOf = (model: ChartModel, { state }: RecordedTransition): readonly string[] => [
  model.nodes.has(state) ? leafOf(model, state) : state,
];

const within = (leaves: readonly string[], state: string): readonly string[] =>
  leaves.filter(leaf => isWithin(leaf, state));

function circumstances(
  { attempt }: RecordedTransition,
  before: RecordedTransition | undefined,
  cutFallback: boolean,
): Circumstances {
  const known = attempt !== undefined && before?.attempt !== undefined;
  return { begun: known ? attempt > (before.attempt ?? 0) : undefined, cutFallback };
}

/** A request is a record of its own only where it is denied next. */
function waysOf(
  model: ChartModel,
  leaves: readonly string[],
  record: RecordedTransition,
  around: Circumstances,
  isAsked: boolean,
): readonly Way[] {
  const ways = leaves.flatMap(leaf => waysFrom(model, leaf, record, around));
  const fitting = ways.filter(({ asked }) => asked === isAsked);
  return fitting.length > 0 ? fitting : ways;
}

function stepsOf(model: ChartModel, { begins, first, ways }: Stretch): readonly ReplayStep[] {
  const live = ending(ways);
  const cheapest = likeliest(live);
  const steps = live.map((alternatives, index): ReplayStep => {
    const way = cheapest[index] as Way;
    const routes = new Set(alternatives.map(({ arrows }) => arrows.map(({ id }) => id).join(' ')));
    const leaves = distinct([way.leaf, ...alternatives.map(({ leaf }) => leaf)]);
    return {
      taken: way.arrows.map(({ id }) => id),
      active: way.leaf,
      exact: routes.size === 1,
      possible: distinct(leaves.flatMap(leaf => silentlyFrom(model, leaf))),
    };
  });
  if (first === 'way') return steps;
  const [active = ROOT] = begins;
  const possible = silentlyFrom(model, active);
  return [{ taken: [], active, exact: first === 'new', possible }, ...steps];
}

/** Without the ways from which no later record follows. */
function ending(ways: readonly (readonly Way[])[]): readonly (readonly Way[])[] {
  const live: (readonly Way[])[] = [];
  let next: readonly Way[] | undefined;
  for (const alternatives of [...ways].reverse()) {
    const later: readonly Way[] | undefined = next;
    next =
      later === undefined
        ? alternatives
        : alternatives.filter(({ leaf }) => later.some(({ from }) => from === leaf));
    live.unshift(next);
  }
  return live;
}

interface Route {
  readonly length: number;
  readonly way: Way;
  readonly before: Route | undefined;
}

/** Of all ways that fit together, those with the fewest arrows. */
function likeliest(live: readonly (readonly Way[])[]): readonly Way[] {
  let routes: ReadonlyMap<string, Route> | undefined;
  for (const alternatives of live) {
    const further = new Map<string, Route>();
    for (const way of alternatives) {
      const before = routes?.get(way.from);
      if (routes !== undefined && before === undefined) continue;
      const length = (before?.length ?? 0) + way.arrows.length;
      const known = further.get(way.leaf);
      if (known === undefined || length < known.length) {
        further.set(way.leaf, { length, way, before });
      }
    }
    routes = further;
  }
  const ends = [...(routes?.values() ?? [])];
  const ways: Way[] = [];
  let route = ends.find(({ length }) => ends.every(other => length <= other.length));
  for (; route !== undefined; route = route.before) ways.push(route.way);
  return ways.reverse();
}

const distinct = (paths: readonly string[]): readonly string[] => [...new Set(paths)];
