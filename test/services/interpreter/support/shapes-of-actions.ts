import {
  assign,
  emit,
  enqueueActions,
  fromCallback,
  raise,
  sendParent,
  sendTo,
  stopChild,
} from 'xstate';
import { controlled } from '../../../machines/support/controlled.ts';
import { change, chart, childOf, context, type Given, note, type Shape, send } from './shape.ts';

/** What is done on the way, by actions and by children. */
export const ACTIONS: Readonly<Record<string, Shape>> = {
  'invoked actors that start, end, break and are stopped': [
    () =>
      chart({
        context: { ...context, given: 1 },
        initial: 'a',
        states: {
          a: {
            entry: assign({ given: 2 }),
            invoke: {
              id: 'child',
              src: 'child',
              input: ({ context, event }: Given) => ({ given: context.given, event: event.type }),
              onDone: { target: 'b', actions: note('done') },
              onError: { target: 'c', actions: note('broken') },
            },
            on: { leave: 'c', again: { target: 'a', reenter: true } },
          },
          b: { on: { back: 'a' } },
          c: { on: { back: 'a' } },
        },
      }).provide({ actors: { child: controlled() } } as never),
    [
      actor => childOf(actor, 'child').send({ type: 'end', output: 1 }),
      send('back'),
      actor => childOf(actor, 'child').send({ type: 'break' }),
      send('back'),
      send('again'),
      send('leave'),
    ],
  ],
  'messages to the parent, to children and to subscribers': [
    () =>
      chart({
        context,
        initial: 'a',
        states: {
          a: {
            invoke: { id: 'child', src: 'child' },
            on: {
              tell: {
                actions: [
                  note('before'),
                  sendParent((({ context }: Given) => ({
                    type: 'told',
                    notes: context.notes,
                  })) as never),
                  emit({ type: 'said', what: 'it' } as never),
                  sendTo('child', { type: 'end', output: 5 }),
                  note('after'),
                ],
              },
              'xstate.done.actor.child': { target: 'b', actions: note('child ended') },
            },
          },
          b: { entry: sendParent({ type: 'in b' }) },
        },
      }).provide({ actors: { child: controlled() } } as never),
    [send('tell')],
  ],
  'actions with parameters, named, inline and plain': [
    () =>
      chart(
        {
          context: { ...context, count: 0 },
          initial: 'a',
          states: {
            a: {
              on: {
                go: {
                  target: 'b',
                  actions: [
                    { type: 'add', params: { by: 2 } },
                    {
                      type: 'add',
                      params: ({ context }: Given) => ({
                        by: context.count,
                      }),
                    },
                    'plain',
                    () => {},
                    assign({
                      count: ({ context }: Given) => context.count + 1,
                      fixed: 'yes',
                    } as never),
                  ],
                },
              },
            },
            b: {},
          },
        },
        {
          actions: {
            add: change(({ context }, { by }) => ({ count: context.count + by })),
            plain: () => {},
          },
        },
      ),
    [send('go')],
  ],
  'a final state, its output, and a child that is still there': [
    () =>
      chart({
        context: { ...context, total: 3 },
        output: ({ context, event }: Given) => ({ total: context.total, by: event.type }),
        initial: 'a',
        invoke: { id: 'always there', src: 'child' },
        states: {
          a: { on: { end: { target: 'z', actions: assign({ total: 4 }) } } },
          z: { type: 'final' },
        },
      }).provide({ actors: { child: controlled() } } as never),
    [send('end'), send('end')],
  ],
  'an error that nobody handles': [
    () =>
      chart({
        initial: 'a',
        states: { a: { invoke: { id: 'child', src: 'child' } } },
      }).provide({ actors: { child: controlled() } } as never),
    [actor => childOf(actor, 'child').send({ type: 'break' }), send('later')],
  ],
  'a guard that throws': [
    () =>
      chart({
        initial: 'a',
        states: {
          a: {
            on: {
              go: {
                guard: () => {
                  throw new TypeError('no');
                },
                target: 'a',
              },
            },
          },
        },
      }),
    [send('go'), send('go')],
  ],
  'actions that expand into others, and raised events': [
    () =>
      chart({
        context,
        initial: 'a',
        states: {
          a: {
            on: {
              go: { actions: [raise({ type: 'on' }), note('went')] },
              many: {
                actions: enqueueActions(({ enqueue }) => {
                  enqueue(note('one'));
                  enqueue.raise({ type: 'on' });
                }),
              },
              on: { target: 'b' },
            },
          },
          b: { on: { back: 'a' } },
        },
      }),
    [send('go'), send('back'), send('many')],
  ],
  'a child that is stopped by an action': [
    () =>
      chart({
        context,
        initial: 'a',
        invoke: { id: 'child', src: 'child' },
        states: { a: { on: { stop: { actions: [stopChild('child'), note('stopped')] } } } },
      }).provide({ actors: { child: fromCallback(() => () => {}) } } as never),
    [send('stop'), send('stop')],
  ],
};
