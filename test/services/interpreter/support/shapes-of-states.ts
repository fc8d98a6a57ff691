import { chart, context, type Given, note, type Shape, send } from './shape.ts';

/** Which states are left and entered, and when. */
export const STATES: Readonly<Record<string, Shape>> = {
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
};
