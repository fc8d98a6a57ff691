import fc from 'fast-check';
import { suite } from 'uvu';
import type { AnyActorRef, AnyEventObject } from 'xstate';
import { breakerMachine } from '../../../machines/breaker/machine.ts';
import { operationMachine } from '../../../machines/operation/machine.ts';
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
const breakerInput = { key: 'k', threshold: 2, openTimeout: 100, probeTimeout: 50, at: 0 };

const permit = (outcome: string, generation: number) => ({
  operationId: 'o',
  generation,
  outcome,
  at: 10,
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
  { type: 'isolate', at: 11, by: 'me' },
  { type: 'reset', at: 12 },
  { type: 'configure', threshold: 1, openTimeout: 5, probeTimeout: 6 },
  { type: 'xstate.done.actor.timer', output: { at: 13 } },
  { type: 'xstate.done.actor.lease', output: { at: 14 } },
  { type: 'nobody.knows' },
];

const asks: Move = actor =>
  actor.send({ type: 'permit.request', operationId: 'o', from: actor, at: 10, trigger: 'start' });

test('the breaker chart goes the same ways, says the same and is inspected the same', () => {
  const move = fc.oneof(fc.constant(asks), fc.constantFrom(...breakerEvents.map(moveBy)));
  fc.assert(
    fc.property(fc.array(move, { maxLength: 25 }), moves => {
      assertSameWays(breaker, breakerInput, moves);
    }),
    { numRuns: 300, seed: 2 },
  );
});

test.run();
