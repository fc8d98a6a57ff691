import { type AnyActorRef, assign, emit, sendTo, setup, stopChild } from 'xstate';
import { unending } from '../invoked-logic.ts';
import type { TimerInput, TimerOutput } from '../operation/types.ts';
import type { PermitDenied, PermitGranted, PermitRequest } from '../permit.ts';
import { payers } from './budget.ts';
import * as decide from './decisions.ts';
import * as ask from './guards.ts';
import { freePermits } from './half-open.ts';
import type {
  BreakerContext,
  BreakerEmitted,
  BreakerEvent,
  BreakerInput,
  ConfigureEvent,
  ForceOrder,
  OpenTime,
  ResetOrder,
} from './types.ts';

type Denial = Pick<PermitDenied, 'breaker' | 'retryAt'> & { readonly request: PermitRequest };

/** The breaker's vocabulary: what its arrows ask and do. */
export const breakerSetup = setup({
  types: {
    context: {} as BreakerContext,
    events: {} as BreakerEvent,
    input: {} as BreakerInput,
    emitted: {} as BreakerEmitted,
  },
  actors: {
    /** Ends at `dueAt`. */
    timer: unending<TimerOutput, TimerInput>(),
  },
  actions: {
    grant: sendTo(
      (_, request: PermitRequest) => request.from,
      ({ context }, { at, trigger }): PermitGranted => ({
        type: 'permit.granted',
        generation: context.generation,
        at,
        trigger,
      }),
    ),
    deny: sendTo(
      (_, { request }: Denial) => request.from,
      (_, { request, breaker, retryAt }): PermitDenied => ({
        type: 'permit.denied',
        breaker,
        retryAt,
        at: request.at,
      }),
    ),
    tally: assign(({ context, event }) => decide.tallied(context, decide.permitOf(event))),
    settle: assign(({ context, event }) => decide.settled(context, decide.permitOf(event))),
    trip: assign(({ context, event }) => decide.tripped(context, decide.permitOf(event))),
    noteTrip: assign(({ context, event }) =>
      decide.wouldHaveTripped(context, decide.permitOf(event)),
    ),
    reopen: assign(({ context, event }) => decide.reopened(context, decide.permitOf(event))),
    close: assign(({ context, event }) => decide.closed(context, decide.permitOf(event))),
    tallyProbe: assign(({ context, event }) => decide.probed(context, decide.permitOf(event))),
    halfOpen: assign(({ context }, { at }: TimerOutput) => decide.halfOpened(context, at)),
    endOverride: assign(({ context }, { at }: TimerOutput) => decide.overrideEnded(context, at)),
    /** A probe's permit is a lease: it ends also when the probe hangs. */
    lend: assign(({ context }, request: PermitRequest) => decide.lent(context, request)),
    takeBack: assign(({ context }, { at }: TimerOutput) => decide.leaseEnded(context, at)),
    pay: assign(({ context }, request: PermitRequest) => decide.paid(context, request)),
    missTokens: assign(({ context }, request: PermitRequest) => decide.unpaid(context, request)),
    pace: assign(({ context }, { at }: { readonly at: number }) => decide.paced(context, at)),
    force: assign(({ context }, order: ForceOrder) => decide.forced(context, order)),
    reset: assign(({ context }, order: ResetOrder) => decide.reset(context, order)),
    configure: assign(({ context }, event: ConfigureEvent) => decide.configured(context, event)),
    changeMode: assign(({ context }, event: ConfigureEvent) => decide.modeChanged(context, event)),
    drawOpenTime: assign((_, { delay, draw, opening }: OpenTime) => ({
      nextOpen: {
        delay,
        ...(draw === undefined ? {} : { draw }),
        ...(opening === undefined ? {} : { opening }),
      },
    })),
    announceAll: emit({ type: 'permits.available', permits: null }),
    announceFree: emit(({ context }) => ({
      type: 'permits.available',
      permits: freePermits(context),
    })),
    announceTokens: emit(({ context: { budget, settings } }) => ({
      type: 'permits.available',
      permits: budget === null || settings.budget === null ? null : payers(budget, settings.budget),
    })),
    stopOperation: stopChild((_, child: { readonly ref: AnyActorRef }) => child.ref),
  },
  guards: {
    costsNothing: asked => ask.costsNothing(asked),
    canPay: asked => ask.canPay(asked),
    leavesAsItIs: asked => ask.leavesAsItIs(asked),
    trips: asked => ask.trips(asked),
    crosses: asked => ask.crosses(asked),
    settles: asked => ask.settles(asked),
    freesTokens: asked => ask.freesTokens(asked),
    closes: asked => ask.closes(asked),
    reopens: asked => ask.reopens(asked),
    isProbe: asked => ask.isProbe(asked),
    isLastProbe: asked => ask.isLastProbe(asked),
    hasNoneFree: asked => ask.hasNoneFree(asked),
    noLeaseIsLeft: ({ context }, { at }: TimerOutput) => ask.noLeaseIsLeft(context, at),
    isDated: asked => ask.isDated(asked),
    forcesTo: (asked, { to }: Pick<ForceOrder, 'to'>) => ask.forcesTo(asked, to),
    onlyCounts: asked => ask.onlyCounts(asked),
    isResetToCount: asked => ask.isDated(asked) && ask.onlyCounts(asked),
    isNewer: asked => ask.isNewer(asked),
    becomesObserver: asked => ask.becomesObserver(asked),
    becomesEnforcer: asked => ask.becomesEnforcer(asked),
    paces: asked => ask.paces(asked),
  },
});
