import { assign, createActor, initialTransition, type SnapshotFrom } from 'xstate';
import { operationMachine } from '../../machines/operation/machine.ts';
import type { OperationContext, OperationInput } from '../../machines/operation/types.ts';
import { quietMachine } from './path-model.ts';

/** What an operation asked its breaker last: when, and what made it ask. */
export interface Asked {
  readonly at: number;
  readonly trigger: string;
}

/** The operation's chart, where nothing happens by itself. */
export const modelMachine = quietMachine(operationMachine).provide({
  actions: {
    // The breaker is not there: what would be asked is kept, for whoever answers.
    askForPermit: assign((_, asked: Asked) => ({ asked }) as Partial<OperationContext>) as never,
  },
});

const NOBODY: OperationInput = {
  operationId: '',
  name: '',
  policy: { maxRetries: 0, maxInterruptions: 0, whenOpen: 'fail', deadline: null, seed: 0 },
  at: 0,
};

export type ModelSnapshot = SnapshotFrom<typeof operationMachine>;

/** An event of the chart, and the move of a path that it is. */
export interface ModelEvent {
  readonly type: string;
  /** What happens, in the words of `moves.ts`. */
  readonly move: string;
  readonly output?: unknown;
}

export const initialModel = (input: OperationInput): ModelSnapshot =>
  initialTransition(modelMachine, input)[0];

/** An actor that is never started, for what a transition asks of one. XState's own way makes one for each transition. */
const actor = createActor(modelMachine, { input: NOBODY });
const scope = {
  self: actor,
  system: actor.system,
  id: actor.id,
  sessionId: actor.sessionId,
  logger: () => {},
  defer: () => {},
  stopChild: () => {},
  emit: () => {},
  actionExecutor: () => {},
};

export const nextModel = (snapshot: ModelSnapshot, event: ModelEvent): ModelSnapshot =>
  modelMachine.transition(snapshot, event as never, scope as never);

/** The chart where a stored snapshot stands. */
export function modelOf(stored: unknown): ModelSnapshot {
  const { value, context } = stored as Pick<ModelSnapshot, 'value' | 'context'>;
  return modelMachine.resolveState({ value, context } as never);
}

/** `in_progress.running` */
export function leafOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as Readonly<Record<string, unknown>>)
    .map(([state, inner]) => `${state}.${leafOf(inner)}`)
    .join(', ');
}

export const askedBy = ({ context }: ModelSnapshot): Asked =>
  (context as unknown as { readonly asked: Asked }).asked;

/** The instant that a state stands at: nothing but what the path says lets time pass. */
export function nowOf({ value, context }: ModelSnapshot): number {
  const { last, wait } = context;
  // That it waits for a slot now is not recorded.
  return leafOf(value) === 'recovering.queued' ? Math.max(last.at, wait.dueAt ?? 0) : last.at;
}

/** It goes on without anybody's doing. */
export function isPassing(snapshot: ModelSnapshot, now = nowOf(snapshot)): boolean {
  const leaf = leafOf(snapshot.value);
  if (leaf === 'in_progress.admitting') return true;
  const { dueAt } = snapshot.context.wait;
  const isTimed = leaf === 'recovering.backoff' || leaf === 'recovering.undoing';
  return isTimed && dueAt !== null && dueAt <= now;
}

/** It takes back what it has done. */
export const isUndoing = ({ value }: ModelSnapshot): boolean => leafOf(value).endsWith('undoing');

/** The undo that is called next, or is at work. */
export const nextUndo = ({ context }: ModelSnapshot): string | undefined =>
  context.undos?.left.at(-1)?.name;

/** A breaker that has refused it asks it back only when it lets it try. */
export const wasDenied = ({ context }: ModelSnapshot): boolean =>
  context.last.event === 'permit.denied';

/** It came to wait for a slot at the instant at which something else happened to it: nothing can be put in between. */
export const cameAtOnce = (snapshot: ModelSnapshot): boolean =>
  wasDenied(snapshot) || (snapshot.context.wait.dueAt ?? 0) <= snapshot.context.last.at;

/** It waits no more for a lock. */
export const hasLock = ({ context }: ModelSnapshot): boolean =>
  context.last.event === 'lock.granted';

/** What decides about the future. Retries and interruptions are not multiplied with each other, and instants are left out. */
export function essenceOf(snapshot: ModelSnapshot): string {
  const { value, context } = snapshot;
  const { counts, held, wait, ending } = context;
  const troubles =
    counts.interruptions > 0
      ? ['interrupted', counts.interruptions]
      : [counts.retries, counts.byCategory ?? {}];
  const leaf = leafOf(value);
  const left = context.undos?.left.length ?? 0;
  if (isUndoing(snapshot)) {
    const { failures = 0, interruptions = 0 } = context.undos ?? {};
    const tries = interruptions > 0 ? ['interrupted', interruptions] : failures;
    return JSON.stringify([leaf, ending?.state, isPassing(snapshot), left, tries]);
  }
  const denied =
    (leaf === 'in_progress.admitting' && wasDenied(snapshot)) ||
    (leaf === 'recovering.queued' && cameAtOnce(snapshot));
  const kinds = [held, wait.dueAt, wait.remaining].map(part => part === null);
  // Nothing was left to wait for: it goes on at once.
  const spent = wait.remaining === 0;
  const locked = leaf === 'pending.queued' && hasLock(snapshot);
  return JSON.stringify([
    leaf,
    troubles,
    ending?.state,
    isPassing(snapshot),
    denied,
    locked,
    kinds,
    spent,
    left,
  ]);
}
