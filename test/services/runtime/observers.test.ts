import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ObservedCommit } from '../../../services/ports.ts';
import { failing } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('observers of a recovery');

test(
  'one that comes while a commit is under way misses none of its transitions, and is told no duration',
  inWorld(async ({ boot, disk, settle }) => {
    const recovery = await boot();
    disk.hold();
    const run = recovery.operation('works', failing(0).fn).run(1, { id: 'one' });
    await settle();
    const commits: ObservedCommit[] = [];
    recovery.observe({ committed: commit => void commits.push(commit) });
    disk.release();
    await run;
    const [first, ...later] = commits;
    assert.is(first?.duration, undefined);
    assert.ok(later.length > 0);
    assert.ok(later.every(({ duration = -1 }) => duration >= 0));
    const seen = commits.flatMap(({ transitions }) => transitions);
    const stored = await recovery.transitions({});
    assert.equal(
      seen.map(({ position, to }) => [position, to]),
      stored.map(({ position, to }) => [position, to]),
    );
  }),
);

test(
  'each is told until it ends its own following; one that throws takes nothing from the others',
  inWorld(async world => {
    const recovery = await world.boot();
    const told = { first: 0, second: 0 };
    const stop = recovery.observe({ ended: () => void told.first++ });
    recovery.observe({
      ended() {
        throw new TypeError('broken');
      },
    });
    recovery.observe({ ended: () => void told.second++ });
    const works = recovery.operation('works', failing(0).fn);
    await works.run(1);
    stop();
    stop();
    await works.run(2);
    assert.equal(told, { first: 1, second: 2 });
    assert.is(world.logged.length, 1);
  }),
);

test(
  'knows of an operation how often it may be attempted, retries of categories included',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const most: (number | undefined)[] = [];
    recovery.observe({
      committed({ transitions, operation }) {
        for (const one of transitions) {
          if (one.kind === 'operation') most.push(operation(one.operationId)?.maxAttempts);
        }
      },
    });
    const run = recovery
      .operation('works', failing(1).fn, {
        maxRetries: 2,
        policies: { network: { maxRetries: 4 } },
      })
      .run(1);
    await clock.advance(5_000);
    await run;
    assert.ok(most.length >= 4);
    assert.ok(most.every(count => count === 7));
  }),
);

test.run();
