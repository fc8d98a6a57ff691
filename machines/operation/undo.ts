import type { JsonError } from '../json-error.ts';
import type { Reason } from '../vocabulary.ts';
import { NO_WAIT } from './decisions.ts';
import { IGNORED } from './permits.ts';
import { type Change, type Recorded, record } from './record.ts';
import type { Ending, OperationContext, Undo, UndoOutcome, Undos } from './types.ts';

/** What the arrows write that have to do with what is taken back. Pure. */

/** Retries of one undo, where the policy says nothing. */
const UNDO_RETRIES = 3;
const NONE: Undos = { left: [], failures: 0, interruptions: 0, done: 0, failed: [] };

const nextOf = ({ left }: Undos): Undo => left.at(-1) as Undo;
const same = (one: Undo, other: Undo) => one.name === other.name && one.input === other.input;

/** What is registered once stays where it was: a later attempt does the same again. */
export function registered(context: OperationContext, { name, input }: Undo): Change {
  const undos = context.undos ?? NONE;
  if (undos.left.some(known => same(known, { name, input }))) return {};
  return { undos: { ...undos, left: [...undos.left, { name, input }] } };
}

/** What the undos have come to, for reasons and errors. */
function report({ left, done, failed }: Undos): NonNullable<Reason['undo']> {
  return { left: left.length, done, failed };
}

/** Instead of an ending: the ending is kept, for when all is taken back. The permit has gone back by then. */
export function takingBack(
  context: OperationContext,
  change: Recorded,
  state: Ending['state'],
): Change {
  const undos = context.undos as Undos;
  const reason = change.last.reason as Reason;
  const { length } = undos.left;
  // What has never had its lock does not have it now.
  const { withoutLock } = context.ending ?? {};
  const what = length === 1 ? '1 undo is called' : `${length} undos are called, the last one first`;
  return {
    ...change,
    held: null,
    outcome: IGNORED,
    ending: withoutLock === true ? { state, reason, withoutLock } : { state, reason },
    wait: { ...NO_WAIT, dueAt: change.last.at },
    last: {
      ...change.last,
      reason: {
        ...reason,
        kind: 'undo',
        message: `${reason.message}; ${what}`,
        dueAt: change.last.at,
        undo: report(undos),
      },
    },
  };
}

/** Its fallback has failed too: what that ending says goes on, whichever it is. */
export const takingBackAfterFallback = (context: OperationContext, change: Recorded): Change =>
  takingBack(context, change, (context.ending as Ending).state);

/** Which call of the next undo the coming one is, from 1. */
export function tryOf({ undos }: OperationContext): number {
  const { failures, interruptions } = undos as Undos;
  return failures + interruptions + 1;
}

export function called(context: OperationContext, at: number): Change {
  const undos = context.undos as Undos;
  const { name } = nextOf(undos);
  const tries = undos.failures + undos.interruptions;
  const message = `undo "${name}" is called${tries === 0 ? '' : ' again'}`;
  return {
    ...record(context, 'due', at, { kind: 'undo', message, undo: report(undos) }),
    wait: { ...context.wait, dueAt: null, remaining: null },
  };
}

/** What an undo's end makes of those that are left. */
interface After {
  readonly undos: Undos;
  /** The same one is called again. */
  readonly again: boolean;
}

function after(context: OperationContext, outcome: UndoOutcome): After {
  const undos = context.undos as Undos;
  const { policy } = context;
  switch (outcome.kind) {
    case 'succeeded':
      return { undos: { ...withoutNext(undos), done: undos.done + 1 }, again: false };
    case 'suspended':
      return { undos, again: true };
    case 'interrupted': {
      const interruptions = undos.interruptions + 1;
      if (undos.interruptions < policy.maxInterruptions) {
        return { undos: { ...undos, interruptions }, again: true };
      }
      const message = `its process died ${interruptions} times`;
      return { undos: givenUp(undos, { name: 'InterruptedError', message }), again: false };
    }
    default: {
      const { verdict, error } = outcome;
      const most = policy.undoRetries ?? UNDO_RETRIES;
      const again = verdict.retryable && verdict.limit === undefined && undos.failures < most;
      if (!again) return { undos: givenUp(undos, error), again };
      return { undos: { ...undos, failures: undos.failures + 1 }, again };
    }
  }
}

const withoutNext = (undos: Undos): Undos => ({
  ...undos,
  left: undos.left.slice(0, -1),
  failures: 0,
  interruptions: 0,
});

function givenUp(undos: Undos, { name: error, message }: JsonError): Undos {
  const { name } = nextOf(undos);
  return { ...withoutNext(undos), failed: [...undos.failed, { name, error, message }] };
}

/** The actor itself broke, which its contract forbids; the event has no instant. */
export function broken(context: OperationContext, thrown: unknown): UndoOutcome {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const { at } = context.last;
  return {
    kind: 'failed',
    at,
    error: { name: 'InternalError', message },
    verdict: {
      category: 'unknown',
      rule: 'internal',
      retryable: false,
      counts: false,
      strategy: 'none',
      delay: 0,
      dueAt: at,
    },
  };
}

/** Whether an undo is to be called: the same one again, or the one before. */
export const goesOn = (context: OperationContext, outcome: UndoOutcome): boolean =>
  after(context, outcome).undos.left.length > 0;

/** One undo has ended, and another call follows. */
export function settled(
  context: OperationContext,
  outcome: UndoOutcome,
  event = `undo.${outcome.kind}`,
): Change {
  const { at } = outcome;
  const { undos, again } = after(context, outcome);
  const before = context.undos as Undos;
  const { name } = nextOf(before);
  const { reason, dueAt, delay, draw } = again
    ? retrying(context, name, outcome)
    : { reason: next(name, before, undos), dueAt: at, delay: null, draw: null };
  return {
    ...record(context, event, at, { ...reason, dueAt, undo: report(undos) }),
    undos,
    wait: { ...NO_WAIT, dueAt, delay, draw },
  };
}

function next(name: string, before: Undos, undos: Undos): Reason {
  const follows = `undo "${nextOf(undos).name}" comes next`;
  const failure = undos.failed.length > before.failed.length ? undos.failed.at(-1) : undefined;
  return failure === undefined
    ? { kind: 'undo', message: `undo "${name}" has succeeded; ${follows}` }
    : {
        kind: 'undo_failed',
        message: `undo "${name}" is given up: ${failure.message}; ${follows}`,
      };
}

function retrying(context: OperationContext, name: string, outcome: UndoOutcome) {
  const undos = context.undos as Undos;
  if (outcome.kind !== 'failed') {
    const { maxInterruptions } = context.policy;
    const how =
      outcome.kind === 'interrupted'
        ? `its process died during undo "${name}"; interruption ${undos.interruptions + 1} of at most ${maxInterruptions}`
        : `its process was shut down during undo "${name}"`;
    const kind = outcome.kind === 'interrupted' ? 'interrupted' : 'suspended';
    const reason: Reason = { kind, message: how, delay: 0 };
    return { reason, dueAt: outcome.at, delay: null, draw: null };
  }
  const { error, verdict } = outcome;
  const { delay, dueAt, draw, category, rule, strategy, retryAfter } = verdict;
  const most = context.policy.undoRetries ?? UNDO_RETRIES;
  const reason: Reason = {
    kind: 'undo_retry',
    message: `undo "${name}": ${error.message}; retry ${undos.failures + 1} of ${most} in ${delay} ms`,
    category,
    rule,
    delay,
    strategy,
    ...(draw === undefined ? {} : { draw }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
  return { reason, dueAt, delay, draw: draw ?? null };
}

/** All that could be taken back is: the operation ends as it would have, and tells what was not. */
export function over(
  context: OperationContext,
  outcome: UndoOutcome,
  event = `undo.${outcome.kind}`,
): Change {
  const { undos } = after(context, outcome);
  const { reason } = context.ending as Ending;
  return {
    ...record(context, event, outcome.at, {
      ...reason,
      message: `${reason.message}; ${summary(undos)}`,
      undo: report(undos),
    }),
    undos,
    wait: { ...context.wait, dueAt: null },
  };
}

function summary({ done, failed }: Undos): string {
  if (failed.length === 0)
    return done === 1 ? 'its undo has succeeded' : `its ${done} undos have succeeded`;
  const names = failed.map(({ name, message }) => `"${name}" (${message})`).join(', ');
  const these = failed.length === 1 ? 'undo' : 'undos';
  return `${failed.length} of its ${done + failed.length} undos did not succeed: ${these} ${names}`;
}
