import { getAdjacencyMap, getShortestPaths } from '@xstate/graph';
import type {
  AnyEventObject,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
  SnapshotFrom,
} from 'xstate';
import { getNextSnapshot } from 'xstate';
import { nextLeaseEnd } from '../../../machines/breaker/half-open.ts';
import { breakerMachine } from '../../../machines/breaker/machine.ts';
import { arrowOf } from '../../../services/testing/arrows.ts';
import { toPathModel } from '../../../testing.ts';
import { AT, type ScriptedEvent } from '../../machines/support/breaker-events.ts';

export type BreakerSnapshot = SnapshotFrom<typeof breakerMachine>;

/** The breaker's chart with an event for each of its arrows' types. */
export function breakerModel(events: readonly ScriptedEvent[]) {
  const byType: Record<string, AnyEventObject[]> = {};
  for (const event of events) {
    byType[event.type] = [...(byType[event.type] ?? []), { payload: true, ...event }];
  }
  // Those of the other variant.
  for (const type of ['rate.take', 'open_time.drawn', 'turn.passed', 'operation.stop']) {
    byType[type] ??= [{ type, at: 0 }];
  }
  byType['xstate.error.actor.operation.x'] ??= [{ type: 'xstate.error.actor.operation.x' }];
  return toPathModel(breakerMachine, byType).machine;
}

type Model = ReturnType<typeof breakerModel>;

/** What decides about the future; numbers that only grow, and instants, are left out. */
export function essence({ value, context }: BreakerSnapshot): string {
  const { window, probes, halfOpen, budget, rate, override, settings } = context;
  // Where it never opens, a row of failures has no end.
  const known = window.kind === 'consecutive' ? Math.min(window.failures, 2) : window;
  const who = probes.map(({ operationId }) => operationId);
  const bucket = budget === null ? null : [budget.tokens, budget.wanted];
  const kinds = [rate, override].map(part => part === null);
  return JSON.stringify([value, known, who, halfOpen, bucket, settings.mode, ...kinds]);
}

/** When what is invoked ends by itself; undefined where it does not. */
export function dueAt({ context }: BreakerSnapshot, timer: string): number | undefined {
  if (timer === 'lease') return nextLeaseEnd(context) ?? undefined;
  return (timer === 'timer' ? context.openUntil : context.override?.until) ?? undefined;
}

const TIMER = /^xstate\.done\.actor\.(timer|lease|override)$/;
export const timerOf = (type: string): string | undefined => TIMER.exec(type)?.[1];

/** An event as it is sent to a breaker in such a state, now; undefined where it cannot come. */
export function concrete(
  event: ScriptedEvent,
  snapshot: BreakerSnapshot,
  now: number,
): AnyEventObject | undefined {
  const { generation, settings } = snapshot.context;
  const timer = timerOf(event.type);
  if (timer !== undefined) {
    const at = dueAt(snapshot, timer);
    return at === undefined ? undefined : { type: event.type, output: { at } };
  }
  if (event.type === 'configure') {
    const next = { ...settings, ...event.changed, version: settings.version + 1 };
    return { type: 'configure', at: now, settings: next };
  }
  // One asks a little later than the other, so that their leases do not end together.
  if (event.type === 'permit.request') return { ...event, at: now + event.at - AT };
  if (!('permit' in event)) return 'at' in event ? { ...event, at: now } : event;
  const permit = { ...event.permit, at: now, generation: event.late ? generation - 1 : generation };
  return event.type === 'permit.return'
    ? { type: event.type, ...permit }
    : { type: event.type, output: { permit } };
}

/** The part of XState's state nodes that chooses. */
interface Choosing {
  next(snapshot: object, event: object): readonly AnyTransitionDefinition[] | undefined;
}

/** The arrow that a chart takes on an event. */
function taken(snapshot: BreakerSnapshot, event: AnyEventObject): string | undefined {
  const { _nodes } = snapshot as unknown as { readonly _nodes: readonly AnyStateNode[] };
  for (let node = _nodes.at(-1); node !== undefined; node = node.parent as AnyStateNode) {
    const transition = (node as unknown as Choosing).next(snapshot, event)?.[0];
    if (transition !== undefined) return arrowOf(transition).key;
  }
  return undefined;
}

export const next = (model: Model, snapshot: BreakerSnapshot, event: AnyEventObject) =>
  getNextSnapshot(model, snapshot, event as never) as BreakerSnapshot;

/** For each arrow that can be taken from a state on, the shortest path along it. */
export function pathsAlongArrows(
  model: Model,
  begun: BreakerSnapshot,
  events: readonly ScriptedEvent[],
): readonly (readonly ScriptedEvent[])[] {
  const possible = (snapshot: BreakerSnapshot) =>
    events.flatMap(script => {
      const now = Math.max(begun.context.last.at, snapshot.context.last.at);
      const event = concrete(script, snapshot, now);
      return event === undefined ? [] : [{ ...event, script }];
    });
  const options = {
    fromState: model.resolveState({ value: begun.value, context: begun.context } as never),
    events: possible as never,
    serializeState: essence,
    serializeEvent: (event: object) => JSON.stringify((event as { script: unknown }).script),
    limit: 50_000,
  } as never;
  const scripts = (steps: readonly { readonly event: object }[]) =>
    steps
      .map(({ event }) => (event as { readonly script?: ScriptedEvent }).script)
      .filter(script => script !== undefined);
  const graph = getAdjacencyMap(model as AnyStateMachine, options) as unknown as Record<
    string,
    { transitions: Record<string, { event: AnyEventObject & { script: ScriptedEvent } }> }
  >;
  const shortest = [...getShortestPaths(model as AnyStateMachine, options)].sort(
    (a, b) => a.weight - b.weight,
  );
  const found = new Map<string, readonly ScriptedEvent[]>();
  for (const { state, steps } of shortest) {
    const snapshot = state as BreakerSnapshot;
    for (const { event } of Object.values(graph[essence(snapshot)]?.transitions ?? {})) {
      const { script, ...sent } = event;
      const arrow = taken(snapshot, sent as AnyEventObject);
      if (arrow === undefined || found.has(arrow)) continue;
      found.set(arrow, [...scripts(steps), script]);
    }
  }
  return [...found.values()];
}
