import type { JsonError } from '../json-error.ts';
import type { Reason } from '../vocabulary.ts';
import { IGNORED } from './permits.ts';
import { type Change, type Recorded, record } from './record.ts';
import type { Ending, FallbackOutcome, OperationContext } from './types.ts';

/** What the arrows write that have to do with the fallback. Pure. */

type Cut = Extract<FallbackOutcome, { kind: 'interrupted' | 'suspended' }>;

/** For the arrow whose guard has told so. */
export const cut = (outcome: FallbackOutcome) => outcome as Cut;

/** Instead of an ending: the ending is kept, for when the fallback fails too. The permit has gone back by then. */
export function fallingBack(change: Recorded, state: Ending['state']): Change {
  const reason = change.last.reason as Reason;
  return { ...change, held: null, outcome: IGNORED, ending: { state, reason } };
}

/** Its time is over before it has begun. */
export function fallingBackUnbegun(
  change: Recorded,
  { withoutLock }: Pick<Ending, 'withoutLock'>,
): Change {
  const reason = change.last.reason as Reason;
  const ending: Ending = { state: 'exhausted', reason };
  return { ...change, ending: withoutLock === true ? { ...ending, withoutLock } : ending };
}

/** It was cut short, and is called again. */
export function again(context: OperationContext, at: number): Change {
  return {
    ...record(context, 'due', at, null),
    wait: { ...context.wait, dueAt: null, remaining: null },
  };
}

export function stoodIn(context: OperationContext, at: number): Change {
  const message = `its fallback stood in: ${context.ending?.reason.message}`;
  return {
    ...record(context, 'fallback.succeeded', at, { kind: 'fallback', message }),
    undos: null,
    error: null,
  };
}

/** Its process died, or was shut down, while the fallback was at work. */
export function cutShort(context: OperationContext, { kind, at }: Cut): Change {
  const { counts, policy, wait } = context;
  const died = kind === 'interrupted';
  const interruptions = counts.interruptions + (died ? 1 : 0);
  return {
    ...record(context, `fallback.${kind}`, at, {
      kind,
      message: died
        ? `its process died during its fallback; interruption ${interruptions} of at most ${policy.maxInterruptions}`
        : 'its process was shut down during its fallback',
      delay: 0,
      dueAt: at,
    }),
    counts: { ...counts, interruptions },
    wait: { ...wait, dueAt: at },
  };
}

/** The operation ends as it would have without a fallback; the reason tells of both errors. */
export function over(context: OperationContext, outcome: FallbackOutcome): Recorded {
  const { at } = outcome;
  if (outcome.kind === 'failed') return endsAnyway(context, 'fallback.failed', at, outcome.error);
  const { counts } = context;
  const interruptions = counts.interruptions + 1;
  const message = `its process died ${interruptions} times`;
  const error = { name: 'InterruptedError', message };
  return {
    ...endsAnyway(context, 'fallback.interrupted', at, error),
    counts: { ...counts, interruptions },
  };
}

/** The fallback's actor itself broke, which its contract forbids; the event has no instant. */
export function broken(context: OperationContext, thrown: unknown): Recorded {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const error = { name: 'InternalError', message };
  return endsAnyway(context, 'fallback.error', context.last.at, error);
}

function endsAnyway(
  context: OperationContext,
  event: string,
  at: number,
  error: JsonError,
): Recorded {
  const { reason } = context.ending as Ending;
  const message = `${reason.message}; its fallback failed too: ${error.message}`;
  return record(context, event, at, { ...reason, message, fallback: error });
}
