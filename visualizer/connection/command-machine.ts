import { assign, fromPromise, setup } from 'xstate';
import type { Problem } from '../data/wire.ts';
import { problemOf } from './problem-error.ts';

/** An order for the server, with what the person has filled in. */
export interface Order {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface CommandContext {
  readonly order: Order | null;
  /** What the server said. */
  readonly answer: string | null;
  readonly problem: Problem | null;
}

export type CommandEvent =
  /** `ask`: it is sent only once it has been confirmed. */
  | { readonly type: 'order'; readonly name: string; readonly ask: boolean }
  | { readonly type: 'confirm'; readonly fields: Readonly<Record<string, string>> }
  | { readonly type: 'dismiss' };

/** An order on its way: asked for, confirmed, sent, answered or refused. The page provides `send`. */
export const commandMachine = setup({
  types: { context: {} as CommandContext, events: {} as CommandEvent },
  actors: {
    send: fromPromise<string, Order | null>(() => {
      throw new TypeError('the page provides it');
    }),
  },
  actions: {
    take: assign({
      order: (_, { name }: { readonly name: string }) => ({ name, fields: {} }),
      answer: null,
      problem: null,
    }),
    forget: assign({ order: null, answer: null, problem: null }),
  },
  guards: { asks: (_, { ask }: { readonly ask: boolean }) => ask },
}).createMachine({
  id: 'command',
  context: { order: null, answer: null, problem: null },
  initial: 'idle',
  states: {
    idle: {
      on: {
        order: [
          {
            guard: { type: 'asks', params: ({ event }) => event },
            target: 'confirming',
            actions: { type: 'take', params: ({ event }) => event },
          },
          { target: 'sending', actions: { type: 'take', params: ({ event }) => event } },
        ],
      },
    },
    confirming: {
      on: {
        confirm: {
          target: 'sending',
          actions: assign({
            order: ({ context, event }) =>
              context.order && { ...context.order, fields: event.fields },
          }),
        },
        dismiss: { target: 'idle', actions: 'forget' },
      },
    },
    // What is under way cannot be taken back, so nothing leaves this state but the answer.
    sending: {
      invoke: {
        src: 'send',
        input: ({ context }) => context.order,
        onDone: { target: 'answered', actions: assign({ answer: ({ event }) => event.output }) },
        onError: {
          target: 'refused',
          actions: assign({ problem: ({ event }) => problemOf(event.error) }),
        },
      },
    },
    answered: {
      after: { 8000: { target: 'idle', actions: 'forget' } },
      on: {
        dismiss: { target: 'idle', actions: 'forget' },
        order: [
          {
            guard: { type: 'asks', params: ({ event }) => event },
            target: 'confirming',
            actions: { type: 'take', params: ({ event }) => event },
          },
          { target: 'sending', actions: { type: 'take', params: ({ event }) => event } },
        ],
      },
    },
    refused: {
      on: {
        dismiss: { target: 'idle', actions: 'forget' },
        order: [
          {
            guard: { type: 'asks', params: ({ event }) => event },
            target: 'confirming',
            actions: { type: 'take', params: ({ event }) => event },
          },
          { target: 'sending', actions: { type: 'take', params: ({ event }) => event } },
        ],
      },
    },
  },
});
