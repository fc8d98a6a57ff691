import type { OutcomeKind, PermitReturn } from '../permit.ts';
import type { BreakerContext, BreakerEvent, BreakerInput } from './types.ts';

/** What each arrow writes into the context, and what the guards ask of it. Pure. */

type Change = Partial<BreakerContext>;

export function initial(input: BreakerInput): BreakerContext {
  return {
    v: 1,
    key: input.key,
    threshold: input.threshold,
    openTimeout: input.openTimeout,
    probeTimeout: input.probeTimeout,
    failures: 0,
    generation: 1,
    openUntil: null,
    probe: null,
    seq: 0,
    event: 'create',
    at: input.at,
    reason: null,
  };
}

/** The permit that an event brings back, by itself or with the end of its operation. */
export function returned(event: BreakerEvent): PermitReturn | null {
  if (event.type === 'permit.return') return event;
  return 'output' in event ? event.output.permit : null;
}

/** Whether a permit of the current generation comes back with that outcome; an older one never moves the breaker. */
export function comesBack(
  context: BreakerContext,
  event: BreakerEvent,
  outcome: OutcomeKind,
): boolean {
  const permit = returned(event);
  return permit !== null && permit.outcome === outcome && permit.generation === context.generation;
}

/** What a change of state has in common: a new generation, so that outcomes of the old one are told apart. */
function moved(context: BreakerContext, event: string, at: number): Change {
  return {
    generation: context.generation + 1,
    failures: 0,
    openUntil: null,
    probe: null,
    seq: context.seq + 1,
    event,
    at,
  };
}

export function tripped(context: BreakerContext, permit: PermitReturn): Change {
  const openUntil = permit.at + context.openTimeout;
  const failures = context.failures + 1;
  return {
    ...moved(context, 'failure', permit.at),
    openUntil,
    reason: {
      kind: 'threshold',
      message: `${failures} failures in a row reached the threshold of ${context.threshold}${last(permit)}`,
      delay: context.openTimeout,
      dueAt: openUntil,
    },
  };
}

export function reopened(context: BreakerContext, permit: PermitReturn): Change {
  const openUntil = permit.at + context.openTimeout;
  return {
    ...moved(context, 'failure', permit.at),
    openUntil,
    reason: {
      kind: 'probe_failed',
      message: `the probe failed${last(permit)}`,
      delay: context.openTimeout,
      dueAt: openUntil,
    },
  };
}

const last = ({ message }: PermitReturn) => (message === undefined ? '' : `; the last: ${message}`);

export function closed(context: BreakerContext, permit: PermitReturn): Change {
  return {
    ...moved(context, 'success', permit.at),
    reason: { kind: 'probe_succeeded', message: 'the probe succeeded' },
  };
}

export function halfOpened(context: BreakerContext, at: number): Change {
  return {
    ...moved(context, 'due', at),
    reason: { kind: 'open_timeout', message: 'its open time is over; one probe may try' },
  };
}

export function isolated(
  context: BreakerContext,
  event: { readonly at: number; readonly reason?: string; readonly by?: string },
): Change {
  return {
    ...moved(context, 'isolate', event.at),
    reason: {
      kind: 'isolated',
      message: event.reason ?? 'forced open by an operator',
      ...(event.by === undefined ? {} : { by: event.by }),
    },
  };
}

export function reset(
  context: BreakerContext,
  event: { readonly at: number; readonly by?: string },
): Change {
  return {
    ...moved(context, 'reset', event.at),
    reason: {
      kind: 'reset',
      message: 'closed by an operator',
      ...(event.by === undefined ? {} : { by: event.by }),
    },
  };
}
