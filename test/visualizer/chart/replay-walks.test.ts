import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import type { OperationPolicy } from '../../../machines/operation/types.ts';
import type { RecordedTransition } from '../../../visualizer/chart/evidence.ts';
import type { ChartModel } from '../../../visualizer/chart/model.ts';
import { replay } from '../../../visualizer/chart/replay.ts';
import { variantSettings, variants } from '../../machines/support/breaker-events.ts';
import { BreakerWalk } from './support/breaker-walk.ts';
import { breakerModel, isSeen, operationModel } from './support/charts.ts';
import { OperationWalk } from './support/operation-walk.ts';

/** Hundreds of histories, each replayed after every event. */
export const suiteTimeout = 60_000;

const test = suite('replay: the real machines at random');

const POLICIES: readonly Partial<OperationPolicy>[] = [
  {},
  { whenOpen: 'wait', maxRetries: 5 },
  { fallback: true, maxInterruptions: 3 },
  { whenOpen: 'wait', fallback: true, maxRetries: 9, maxInterruptions: 9 },
];

interface Walked {
  readonly history: readonly RecordedTransition[];
  readonly taken: readonly (readonly string[])[];
}

/** Where a replay is sure, it is right. */
function exactSteps(model: ChartModel, { history, taken }: Walked): number {
  const { steps } = replay(model, history);
  for (const [index, step] of steps.entries()) {
    const really = (taken[index] ?? []).filter(id => isSeen(model, id));
    if (step.exact) assert.equal(step.taken, really);
  }
  return steps.filter(({ exact }) => exact).length;
}

for (const [index, policy] of POLICIES.entries()) {
  test(`an operation of policy ${index + 1} without slots is always where its history says`, () => {
    let ended = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const walk = new OperationWalk(policy, seededRandom(seed));
      for (let step = 0; step < 40 && !walk.ended; step++) {
        walk.step();
        const { active, steps } = replay(operationModel, walk.history);
        assert.is(active, walk.leaf, `seed ${seed}: ${JSON.stringify(walk.history)}`);
        assert.is(steps.length, walk.history.length);
      }
      ended += Number(walk.ended);
      const { steps } = replay(operationModel, walk.history);
      // Whatever is not recorded is followed at once by what is, so that the shortest way is the one.
      assert.equal(
        steps.map(({ taken }) => taken),
        walk.taken,
      );
    }
    assert.ok(ended > 50, `${ended} ended`);
  });

  test(`an operation of policy ${index + 1} with slots is where its history says, or where nobody records`, () => {
    let exact = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const walk = new OperationWalk({ ...policy, limited: true }, seededRandom(seed));
      let records = 0;
      for (let step = 0; step < 40 && !walk.ended; step++) {
        walk.step();
        const { active, possible } = replay(operationModel, walk.history);
        const where = `seed ${seed}: ${walk.leaf} of ${possible}`;
        assert.ok(possible.includes(walk.leaf), where);
        if (walk.history.length > records) assert.is(active, walk.leaf, where);
        records = walk.history.length;
      }
      exact += exactSteps(operationModel, walk);
    }
    assert.ok(exact > 300, `${exact} exact`);
  });
}

for (const [title, settings, events] of variants) {
  test(`a breaker with ${title} is where its history says, or where nobody records`, () => {
    let exact = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const walk = new BreakerWalk(variantSettings(settings), events, seededRandom(seed));
      for (let step = 0; step < 60; step++) {
        walk.step();
        const { steps, possible, active } = replay(breakerModel, walk.history);
        assert.equal(
          steps.map(each => each.active),
          walk.leaves,
          `seed ${seed}`,
        );
        assert.ok(possible.includes(walk.leaf), `seed ${seed}: ${walk.leaf} of ${possible}`);
        if (!walk.leaf.startsWith('half_open')) assert.is(active, walk.leaf);
      }
      exact += exactSteps(breakerModel, walk);
    }
    assert.ok(exact > 300, `${exact} exact`);
  });
}

test.run();
