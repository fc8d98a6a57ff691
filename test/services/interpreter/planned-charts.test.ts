import fc from 'fast-check';
import { suite } from 'uvu';
import type { AnyActorRef, AnyEventObject } from 'xstate';
import { breakerMachine } from '../../../machines/breaker/machine.ts';
import { operationMachine } from '../../../machines/operation/machine.ts';
import { settingsOf } from '../../machines/support/breaker-settings.ts';
import { controlled } from '../../machines/support/controlled.ts';
import { everyEvent, policy } from '../../machines/support/operation-events.ts';

import { assertSameWays, type Move } from './support/side-by-side.ts';

const test = suite('precomputed transitions of the charts');

const childrenOf = (actor: AnyActorRef) =>
  (actor.getSnapshot() as { readonly children: Readonly<Record<string, AnyActorRef>> }).children;

/** What an invoked actor would report comes from the actor itself, where it is there. */
const moveBy = (event: AnyEventObject): Move => {
  const child =
    /^xstate\.(done|error)\.actor\.(attempt|timer|gate|slot|fallback|lease|override)$/.exec(
      event.type,
    );
  if (child === null) return actor => actor.send(event);
  return actor =>
    childrenOf(actor)[child[2] as string]?.send(
      child[1] === 'done' ? { type: 'end', output: event.output } : { type: 'break' },
    );
};

const operation = () =>
  operationMachine.provide({
    actors: { attempt: controlled(), timer: controlled(), gate: controlled() },
  });
const operationInput = { operationId: 'o', name: 'test', policy, at: 1_000 };

test('the operation chart goes the same ways, says the same and is inspected the same', () => {
  const moves = fc.array(fc.constantFrom(...everyEvent), { maxLength: 14 });
  fc.assert(
    fc.property(moves, fc.constantFrom('fail', 'wait'), (events, whenOpen) => {
      const input = { ...operationInput, policy: { ...policy, whenOpen } };
      assertSameWays(operation, input, events.map(moveBy));
    }),
    { numRuns: 300, seed: 1 },
  );
});

const breaker = () => breakerMachine.provide({ actors: { timer: controlled() } });
const breakerInput = {
  key: 'k',
  settings: settingsOf({
    window: { kind: 'consecutive', threshold: 2 },
    permits: 2,
    budget: { capacity: 6, refillPerSecond: 0 },
    rate: { limit: 1, interval: 10, burst: 2 },
  }),
  nextOpen: { delay: 100 },
  at: 0,
};

const permit = (outcome: string, generation: number) => ({
  operationId: 'o',
  generation,
  outcome,
  at: 10,
  ...(outcome === 'success' ? { refund: 1 } : { charge: 2 }),
});
const breakerEvents: readonly AnyEventObject[] = [
  ...['success', 'failure', 'ignored'].flatMap(outcome =>
    [1, 2, 3].flatMap(generation => [
      { type: 'permit.return', ...permit(outcome, generation) },
      { type: 'xstate.done.actor.operation.x', output: { permit: permit(outcome, generation) } },
    ]),
  ),
  { type: 'xstate.done.actor.operation.x', output: { permit: null } },
  { type: 'xstate.error.actor.operation.x', error: 'broke' },
  ...['isolated', 'forced_closed', 'metrics_only'].map(to => ({
    type: 'force',
    to,
    ttl: 5,
    at: 11,
    by: 'me',
  })),
  { type: 'reset', at: 12 },
  ...(['enforce', 'metrics_only', 'enforce'] as const).map((mode, index) => ({
    type: 'configure',
    settings: settingsOf({ version: index + 2, mode, permits: 3, successes: 2 }),
    at: 12,
  })),
  { type: 'open_time.drawn', delay: 7, draw: 0.5, opening: 2 },
  { type: 'rate.take', at: 13 },
  { type: 'xstate.done.actor.override', output: { at: 16 } },
  { type: 'xstate.done.actor.timer', output: { at: 13 } },
  { type: 'xstate.done.actor.lease', output: { at: 14 } },
  { type: 'nobody.knows' },
];

const asks =
  (cost: number): Move =>
  actor =>
    actor.send({
      type: 'permit.request',
      operationId: 'o',
      from: actor,
      at: 10,
      trigger: 'start',
      cost,
    });

test('the breaker chart goes the same ways, says the same and is inspected the same', () => {
  const move = fc.oneof(
    fc.constantFrom(asks(0), asks(3)),
    fc.constantFrom(...breakerEvents.map(moveBy)),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 25 }), moves => {
      assertSameWays(breaker, breakerInput, moves);
    }),
    { numRuns: 300, seed: 2 },
  );
});

test.run();
