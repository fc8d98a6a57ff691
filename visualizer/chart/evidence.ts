import type { ChartArrow, ChartModel } from './model.ts';

/**
 * What a history's records have to do with the charts' arrows. Which arrows were taken is searched; what cannot be searched is written down
 * here: which actions write a record, and what its words say about the event and the guard.
 */

/** A change that history tells of. The states are outermost ones. */
export interface RecordedTransition {
  readonly from_state: string | null;
  readonly state: string;
  readonly event: string;
  /** Attempts begun; a breaker has none. */
  readonly attempt?: number | undefined;
  readonly reason: { readonly kind: string } | null;
}

/** Actions that number a transition, so that history tells of it. */
const RECORDING = new Set([
  'record',
  'recordPause',
  'recordContinuation',
  'trip',
  'noteTrip',
  'reopen',
  'close',
  'halfOpen',
  'endOverride',
  'force',
  'reset',
  'changeMode',
]);

export const isRecorded = ({ actions }: ChartArrow): boolean =>
  actions.some(action => RECORDING.has(action));

/** The breaker answers at once: a request is recorded together with its answer. */
export const asks = ({ actions }: ChartArrow): boolean => actions.includes('askForPermit');
export const isGrant = ({ event }: ChartArrow): boolean => event === 'permit.granted';
export const DENIAL = 'permit.denied';

/** Actors that do nothing but wait: when they are done, something is `due`. */
const WAITING = new Set(['timer', 'gate', 'slot']);

/** What a permit that comes back says about the attempt. */
const OUTCOMES = new Set(['success', 'failure', 'ignored']);

/** Whether a record under this word may come from an arrow of this event. */
export function says(model: ChartModel, word: string, arrow: ChartArrow): boolean {
  const { event, source } = arrow;
  if (word === event) return true;
  if (OUTCOMES.has(word)) {
    return event === 'permit.return' || event.startsWith('xstate.done.actor.operation.');
  }
  const [, how, actor] = /^xstate\.(done|error)\.actor\.(.*)$/.exec(event) ?? [];
  if (actor === undefined) return false;
  if (word === 'due') {
    const { invoked = [] } = model.nodes.get(source) ?? {};
    return how === 'done' && invoked.some(({ id, src }) => id === actor && WAITING.has(src));
  }
  // Who has waited and asks says no more than that it is due.
  if (asks(arrow)) return false;
  const broke = word === `${actor}.error`;
  return how === 'error' ? broke : !broke && word.startsWith(`${actor}.`);
}

/** No reason. */
const NONE = '';

/** Kinds of reasons that are given where a guard has held. Guards that are not here go with any, and with none. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  succeeded: ['succeeded', 'fallback'],
  mayRetry: ['retry'],
  goesOn: ['interrupted', 'suspended'],
  hasUndos: ['undo'],
  expiredBeforeUndos: ['undo'],
  undoesMore: ['undo', 'undo_retry', 'undo_failed', 'interrupted', 'suspended'],
  isFallingBack: [NONE],
  waits: ['circuit_open', 'budget_empty'],
  expired: ['limit'],
  expiredBeforeFallback: ['limit'],
  trips: ['threshold'],
  crosses: ['would_trip'],
  closes: ['probe_succeeded'],
  reopens: ['probe_failed'],
};

export function fits(arrow: ChartArrow, { reason }: RecordedTransition): boolean {
  const kind = reason?.kind ?? NONE;
  if (isGrant(arrow)) return kind === NONE;
  // That an undo is called has a reason, unlike a retry or a fallback that is due.
  if (callsUndo(arrow)) return kind === 'undo';
  return (arrow.guard ?? '').split(' and ').every(guard => REASONS[guard]?.includes(kind) ?? true);
}

const callsUndo = ({ targets }: ChartArrow): boolean => targets.includes('in_progress.undoing');

/** Whether a fallback was cut short: only then is one called again. */
export const cutsFallbackShort = ({ event }: Pick<RecordedTransition, 'event'>): boolean =>
  event === 'fallback.suspended' || event === 'fallback.interrupted';
export const needsCutFallback = ({ guard }: ChartArrow): boolean => guard === 'isFallingBack';
