import type { PermitRequest, PermitReturn } from '../permit.ts';
import type { Reason, ReasonKind } from '../vocabulary.ts';
import * as tokens from './budget.ts';
import { unexpired, without } from './half-open.ts';
import { afterOne } from './rate.ts';
import { returned } from './returns.ts';
import type {
  BreakerContext,
  BreakerEvent,
  BreakerInput,
  ConfigureEvent,
  ForceOrder,
  ResetOrder,
} from './types.ts';
import { counted, emptyWindow, excess, isSlow, rates, resized } from './window.ts';
import type { Window } from './window-types.ts';

/** What each arrow writes into the context. Pure: everything comes from the context and the event. */

type Change = Partial<BreakerContext>;

const NO_OUTCOMES = { successes: 0, failures: 0 };

export function initial({ key, at, settings, nextOpen }: BreakerInput): BreakerContext {
  return {
    v: 2,
    key,
    settings,
    window: emptyWindow(settings.window),
    generation: 1,
    openings: 0,
    nextOpen,
    openUntil: null,
    probes: [],
    halfOpen: NO_OUTCOMES,
    budget: settings.budget === null ? null : tokens.fullBudget(settings.budget, at),
    rate: null,
    override: null,
    last: { seq: 0, event: 'create', at, reason: null },
  };
}

/** A recorded transition. */
const record = (context: BreakerContext, event: string, at: number, reason: Reason): Change => ({
  last: { seq: context.last.seq + 1, event, at, reason },
});

/** What a change of state has in common: a new generation, so that outcomes of the old one are told apart. */
function moved(context: BreakerContext, event: string, at: number, reason: Reason): Change {
  return {
    ...record(context, event, at, reason),
    window: emptyWindow(context.settings.window),
    generation: context.generation + 1,
    openUntil: null,
    probes: [],
    halfOpen: NO_OUTCOMES,
    override: null,
  };
}

/** The tokens after a permit came back, of whatever generation. */
export function settled(context: BreakerContext, permit: PermitReturn): Change {
  const { budget, settings } = context;
  if (budget === null || settings.budget === null) return {};
  return { budget: tokens.moved(budget, settings.budget, permit, permit.at) };
}

/** The window after the call whose permit came back. */
export function windowAfter(context: BreakerContext, permit: PermitReturn): Window {
  const { window, settings, generation } = context;
  if (permit.generation !== generation || permit.outcome === 'ignored') return window;
  const failed = permit.outcome === 'failure';
  return counted(window, { failed, slow: isSlow(settings.window, permit.duration), at: permit.at });
}

export function tallied(context: BreakerContext, permit: PermitReturn): Change {
  return { ...settled(context, permit), window: windowAfter(context, permit) };
}

function opened(context: BreakerContext, permit: PermitReturn, kind: ReasonKind, why: string) {
  const { nextOpen, openings } = context;
  const delay = Math.max(nextOpen.delay, permit.retryAfter ?? 0);
  const openUntil = permit.at + delay;
  const reason: Reason = {
    kind,
    message: `${why}${lastOf(permit)}`,
    delay,
    dueAt: openUntil,
    ...(nextOpen.draw === undefined ? {} : { draw: nextOpen.draw }),
  };
  return {
    ...settled(context, permit),
    ...moved(context, permit.outcome, permit.at, reason),
    openUntil,
    openings: openings + 1,
  };
}

const lastOf = ({ message }: PermitReturn) =>
  message === undefined ? '' : `; the last: ${message}`;

export const tripped = (context: BreakerContext, permit: PermitReturn): Change =>
  opened(context, permit, 'threshold', inWords(context, permit));

export function reopened(context: BreakerContext, permit: PermitReturn): Change {
  const failures = context.halfOpen.failures + 1;
  const { permits } = context.settings;
  const why = permits === 1 ? 'the probe failed' : `${failures} of ${permits} probes failed`;
  return opened(context, permit, 'probe_failed', why);
}

/** It goes on, and tells that it would have opened. */
export function wouldHaveTripped(context: BreakerContext, permit: PermitReturn): Change {
  const message = `it would have opened: ${inWords(context, permit)}${lastOf(permit)}`;
  return {
    ...tallied(context, permit),
    ...record(context, permit.outcome, permit.at, { kind: 'would_trip', message }),
  };
}

function inWords(context: BreakerContext, permit: PermitReturn): string {
  const { settings } = context;
  const window = windowAfter(context, permit);
  const { calls, failures, slow } = rates(window, permit.at);
  const wanted = settings.window;
  if (wanted.kind === 'consecutive') {
    return `${failures} failures in a row reached the threshold of ${wanted.threshold}`;
  }
  const among = `of the last ${calls} calls`;
  return excess(window, wanted, permit.at) === 'slow'
    ? `${slow} ${among} were slow, a share of ${wanted.slowCallRatio} or more`
    : `${failures} ${among} failed, a share of ${wanted.failureRatio} or more`;
}

export function closed(context: BreakerContext, permit: PermitReturn): Change {
  const { successes } = context.settings;
  const message = successes === 1 ? 'the probe succeeded' : `${successes} probes succeeded`;
  return {
    ...settled(context, permit),
    ...moved(context, 'success', permit.at, { kind: 'probe_succeeded', message }),
    openings: 0,
  };
}

export function halfOpened(context: BreakerContext, at: number): Change {
  const { permits } = context.settings;
  const probes = permits === 1 ? 'one probe may try' : `${permits} probes may try`;
  const [kind, over] =
    context.override === null
      ? (['open_timeout', 'its open time is over'] as const)
      : (['override_ended', "the operator's time is over"] as const);
  return moved(context, 'due', at, { kind, message: `${over}; ${probes}` });
}

/** A permit is lent; the operation's own earlier one is no other. */
export function lent(context: BreakerContext, { operationId, at }: PermitRequest): Change {
  const until = at + context.settings.probeTimeout;
  return { probes: [...without(context.probes, operationId), { operationId, until }] };
}

/** A probe's permit comes back, and decides nothing yet. */
export function probed(context: BreakerContext, permit: PermitReturn): Change {
  const { successes, failures } = context.halfOpen;
  const kind = probeOutcome(context, permit);
  return {
    ...settled(context, permit),
    probes: without(context.probes, permit.operationId),
    halfOpen: {
      successes: successes + Number(kind === 'success'),
      failures: failures + Number(kind === 'failure'),
    },
  };
}

/** A probe that succeeds slowly, where slow calls open the breaker, is none that succeeds. */
export function probeOutcome(context: BreakerContext, permit: PermitReturn) {
  const { outcome, duration } = permit;
  return outcome === 'success' && isSlow(context.settings.window, duration) ? 'failure' : outcome;
}

export const leaseEnded = (context: BreakerContext, at: number): Change => ({
  probes: unexpired(context, at),
});

export function paid(context: BreakerContext, { cost = 0, at }: PermitRequest): Change {
  const { budget, settings } = context;
  if (budget === null || settings.budget === null) return {};
  return { budget: tokens.moved(budget, settings.budget, { charge: cost }, at) };
}

export function unpaid(context: BreakerContext, { cost = 0, at }: PermitRequest): Change {
  const { budget } = context;
  return budget === null ? {} : { budget: tokens.missed(budget, cost, at) };
}

export function paced(context: BreakerContext, at: number): Change {
  const { rate, settings } = context;
  return settings.rate === null ? {} : { rate: afterOne(rate, settings.rate, at) };
}

const FORCED = {
  isolated: 'forced open by an operator',
  forced_closed: 'forced closed by an operator',
  metrics_only: 'only counts, by an operator',
} as const;

export function forced(context: BreakerContext, order: ForceOrder): Change {
  const { to, at, ttl, by = null, reason = null } = order;
  const until = ttl === undefined ? null : at + ttl;
  return {
    ...moved(context, 'force', at, {
      kind: to,
      message: reason ?? FORCED[to],
      ...(until === null ? {} : { dueAt: until }),
      ...(by === null ? {} : { by }),
    }),
    openings: 0,
    override: { until, reason, by },
  };
}

export function overrideEnded(context: BreakerContext, at: number): Change {
  const message = "the operator's time is over";
  return moved(context, 'due', at, { kind: 'override_ended', message });
}

export function reset(context: BreakerContext, { at, reason, by }: ResetOrder): Change {
  return {
    ...moved(context, 'reset', at, {
      kind: 'reset',
      message: reason ?? 'closed by an operator',
      ...(by === undefined ? {} : { by }),
    }),
    openings: 0,
  };
}

/** Other settings for what comes; what is known stays, as far as it fits. A half-open phase of other numbers counts anew. */
export function configured(context: BreakerContext, { settings, at }: ConfigureEvent): Change {
  const { window, budget, rate } = context;
  const { permits, successes } = context.settings;
  const sameProbes = permits === settings.permits && successes === settings.successes;
  return {
    settings,
    window: resized(window, settings.window),
    halfOpen: sameProbes ? context.halfOpen : NO_OUTCOMES,
    budget: tokens.changed(budget, context.settings.budget, settings.budget, at),
    rate: settings.rate === null ? null : rate,
  };
}

/** Settings with another mode make another state. */
export function modeChanged(context: BreakerContext, event: ConfigureEvent): Change {
  const message =
    event.settings.mode === 'metrics_only'
      ? 'its settings say that it only counts'
      : 'its settings say that it opens again';
  const changed = configured(context, event);
  return {
    ...changed,
    ...moved({ ...context, ...changed }, 'configure', event.at, { kind: 'configured', message }),
    openings: 0,
  };
}

export const permitOf = (event: BreakerEvent): PermitReturn => returned(event) as PermitReturn;
