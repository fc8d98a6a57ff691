import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MachineStopped } from '../../../adapters/testing/disk-failures.ts';
import { type DiskOutcome, SimulatedDisk } from '../../../adapters/testing/simulated-disk.ts';
import { sampled } from '../../support/extent.ts';
import { contentsAfter, Engine } from './support/engine.ts';
import { live, WRITES } from './support/scenario.ts';
import { seeded } from './support/seeded.ts';

/** Every call of a store's life, each with several fates of what was not synced, takes its time. */
export const suiteTimeout = 180_000;

const test = suite('crashes of the sql.js store');
const expected = contentsAfter(WRITES);
const random = seeded(7);

/** Lives until the call of that number. Says how many writes were acknowledged. */
function liveUntil(disk: SimulatedDisk, crashAt: number): number {
  disk.crashAt = crashAt;
  let acknowledged = 0;
  let last: Engine | undefined;
  try {
    live(
      () => {
        last = new Engine(disk);
        return last;
      },
      () => {
        acknowledged += 1;
      },
    );
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    if (!(cause instanceof MachineStopped)) throw error;
  }
  return acknowledged;
}

/** The store holds every acknowledged write, and of the one that was under way all or nothing. */
function holds(engine: Engine, acknowledged: number, where: string): number {
  const contents = engine.contents();
  if (contents === expected[acknowledged]) return acknowledged;
  assert.is(
    contents,
    expected[acknowledged + 1],
    `${where}: ${acknowledged} writes were acknowledged`,
  );
  return acknowledged + 1;
}

const life = new SimulatedDisk();
assert.is(liveUntil(life, Number.POSITIVE_INFINITY), WRITES.length);
const calls = life.calls;

test('the life of the store has every kind of call in it', () => {
  assert.ok(calls > 80, `${calls} calls`);
});

for (const outcome of ['lost', 'kept', 'torn'] as const satisfies readonly DiskOutcome[]) {
  test(`a machine that stops before any call loses and repeats nothing: unsynced writes ${outcome}`, () => {
    for (const call of sampled(calls, 8)) {
      for (let round = 0; round < (outcome === 'torn' ? 4 : 1); round++) {
        const disk = new SimulatedDisk();
        const acknowledged = liveUntil(disk, call);
        const restarted = disk.restarted(outcome, random);
        const engine = new Engine(restarted);
        const there = holds(engine, acknowledged, `stopped at call ${call}`);
        const next = WRITES[there];
        if (next) engine.write(next);
        engine.drop();
        const again = new Engine(restarted.restarted('lost', random));
        assert.is(
          again.contents(),
          expected[next ? there + 1 : there],
          `stopped at call ${call}, then again`,
        );
        again.drop();
      }
    }
  });
}

test('what a killed process left in the cache is made durable before it is told or built upon', () => {
  for (const call of sampled(calls, 8)) {
    for (const more of [0, 1]) {
      const disk = new SimulatedDisk();
      const acknowledged = liveUntil(disk, call);
      const engine = new Engine(disk.reused());
      const there = holds(engine, acknowledged, `killed at call ${call}`);
      for (const write of WRITES.slice(there, there + more)) engine.write(write);
      const contents = engine.contents();
      engine.drop();
      const again = new Engine(disk.restarted('lost', random));
      assert.is(again.contents(), contents, `killed at call ${call}, then without power`);
      again.drop();
    }
  }
});

test('a machine that stops again while it recovers loses and repeats nothing', () => {
  for (const call of sampled(calls, 7, 3)) {
    for (const second of sampled(12, 2)) {
      const disk = new SimulatedDisk();
      const acknowledged = liveUntil(disk, call);
      const recovering = disk.restarted('torn', random);
      recovering.crashAt = second;
      try {
        new Engine(recovering).drop();
      } catch {
        // it stopped
      }
      const engine = new Engine(recovering.restarted('torn', random));
      holds(engine, acknowledged, `stopped at call ${call} and at ${second} of recovery`);
      engine.drop();
    }
  }
});

test.run();
