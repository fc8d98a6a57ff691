import { assign, fromCallback, sendTo, setup } from 'xstate';
import type { Problem } from '../data/wire.ts';

export type BulkAction = 'retry' | 'cancel';

export interface BulkOrder {
  readonly action: BulkAction;
  readonly ids: readonly string[];
  readonly reason: string;
}

export interface BulkFailure {
  readonly id: string;
  readonly problem: Problem;
}

export interface BulkContext {
  readonly order: BulkOrder;
  /** Answered, whatever the answer. */
  readonly done: number;
  readonly changed: number;
  /** The server let them be: their state did not allow it. */
  readonly unchanged: number;
  readonly failures: readonly BulkFailure[];
}

export type BulkEvent =
  | { readonly type: 'ask'; readonly action: BulkAction; readonly ids: readonly string[] }
  | { readonly type: 'confirm'; readonly reason: string }
  | { readonly type: 'dismiss' }
  /** No more are sent; those under way are still answered. */
  | { readonly type: 'stop' }
  | { readonly type: 'answered'; readonly answers: readonly BulkAnswer[] }
  | { readonly type: 'over' };

export interface BulkAnswer {
  readonly id: string;
  readonly changed: boolean;
  readonly problem: Problem | null;
}

const NOTHING: BulkContext = {
  order: { action: 'retry', ids: [], reason: '' },
  done: 0,
  changed: 0,
  unchanged: 0,
  failures: [],
};

/** One order to many operations. The page provides `send`, which says `answered` for some at a time, and `over` after the last. */
export const bulkMachine = setup({
  types: { context: {} as BulkContext, events: {} as BulkEvent },
  actors: { send: fromCallback<{ readonly type: 'stop' }, BulkOrder>(() => {}) },
  actions: {
    count: assign(({ context }, { answers }: { readonly answers: readonly BulkAnswer[] }) => ({
      done: context.done + answers.length,
      changed: context.changed + answers.filter(({ changed }) => changed).length,
      unchanged:
        context.unchanged +
        answers.filter(({ changed, problem }) => !changed && problem === null).length,
      failures: [
        ...context.failures,
        ...answers.flatMap(({ id, problem }) => (problem === null ? [] : [{ id, problem }])),
      ],
    })),
    forget: assign(NOTHING),
  },
  guards: { namesAny: (_, { ids }: { readonly ids: readonly string[] }) => ids.length > 0 },
}).createMachine({
  id: 'bulk',
  context: NOTHING,
  initial: 'idle',
  states: {
    idle: {
      entry: 'forget',
      on: {
        ask: {
          guard: { type: 'namesAny', params: ({ event }) => event },
          target: 'confirming',
          actions: assign({
            order: ({ event }) => ({ action: event.action, ids: event.ids, reason: '' }),
          }),
        },
      },
    },
    confirming: {
      on: {
        confirm: {
          target: 'sending',
          actions: assign({
            order: ({ context, event }) => ({ ...context.order, reason: event.reason }),
          }),
        },
        dismiss: 'idle',
      },
    },
    sending: {
      invoke: { id: 'send', src: 'send', input: ({ context }) => context.order },
      initial: 'going',
      states: {
        going: {
          on: {
            stop: {
              target: 'stopping',
              actions: sendTo('send', { type: 'stop' }),
            },
          },
        },
        stopping: {},
      },
      on: {
        answered: { actions: { type: 'count', params: ({ event }) => event } },
        over: 'finished',
      },
    },
    finished: { on: { dismiss: 'idle' } },
  },
});
