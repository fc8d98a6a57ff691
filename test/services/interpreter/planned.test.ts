import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AnyEventObject,
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  emit,
  enqueueActions,
  fromCallback,
  raise,
  sendParent,
  sendTo,
  stopChild,
} from 'xstate';
import { planned } from '../../../services/interpreter/index.ts';
import { filledChild, fillsChildren } from '../../../services/interpreter/lean-actor.ts';
import { plannedMachine } from '../../../services/interpreter/planned.ts';
import { passesTrial } from '../../../services/interpreter/trial.ts';
import { controlled } from '../../machines/support/controlled.ts';
import { assertSameWays, type Move } from './support/side-by-side.ts';

const test = suite('precomputed transitions');

const send =
  (type: string, more: object = {}): Move =>
  actor =>
    actor.send({ type, ...more } as AnyEventObject);

/** Shapes of all kinds have contexts of all kinds. */
interface Given {
  readonly context: {
    readonly notes: readonly string[];
    readonly count: number;
    readonly given: number;
    readonly total: number;
  };
  readonly event: AnyEventObject;
}
const chart = (config: object, implementations: object = {}): AnyStateMachine =>
  createMachine(config as never, implementations as never);
const change = (by: (given: Given, params: { readonly by: number }) => object) =>
  assign(by as never);
const note = (what: string) => change(({ context }) => ({ notes: [...context.notes, what] }));
const context = { notes: [] as string[] };

/** Each shape with what is done to it. */
const SHAPES: Readonly<Record<string, readonly [() => AnyStateMachine, readonly Move[]]>> = {
  'exit and entry actions of nested states, in order': [
    () =>
      chart({
        context,
        initial: 'a',
        states: {
          a: {
            entry: note('into a'),
            exit: note('out of a'),
            initial: 'one',
            states: {
              one: { exit: note('out of one'), on: { deeper: '#two' } },
              two: { id: 'two', entry: note('into two') },
            },
            on: { over: { target: 'b', actions: note('over') } },
          },
          b: { initial: 'x', entry: note('into b'), states: { x: { entry: note('into x') } } },
        },
      }),
    [send('deeper'), send('over'), send('nothing')],
  ],
  'a transition to itself, with and without reentering': [
    () =>
      chart({
        context,
        initial: 'a',
        states: {
          a: {
            entry: note('in'),
            exit: note('out'),
            initial: 'first',
            states: { first: { on: { next: 'second' } }, second: {} },
            on: {
              stay: { actions: note('stay') },
              again: { target: 'a' },
              anew: { target: 'a', reenter: true },
              inside: { target: '.second' },
              'inside anew': { target: '.second', reenter: true },
            },
          },
        },
      }),
    ['next', 'stay', 'again', 'next', 'anew', 'inside', 'inside anew', 'anew'].map(type =>
      send(type),
    ),
  ],
  'targets of the root': [
    () =>
      chart({
        context,
        initial: 'a',
        on: { home: '.a', far: { target: '.b.y', actions: note('far') } },
        states: { a: { exit: note('left a') }, b: { initial: 'x', states: { x: {}, y: {} } } },
      }),
    [send('far'), send('far'), send('home'), send('home')],
  ],
  'guards, the first that holds, and events that match by a wildcard': [
    () =>
      chart({
        context,
        initial: 'a',
        states: {
          a: {
            on: {
              go: [
                { guard: ({ event }: Given) => event.n > 2, target: 'c' },
                { guard: ({ event }: Given) => event.n > 1, target: 'b' },
                { actions: note('none held') },
              ],
              'some.*': { actions: note('some') },
              '*': { actions: note('any') },
            },
          },
          b: { on: { back: 'a' } },
          c: { on: { '*': undefined, back: 'a' } },
        },
      }),
    [
      send('go', { n: 0 }),
      send('some.thing'),
      send('other'),
      send('go', { n: 2 }),
      send('back'),
      send('go', { n: 3 }),
      send('other'),
      send('back'),
    ],
  ],
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
  'states that leave by themselves': [
    () =>
      chart({
        context,
        initial: 'a',
        states: {
          a: { on: { go: 'b' } },
          b: { always: { target: 'c', actions: note('through') } },
          c: {},
        },
      }),
    [send('go')],
  ],
  'parallel states and history': [
    () =>
      chart({
        initial: 'p',
        states: {
          p: {
            type: 'parallel',
            states: {
              l: {
                initial: 'l1',
                states: { l1: { on: { go: 'l2' } }, l2: {}, h: { type: 'history' } },
              },
              r: { initial: 'r1', states: { r1: { on: { go: 'r2' } }, r2: {} } },
            },
            on: { out: 'q' },
          },
          q: { on: { in: 'p.l.h' } },
        },
      } as never),
    [send('go'), send('out'), send('in')],
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

const childOf = (actor: { getSnapshot(): unknown }, id: string) =>
  (actor.getSnapshot() as { children: Record<string, { send(event: unknown): void }> }).children[
    id
  ] as { send(event: unknown): void };

for (const [title, [make, moves]] of Object.entries(SHAPES)) {
  test(`${title}: as XState itself does it`, () => {
    assert.ok(assertSameWays(make, undefined, moves) > moves.length, 'something was seen');
  });
}

test('goes on from a stored snapshot', () => {
  const [make, moves] = SHAPES['exit and entry actions of nested states, in order'] as NonNullable<
    (typeof SHAPES)[string]
  >;
  const first = createActor(planned(make())).start();
  moves[0]?.(first);
  const stored = JSON.parse(JSON.stringify(first.getPersistedSnapshot()));
  const values = [make(), planned(make())].map(machine => {
    const actor = createActor(machine, { snapshot: stored } as object).start();
    moves[1]?.(actor);
    return actor.getPersistedSnapshot();
  });
  assert.equal(values[1], values[0]);
});

test('fills in the actors of the XState that is installed', () => {
  assert.ok(fillsChildren, 'the members of an actor have changed: bring lean-actor.ts up to date');
});

test('is trusted only after a trial beside the installed XState', () => {
  assert.ok(passesTrial(plannedMachine, filledChild));
  const forgetful = (machine: AnyStateMachine) => {
    const { transition } = machine;
    machine.transition = (snapshot, event, scope) =>
      event.type === 'out' ? snapshot : transition(snapshot, event, scope);
    return machine;
  };
  assert.not(passesTrial(forgetful, filledChild), 'a transition that is not taken');
  const broken = () => {
    throw new TypeError('no such member');
  };
  assert.not(passesTrial(broken, filledChild), 'an error');
  assert.not(passesTrial(plannedMachine, broken), 'an actor that can not be made');
});

test('leaves a machine alone whose inside it does not know', () => {
  const machine = chart({});
  const strange = Object.assign(Object.create(Object.getPrototypeOf(machine)), machine, {
    root: {},
  });
  const { transition } = strange;
  assert.is(planned(strange).transition, transition);
});

test.run();
