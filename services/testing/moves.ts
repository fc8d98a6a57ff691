import { errorToJson } from '../error-json.ts';
import type { Policy } from '../runtime/policy.ts';
import { attemptTimedOut, timeLimitOf } from '../runtime/time-limits.ts';
import { verdictOn } from '../runtime/verdict.ts';
import { broken, dated, ended, type Moves, type Setting } from './move-events.ts';
import {
  askedBy,
  cameAtOnce,
  hasLock,
  isPassing,
  leafOf,
  type ModelEvent,
  type ModelSnapshot,
  nowOf,
  wasDenied,
} from './operation-model.ts';
import type { Failure, OutcomeName } from './outcomes.ts';
import { beforeUndo, duringUndo, registering } from './undo-moves.ts';

/** Whatever may come next, as events of the chart. */
export function movesAt(snapshot: ModelSnapshot, setting: Setting): ModelEvent[] {
  return candidates(snapshot, setting).filter(move => move !== undefined);
}

/** The event that a move is in a state; undefined where it cannot be. */
export function moveAt(
  snapshot: ModelSnapshot,
  move: string,
  setting: Setting,
): ModelEvent | undefined {
  return movesAt(snapshot, setting).find(event => event.move === move);
}

function candidates(snapshot: ModelSnapshot, setting: Setting): Moves {
  const now = setting.now ?? nowOf(snapshot);
  const { wait, policy } = snapshot.context;
  const offers = (name: OutcomeName) => setting.outcomes.names.has(name);
  const cancel = offers('cancel') ? by('cancel', now) : undefined;
  const pause = offers('pause') ? by('pause', now) : undefined;
  const late = offers('deadline') && policy.deadline !== null ? policy.deadline : undefined;
  const busy = offers('busy') && setting.hasSlots && policy.lock === undefined;
  const steered = [pause, cancel];
  switch (leafOf(snapshot.value)) {
    case 'pending.queued': {
      const start = dated('start', now);
      // Nobody sees it there, unless something keeps it waiting.
      const waits = busy ? [...steered, dated('expire', late)] : [];
      const locked = offers('locked') && policy.lock !== undefined && !hasLock(snapshot);
      const holder = locked ? { ...dated('lock.wait', now), holder: 'another' } : undefined;
      return [start, ...waits, holder as ModelEvent | undefined];
    }
    case 'pending.locked':
      return [dated('lock.granted', now), ...steered, dated('expire', late)];
    case 'pending.paused':
    case 'recovering.paused':
      return [dated('resume', now), cancel];
    case 'in_progress.admitting':
      return answers(snapshot, offers('open') && !wasDenied(snapshot));
    case 'in_progress.running':
      return [...attempts(snapshot, setting, now), ...registering(snapshot, setting), cancel];
    case 'in_progress.falling_back':
      return [...fallbacks(setting, now), ...registering(snapshot, setting), cancel];
    case 'recovering.undoing':
      return beforeUndo(snapshot, setting, now);
    case 'in_progress.undoing':
      return duringUndo(snapshot, setting, now);
    case 'recovering.backoff': {
      const due = ended('timer', 'due', { at: Math.max(now, wait.dueAt ?? now) });
      return isPassing(snapshot, now) ? [due] : [due, ...steered];
    }
    case 'recovering.blocked':
      return [
        ended('gate', 'released', { kind: 'released', at: now }),
        late === undefined ? late : ended('gate', 'gate.expired', { kind: 'expired', at: late }),
        ...steered,
      ];
    case 'recovering.queued': {
      const slot = ended('slot', 'slot', { kind: 'released', at: now });
      if (!busy || cameAtOnce(snapshot)) return [slot];
      const expired =
        late === undefined ? late : ended('slot', 'slot.expired', { kind: 'expired', at: late });
      return [slot, expired, ...steered];
    }
    default:
      return [];
  }
}

const by = (type: 'cancel' | 'pause', at: number) => dated(type, at);

function answers(snapshot: ModelSnapshot, mayBeDenied: boolean): Moves {
  const { at, trigger } = askedBy(snapshot);
  const granted = { type: 'permit.granted', move: 'granted', generation: 0, at, trigger };
  const denied = { type: 'permit.denied', move: 'open', breaker: 'isolated', retryAt: null, at };
  return mayBeDenied ? [granted, denied] : [granted];
}

function attempts(snapshot: ModelSnapshot, setting: Setting, now: number): Moves {
  const offers = (name: OutcomeName) => setting.outcomes.names.has(name);
  const ends = (move: string, output: unknown) => ended('attempt', move, output);
  return [
    offers('success') ? ends('success', { kind: 'succeeded', at: now }) : undefined,
    ...setting.outcomes.failures.map(failure =>
      ends(`fails: ${failure.name}`, failed(snapshot, failure, setting, now)),
    ),
    offers('hang') ? hung(snapshot, setting, now) : undefined,
    offers('crash') ? ends('crash', { kind: 'interrupted', at: now }) : undefined,
    offers('shutdown') ? ends('shutdown', { kind: 'suspended', at: now }) : undefined,
    offers('broken') ? broken('attempt') : undefined,
  ];
}

function failed(
  snapshot: ModelSnapshot,
  { error }: Failure,
  { policy, tokens }: Setting,
  now: number,
) {
  const { context } = snapshot;
  const canPay = (cost: number) => (tokens ?? tokensAt(snapshot, policy, cost)) >= cost;
  const facts = { operation: context, now, canPay };
  const judged = verdictOn(policy, error, facts);
  return { kind: 'failed', at: now, error: errorToJson(judged.error), verdict: judged.verdict };
}

/** What its own retries have left of a full bucket. */
const tokensAt = ({ context }: ModelSnapshot, { budget }: Policy, cost: number): number =>
  (budget?.capacity ?? 0) - cost * context.counts.retries;

/** It never ends by itself, where nothing limits it. */
function hung(snapshot: ModelSnapshot, { policy, tokens }: Setting, now: number) {
  const { context } = snapshot;
  const limit = timeLimitOf(policy.timeout, context.policy.deadline, now);
  if (limit === undefined) return undefined;
  const call = { id: context.operationId, name: context.name, attempt: context.attempt };
  const error = attemptTimedOut(call, limit, policy.timeout);
  const canPay = (cost: number) => (tokens ?? tokensAt(snapshot, policy, cost)) >= cost;
  const facts = { operation: context, now: limit.at, canPay };
  const { verdict } = verdictOn(
    policy,
    error,
    limit.limit === undefined ? facts : { ...facts, limit: limit.limit },
  );
  const output = { kind: 'failed', at: limit.at, error: errorToJson(error), verdict };
  return ended('attempt', 'hang', output);
}

function fallbacks({ policy, outcomes }: Setting, now: number): Moves {
  const offers = (name: OutcomeName) => outcomes.names.has(name);
  const ends = (move: string, output: unknown) => ended('fallback', move, output);
  const [failure] = outcomes.failures;
  const { timeout } = policy;
  const failing = (error: unknown, at: number) => ({
    kind: 'failed',
    at,
    error: errorToJson(error),
  });
  return [
    offers('success') ? ends('success', { kind: 'succeeded', at: now }) : undefined,
    failure === undefined ? undefined : ends(`fails: ${failure.name}`, failing(failure.error, now)),
    offers('hang') && timeout !== undefined
      ? ends('hang', failing({ name: 'AttemptTimeoutError', message: '' }, now + timeout))
      : undefined,
    offers('crash') ? ends('crash', { kind: 'interrupted', at: now }) : undefined,
    offers('shutdown') ? ends('shutdown', { kind: 'suspended', at: now }) : undefined,
    offers('broken') ? broken('fallback') : undefined,
  ];
}
