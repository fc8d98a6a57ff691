import { getAdjacencyMap, getShortestPaths, getSimplePaths } from '@xstate/graph';
import type { OperationInput } from '../../machines/operation/types.ts';
import { ConfigError } from '../errors.ts';
import type { RecoveryState } from '../ports.ts';
import type { Setting } from './move-events.ts';
import { movesAt } from './moves.ts';
import {
  essenceOf,
  initialModel,
  isPassing,
  isUndoing,
  leafOf,
  type ModelEvent,
  type ModelSnapshot,
  modelMachine,
  nextModel,
  nextUndo,
} from './operation-model.ts';

/** One event of the chart on a path. */
export interface PlannedStep {
  readonly move: string;
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly attempt: number;
  /** The undo that it stands before, or that is at work, where it takes back. */
  readonly undo?: string;
  /** The state that it leads to, as far as it decides about the future. */
  readonly essence: string;
  /** It goes on from there by itself. */
  readonly passing: boolean;
}

/** A life of an operation, from its start to its end. */
export interface Plan {
  readonly steps: readonly PlannedStep[];
  readonly endsIn: RecoveryState;
}

export interface PlanOptions {
  readonly paths: 'shortest' | 'simple';
  readonly maxPaths: number;
}

interface Edge {
  readonly event: ModelEvent;
  readonly state: ModelSnapshot;
}
type Graph = Readonly<
  Record<string, { readonly state: ModelSnapshot; readonly transitions: Record<string, Edge> }>
>;

/** States and moves that a graph is looked through for before it is given up. */
const LIMIT = 100_000;

/** Every path that is asked for, none of which is the beginning of another one. @throws ConfigError where there are too many */
export function plansOf(input: OperationInput, setting: Setting, options: PlanOptions): Plan[] {
  const traversal = {
    input,
    events: (state: ModelSnapshot) => movesAt(state, setting) as never,
    serializeState: essenceOf,
    serializeEvent: (event: object) => (event as ModelEvent).move,
    // An actor that has ended takes no events.
    stopWhen: ({ status }: ModelSnapshot) => status === 'done',
    limit: LIMIT,
  };
  const graph = getAdjacencyMap(modelMachine, traversal) as unknown as Graph;
  const movesOf = (path: ReturnType<typeof getShortestPaths>[number]) =>
    path.steps
      .map(({ event }) => (event as unknown as ModelEvent).move)
      .filter(move => move !== undefined);
  const found =
    options.paths === 'simple'
      ? getSimplePaths(modelMachine, {
          ...traversal,
          toState: ({ status }: ModelSnapshot) => status === 'done',
        }).map(movesOf)
      : oneFurther(getShortestPaths(modelMachine, traversal), graph, movesOf);
  const ends = endings(graph);
  const plans = new Map<string, Plan>();
  for (const moves of found) {
    const plan = planned(input, setting, moves, ends);
    plans.set(plan.steps.map(({ move }) => move).join('\n'), plan);
  }
  const all = withoutBeginnings(plans);
  if (all.length <= options.maxPaths) return all;
  throw new ConfigError(
    `there are ${all.length} paths, more than maxPaths (${options.maxPaths}): name fewer outcomes, or lower limits`,
    { details: { paths: all.length } },
  );
}

/** Each shortest path, and each of its states' other moves where that move between those states is on none. */
function oneFurther<Path extends { readonly state: unknown; readonly weight: number }>(
  shortest: readonly Path[],
  graph: Graph,
  movesOf: (path: Path) => string[],
): string[][] {
  const paths = [...shortest].sort((one, other) => one.weight - other.weight);
  const seen = new Set<string>();
  const found = paths.map(movesOf);
  for (const path of paths) {
    const { state, transitions } = graph[essenceOf(path.state as ModelSnapshot)] ?? {};
    if (state === undefined || transitions === undefined) continue;
    for (const { event, state: next } of Object.values(transitions)) {
      const kind = `${kindOf(state)} -- ${event.move} -> ${kindOf(next)}`;
      if (seen.has(kind)) continue;
      seen.add(kind);
      found.push([...movesOf(path), event.move]);
    }
  }
  return found;
}

/** What tells two arrows apart: where it stands, what its end will be, and whether retries are left. */
const kindOf = (snapshot: ModelSnapshot) => {
  const { value, context } = snapshot;
  const { counts, ending, undos } = context;
  const leaf = leafOf(value);
  // Which end it comes to matters to what it does only when it does.
  if (isUndoing(snapshot)) return JSON.stringify([leaf, (undos?.failures ?? 0) > 0]);
  const hasUndos = nextUndo(snapshot) !== undefined;
  return JSON.stringify([leaf, ending?.state ?? null, counts.retries > 0, hasUndos]);
};

/** From each state the move that leads to an end soonest: to a success where there is one. */
function endings(graph: Graph): ReadonlyMap<string, string> {
  const onward = new Map<string, string>();
  const before = new Map<string, [essence: string, move: string][]>();
  for (const [essence, { transitions }] of Object.entries(graph)) {
    for (const { event, state } of Object.values(transitions)) {
      const next = essenceOf(state);
      before.set(next, [...(before.get(next) ?? []), [essence, event.move]]);
    }
  }
  for (const good of [true, false]) {
    const line = Object.entries(graph)
      .filter(([, { state }]) => state.status === 'done' && (state.value === 'success') === good)
      .map(([essence]) => essence);
    for (let next = line.shift(); next !== undefined; next = line.shift()) {
      for (const [essence, move] of before.get(next) ?? []) {
        if (onward.has(essence) || graph[essence]?.state.status === 'done') continue;
        onward.set(essence, move);
        line.push(essence);
      }
    }
  }
  return onward;
}

/** Moves that a path may take to its end beyond what was asked for. */
const MOST = 1_000;

/** Plays the moves, and those that lead to an end from there. */
function planned(
  input: OperationInput,
  setting: Setting,
  moves: readonly string[],
  ends: ReadonlyMap<string, string>,
): Plan {
  let snapshot = initialModel(input);
  const steps: PlannedStep[] = [];
  const take = (move: string): boolean => {
    const event = movesAt(snapshot, setting).find(one => one.move === move);
    if (event === undefined) return false;
    const from = leafOf(snapshot.value);
    const undo = isUndoing(snapshot) ? nextUndo(snapshot) : undefined;
    snapshot = nextModel(snapshot, event);
    steps.push({
      move,
      type: event.type,
      from,
      to: leafOf(snapshot.value),
      attempt: snapshot.context.attempt,
      essence: essenceOf(snapshot),
      passing: isPassing(snapshot),
      ...(undo === undefined ? {} : { undo }),
    });
    return true;
  };
  for (const move of moves) if (!take(move)) break;
  while (snapshot.status !== 'done' && steps.length < moves.length + MOST) {
    const move = ends.get(essenceOf(snapshot));
    if (move === undefined || !take(move)) break;
  }
  if (snapshot.status !== 'done') {
    throw new ConfigError(
      `with these outcomes an operation never ends from ${leafOf(snapshot.value)}: name one that ends it, such as 'success'`,
    );
  }
  return { steps, endsIn: leafOf(snapshot.value) as RecoveryState };
}

function withoutBeginnings(plans: ReadonlyMap<string, Plan>): Plan[] {
  const names = [...plans.keys()].sort();
  const kept = names.filter((name, index) => !names[index + 1]?.startsWith(`${name}\n`));
  return kept
    .map(name => plans.get(name) as Plan)
    .sort((one, other) => one.steps.length - other.steps.length);
}
