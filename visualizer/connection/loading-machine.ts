import { assign, fromPromise, setup } from 'xstate';
import type { Problem } from '../data/wire.ts';
import { problemOf } from './problem-error.ts';

/** What a page came to. */
export interface LoadedPage {
  readonly count: number;
  readonly next: string | undefined;
}

export interface LoadingContext {
  readonly cursor: string | undefined;
  /** Rows read since it began. */
  readonly loaded: number;
  readonly most: number;
  readonly problem: Problem | null;
  readonly failures: number;
}

/** Reads a table page by page, in the background. The page provides `readPage`, which puts the rows where they belong. */
export const loadingMachine = setup({
  types: {
    context: {} as LoadingContext,
    events: {} as { readonly type: 'start' } | { readonly type: 'again' },
    input: {} as { readonly most: number },
  },
  actors: {
    readPage: fromPromise<LoadedPage, { readonly cursor: string | undefined }>(() => {
      throw new TypeError('the page provides it');
    }),
  },
  actions: {
    begin: assign({ cursor: undefined, loaded: 0, problem: null, failures: 0 }),
    keep: assign(({ context }, { count, next }: LoadedPage) => ({
      cursor: next,
      loaded: context.loaded + count,
      problem: null,
      failures: 0,
    })),
  },
  guards: {
    isLast: (_, { next }: LoadedPage) => next === undefined,
    isFull: ({ context }, { count }: LoadedPage) => context.loaded + count >= context.most,
  },
  delays: {
    /** Lets others have the line, and the browser its frame. */
    breath: 16,
    again: ({ context }) => Math.min(15_000, 1_000 * 2 ** context.failures),
  },
}).createMachine({
  id: 'loading',
  context: ({ input }) => ({
    cursor: undefined,
    loaded: 0,
    most: input.most,
    problem: null,
    failures: 0,
  }),
  initial: 'idle',
  states: {
    idle: { on: { start: 'reading' } },
    reading: {
      invoke: {
        src: 'readPage',
        input: ({ context }) => ({ cursor: context.cursor }),
        onDone: [
          {
            guard: { type: 'isLast', params: ({ event }) => event.output },
            target: 'complete',
            actions: { type: 'keep', params: ({ event }) => event.output },
          },
          {
            guard: { type: 'isFull', params: ({ event }) => event.output },
            target: 'full',
            actions: { type: 'keep', params: ({ event }) => event.output },
          },
          {
            target: 'breathing',
            actions: { type: 'keep', params: ({ event }) => event.output },
          },
        ],
        onError: {
          target: 'failed',
          actions: assign({
            problem: ({ event }) => problemOf(event.error),
            failures: ({ context }) => context.failures + 1,
          }),
        },
      },
      on: { again: { target: 'reading', reenter: true, actions: 'begin' } },
    },
    breathing: {
      after: { breath: 'reading' },
      on: { again: { target: 'reading', actions: 'begin' } },
    },
    complete: { on: { again: { target: 'reading', actions: 'begin' } } },
    /** There are more than the page keeps. */
    full: { on: { again: { target: 'reading', actions: 'begin' } } },
    failed: {
      after: { again: 'reading' },
      on: { start: 'reading', again: { target: 'reading', actions: 'begin' } },
    },
  },
});
