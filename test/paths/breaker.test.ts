import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OperationOptions } from '../../index.ts';
import { CUT_POINTS } from '../../testing.ts';
import { variants } from '../machines/support/breaker-events.ts';
import { BreakerLife } from './support/breaker-life.ts';
import { breakerModel, pathsAlongArrows } from './support/breaker-model.ts';

/** A life for each arrow, and one for each cut. */
export const suiteTimeout = 180_000;

const test = suite('paths of a breaker');

/** What the variants of the chart's tests are as options. */
const POLICIES: readonly OperationOptions[] = [
  {
    breakerOptions: {
      threshold: 2,
      permits: 3,
      successes: 2,
      probeTimeout: 500,
      openTimeout: 10_000,
    },
  },
  {
    breakerOptions: { threshold: 2, probeTimeout: 500, openTimeout: 10_000 },
    budget: { capacity: 4, cost: 3, refillPerSecond: 0 },
    rateLimit: { limit: 1, interval: 100, burst: 1 },
  },
];

for (const [index, [title, , events]] of variants.entries()) {
  const policy = POLICIES[index] as OperationOptions;
  const model = breakerModel(events);

  async function paths() {
    const life = await BreakerLife.begin('memory', policy, model);
    const all = pathsAlongArrows(model, life.snapshot, events);
    life.world.abandon();
    assert.ok(all.length > 40, `${all.length} paths`);
    return all;
  }

  for (const store of ['sqljs', 'memory'] as const) {
    test(`${title}, ${store}: along every arrow the breaker is where its chart is, and so is its row`, async () => {
      for (const path of await paths()) {
        const life = await BreakerLife.begin(store, policy, model);
        await life.play(path);
        life.world.abandon();
      }
    });
  }

  test(`${title}: a process that dies in any commit is followed by one whose breaker goes on`, async () => {
    const known = new Set<string>();
    let cuts = 0;
    for (const path of await paths()) {
      const whole = await BreakerLife.begin('sqljs', policy, model);
      const { tries } = whole.world.disk;
      await whole.play(path);
      whole.world.abandon();
      for (const [at, step] of whole.commitSteps.entries()) {
        // What paths have in common is cut once.
        const key = JSON.stringify([path.slice(0, step), at]);
        if (at < tries || known.has(key)) continue;
        known.add(key);
        for (const point of CUT_POINTS) {
          const life = await BreakerLife.begin('sqljs', policy, model);
          life.world.disk.cut(at + 1 - tries, point);
          await life.play(path);
          assert.is(life.world.deaths, 1);
          life.world.abandon();
          cuts += 1;
        }
      }
    }
    assert.ok(cuts > 50, `${cuts} cuts`);
  });
}

test.run();
