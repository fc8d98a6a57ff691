import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AnyStateMachine, createActor } from 'xstate';
import { planned } from '../../../services/interpreter/index.ts';
import { filledChild, fillsChildren } from '../../../services/interpreter/lean-actor.ts';
import { plannedMachine } from '../../../services/interpreter/planned.ts';
import { passesTrial } from '../../../services/interpreter/trial.ts';
import { chart, type Shape } from './support/shape.ts';
import { ACTIONS } from './support/shapes-of-actions.ts';
import { STATES } from './support/shapes-of-states.ts';
import { assertSameWays } from './support/side-by-side.ts';

const test = suite('precomputed transitions');

for (const [title, [make, moves]] of Object.entries({ ...STATES, ...ACTIONS })) {
  test(`${title}: as XState itself does it`, () => {
    assert.ok(assertSameWays(make, undefined, moves) > moves.length, 'something was seen');
  });
}

test('goes on from a stored snapshot', () => {
  const [make, moves] = STATES['exit and entry actions of nested states, in order'] as Shape;
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
