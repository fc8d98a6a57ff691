/** What the arrows of several states have in common. */
import type { TimerOutput } from '../operation/types.ts';
import type { PermitRequest } from '../permit.ts';
import * as ask from './guards.ts';
import type { BreakerContext, ConfigureEvent, ForceOrder, ResetOrder } from './types.ts';

interface Params<Event> {
  readonly context: BreakerContext;
  readonly event: Event;
}

/** What an action looks at in its event. */
export const event = <Event>({ event }: { readonly event: Event }) => event;
export const output = ({ event }: { readonly event: { readonly output: TimerOutput } }) =>
  event.output;

/** An operation's permit comes back after an attempt that is tried again, or with the operation's end. */
export const onReturn = <T>(transitions: T) => ({
  'permit.return': transitions,
  'xstate.done.actor.operation.*': transitions,
});

export const grant = { type: 'grant', params: event<PermitRequest> } as const;
export const lend = { type: 'lend', params: event<PermitRequest> } as const;
export const pay = { type: 'pay', params: event<PermitRequest> } as const;
export const denyUnpaid = [
  { type: 'missTokens', params: event<PermitRequest> },
  {
    type: 'deny',
    params: ({ context, event }: Params<PermitRequest>) => ({
      request: event,
      breaker: 'budget',
      retryAt: ask.payableAt(context, event.cost, event.at),
    }),
  },
] as const;

/** Every permit is granted whose retry is paid. */
export const grantsAll = {
  'permit.request': [
    { guard: 'costsNothing', actions: grant },
    { guard: 'canPay', actions: [pay, grant] },
    { actions: denyUnpaid },
  ],
} as const;

/** None is. */
export const deniesAll = (breaker: 'open' | 'isolated') =>
  ({
    'permit.request': {
      actions: {
        type: 'deny',
        params: ({ context, event }: Params<PermitRequest>) => ({
          request: event,
          breaker,
          retryAt: context.openUntil ?? context.override?.until ?? null,
        }),
      },
    },
  }) as const;

export const tallies = [
  { guard: 'freesTokens', actions: ['tally', 'announceTokens'] },
  { actions: 'tally' },
] as const;

/** Tokens come back whatever the state is. */
export const onlySettles = onReturn({ guard: 'settles', actions: 'settle' } as const);

/** Settings whose mode is another one. */
export const observesFrom = {
  configure: {
    guard: 'becomesObserver',
    target: '#breaker.metrics_only',
    actions: [{ type: 'changeMode', params: event<ConfigureEvent> }, 'announceAll'],
  },
} as const;

/** The end of what an operator has forced, where that was given an end. */
export const overrideTimer = {
  id: 'override',
  src: 'timer',
  input: ({ context }: { readonly context: BreakerContext }) => ({
    dueAt: context.override?.until ?? null,
  }),
} as const;
export const endOverride = { type: 'endOverride', params: output } as const;

export const force = { type: 'force', params: event<ForceOrder> } as const;
export const reset = { type: 'reset', params: event<ResetOrder> } as const;
