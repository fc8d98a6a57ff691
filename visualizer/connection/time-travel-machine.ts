import { assign, setup } from 'xstate';

export interface TimeTravelContext {
  /** Transitions that there are. */
  readonly length: number;
  /** The transition that is looked at, from 0; while it is live, the last. */
  readonly index: number;
}

export type TimeTravelEvent =
  /** There are so many transitions now. */
  | { readonly type: 'grow'; readonly length: number }
  | { readonly type: 'seek'; readonly index: number }
  | { readonly type: 'step'; readonly by: number }
  | { readonly type: 'play' }
  | { readonly type: 'hold' }
  | { readonly type: 'live' };

const within = (index: number, length: number): number =>
  Math.min(Math.max(0, length - 1), Math.max(0, Math.round(index)));

/** Which moment of a history is looked at. While it is live it follows the last transition; in the past it stays, whatever happens. */
export const timeTravelMachine = setup({
  types: {
    context: {} as TimeTravelContext,
    events: {} as TimeTravelEvent,
    input: {} as { readonly length: number },
  },
  actions: {
    grow: assign(({ context }, { length }: { readonly length: number }) => ({
      length,
      index: within(context.index, length),
    })),
    follow: assign(({ context }) => ({ index: within(context.length - 1, context.length) })),
    seek: assign(({ context }, { index }: { readonly index: number }) => ({
      index: within(index, context.length),
    })),
    next: assign(({ context }) => ({ index: within(context.index + 1, context.length) })),
    rewind: assign({ index: 0 }),
  },
  guards: {
    isAny: ({ context }) => context.length > 0,
    isBeforeLast: ({ context }) => context.index < context.length - 1,
  },
  delays: { pace: 900 },
}).createMachine({
  id: 'time travel',
  context: ({ input }) => ({ length: input.length, index: within(input.length - 1, input.length) }),
  initial: 'live',
  on: {
    seek: {
      guard: 'isAny',
      target: '.past',
      actions: { type: 'seek', params: ({ event }) => event },
    },
    step: {
      guard: 'isAny',
      target: '.past',
      actions: {
        type: 'seek',
        params: ({ context, event }) => ({ index: context.index + event.by }),
      },
    },
    grow: { actions: { type: 'grow', params: ({ event }) => event } },
    live: { target: '.live' },
  },
  states: {
    live: {
      entry: 'follow',
      on: {
        grow: { actions: [{ type: 'grow', params: ({ event }) => event }, 'follow'] },
        play: { guard: 'isAny', target: 'playing', actions: 'rewind' },
      },
    },
    past: {
      on: {
        play: [
          { guard: 'isBeforeLast', target: 'playing' },
          { guard: 'isAny', target: 'playing', actions: 'rewind' },
        ],
      },
    },
    playing: {
      after: {
        pace: [
          { guard: 'isBeforeLast', target: 'playing', reenter: true, actions: 'next' },
          { target: 'past' },
        ],
      },
      on: { hold: 'past' },
    },
  },
});
