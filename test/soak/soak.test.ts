import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { playWalk } from './support/play.ts';
import type { Setup, Step } from './support/steps.ts';
import { walk } from './support/walks.ts';

/** Thousands of steps in simulated time. */
export const suiteTimeout = 180_000;

const test = suite('random walks');
const SEED = 20_261;
const WALKS = 10;

test('whatever happens in whatever order, what must always hold does', async () => {
  const walked = { walks: 0, steps: 0 };
  const failure = await walk({ seed: SEED, walks: WALKS, walked });
  if (failure) {
    const { setup, steps, error } = failure;
    console.error(`npm run soak -- --walk '${JSON.stringify({ setup, steps })}'`);
    throw error;
  }
  assert.is(walked.walks, WALKS);
  assert.ok(walked.steps > 1_000, `${walked.steps} steps`);
});

/** The walks themselves must see what goes wrong, and see it again. */
test('a walk that is played twice goes the same way, on both stores', async () => {
  for (const store of ['memory', 'sqljs'] as const) {
    const setup: Setup = { store, seed: 7, concurrency: 2 };
    const plan = {
      place: 'p1',
      tries: [[{ do: 'fail', how: 'reset' }], [{ do: 'step', name: 'a', ms: 40 }]],
      fallback: [],
    } as const;
    const steps: readonly Step[] = [
      { do: 'start', id: 0, name: 'waiting', plan },
      { do: 'advance', ms: 30 },
      { do: 'hold' },
      { do: 'start', id: 1, name: 'locked', plan },
      { do: 'die', death: 'torn', calls: 2, resume: true },
      { do: 'advance', ms: 900 },
    ];
    const [one, other] = [await playWalk(setup, steps), await playWalk(setup, steps)];
    assert.ok(one.transitions.length > 5);
    assert.equal(one.transitions, other.transitions);
  }
});

test.run();
