import { assign, fromPromise, setup } from 'xstate';
import type { Problem } from '../data/wire.ts';
import { problemOf } from './problem-error.ts';

export interface ResourceContext {
  /** What was read last; it stays while it is read again, and where that fails. */
  readonly data: unknown;
  readonly problem: Problem | null;
  /** Something has happened since the reading began. */
  readonly isStale: boolean;
  readonly failures: number;
}

export type ResourceEvent =
  /** Something has happened: read it again, soon. */
  | { readonly type: 'changed' }
  /** Read it again, now. */
  | { readonly type: 'refresh' };

export interface ResourceInput {
  /** Milliseconds that it rests after a reading, whatever happens. */
  readonly rest: number;
  /** Milliseconds after which it is read again where nothing was said to have happened; `null` for never. */
  readonly every: number | null;
}

/** Something on the server that the page looks at: read, kept, and read again when it has changed, not too often. The page provides `read`. */
export const resourceMachine = setup({
  types: {
    context: {} as ResourceContext & ResourceInput,
    events: {} as ResourceEvent,
    input: {} as ResourceInput,
  },
  actors: {
    read: fromPromise<unknown>(() => {
      throw new TypeError('the page provides it');
    }),
  },
  actions: { markStale: assign({ isStale: true }) },
  delays: {
    rest: ({ context }) => context.rest,
    every: ({ context }) => context.every ?? NEVER,
    again: ({ context }) => Math.min(15_000, 1_000 * 2 ** context.failures),
  },
  guards: {
    isStale: ({ context }) => context.isStale,
    isPolled: ({ context }) => context.every !== null,
  },
}).createMachine({
  id: 'resource',
  context: ({ input }) => ({
    ...input,
    data: undefined,
    problem: null,
    isStale: false,
    failures: 0,
  }),
  initial: 'reading',
  states: {
    reading: {
      entry: assign({ isStale: false }),
      invoke: {
        src: 'read',
        onDone: {
          target: 'resting',
          actions: assign({ data: ({ event }) => event.output, problem: null, failures: 0 }),
        },
        onError: {
          target: 'failed',
          actions: assign({
            problem: ({ event }) => problemOf(event.error),
            failures: ({ context }) => context.failures + 1,
          }),
        },
      },
      on: {
        changed: { actions: 'markStale' },
        refresh: { target: 'reading', reenter: true },
      },
    },
    resting: {
      after: { rest: [{ guard: 'isStale', target: 'reading' }, { target: 'fresh' }] },
      on: { changed: { actions: 'markStale' }, refresh: 'reading' },
    },
    fresh: {
      after: { every: { guard: 'isPolled', target: 'reading' } },
      on: { changed: 'reading', refresh: 'reading' },
    },
    failed: {
      after: { again: 'reading' },
      on: { refresh: 'reading' },
    },
  },
});

/** Longer than a page lives, and short enough for a timer. */
const NEVER = 2 ** 31 - 1;
