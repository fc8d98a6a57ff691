import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationCancelledError, OverloadedError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { hanging, transient } from './support/functions.ts';
import { inWorld, STARTED_AT, type World } from './support/world.ts';

const test = suite('rate limits');

/** A function that notes when it is called, in milliseconds since the world began. */
function noting({ clock }: Pick<World, 'clock'>, fails: (input: string) => boolean = () => false) {
  const calls: string[] = [];
  const fn = (input: string) => {
    calls.push(`${input}@${clock.now() - STARTED_AT}`);
    if (fails(input)) throw transient();
  };
  return { fn, calls };
}

test(
  'a burst begins at once, the others evenly spaced, at the very instants',
  inWorld(async world => {
    const { fn, calls } = noting(world);
    const work = (await world.boot()).operation('work', fn, {
      rateLimit: { limit: 4, interval: 1_000, burst: 2 },
    });
    for (const input of ['a', 'b', 'c', 'd', 'e']) await work.start(input);
    await world.clock.advance(10_000);
    assert.equal(calls, ['a@0', 'b@0', 'c@250', 'd@500', 'e@750']);
    for (const input of ['f', 'g', 'h']) await work.start(input);
    await world.clock.advance(1_000);
    assert.equal(calls.slice(5), ['f@10000', 'g@10000', 'h@10250']);
  }),
);

test(
  'a new one does not overtake who waits, not even at the instant at which the rate lets one through',
  inWorld(async world => {
    const { clock } = world;
    const { fn, calls } = noting(world);
    const work = (await world.boot()).operation('work', fn, {
      rateLimit: { limit: 1, interval: 1_000 },
    });
    clock.setTimeout(() => void work.start('new'), 1_000);
    for (const input of ['first', 'waits']) await work.start(input);
    await clock.advance(2_000);
    assert.equal(calls, ['first@0', 'waits@1000', 'new@2000']);
  }),
);

test(
  'whoever waits for its rate is pending, counts for maxPending, and is cancelled at once',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, {
      rateLimit: { limit: 1, interval: 1_000 },
      maxPending: 2,
    });
    const idle = clock.pending;
    const handles = await Promise.all(['a', 'b', 'c'].map(id => work.start(1, { id })));
    await rejects(work.start(1), OverloadedError);
    await settle();
    assert.equal(
      handles.map(({ state }) => state),
      ['in_progress', 'pending', 'pending'],
    );
    const told = rejects(handles[1]?.result() ?? Promise.resolve(), OperationCancelledError);
    await handles[1]?.cancel();
    await told;
    await clock.advance(999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.equal(
      calls.map(({ op }) => op.id),
      ['a', 'c'],
    );
    assert.is(clock.pending, idle);
  }),
);

test(
  'each key has its rate; one that is used up holds up neither other keys nor other definitions',
  inWorld(async world => {
    const { fn, calls } = noting(world);
    const recovery = await world.boot({ concurrency: 100 });
    const options = {
      breaker: (input: string) => input.slice(0, 1),
      rateLimit: { limit: 1, interval: 100 },
    };
    const work = recovery.operation('work', fn, options);
    const other = recovery.operation('other', fn);
    for (const input of ['a1', 'a2', 'a3', 'b1', 'b2']) await work.start(input);
    await other.start('x');
    await world.clock.advance(1_000);
    assert.equal(calls, ['a1@0', 'b1@0', 'x@0', 'a2@100', 'b2@100', 'a3@200']);
  }),
);

test(
  'retries take their share of the rate',
  inWorld(async world => {
    let failures = 1;
    const { fn, calls } = noting(world, input => input === 'a' && failures-- > 0);
    const work = (await world.boot()).operation('work', fn, {
      rateLimit: { limit: 1, interval: 700 },
    });
    for (const input of ['a', 'b', 'c']) await work.start(input);
    await world.clock.advance(10_000);
    // The retry is due at 1000, behind c.
    assert.equal(calls, ['a@0', 'b@700', 'c@1400', 'a@2100']);
  }),
);

test(
  'a restart neither forgets what was used nor gives a new burst',
  inWorld(async world => {
    const { fn, calls } = noting(world);
    const options = { rateLimit: { limit: 2, interval: 1_000 } };
    const first = (await world.boot()).operation('work', fn, options);
    // Of one instant, they go on by their ids.
    for (const input of ['a', 'b', 'c', 'd', 'e']) await first.start(input, { id: input });
    await world.clock.advance(600);
    assert.equal(calls, ['a@0', 'b@0', 'c@500']);
    world.crash();
    await world.clock.advance(100);
    const recovery = await world.boot();
    const second = recovery.operation('work', fn, options);
    await Promise.all([recovery.resume(), world.settle()]);
    await second.start('f');
    await world.clock.advance(10_000);
    assert.equal(calls.slice(3), ['d@1000', 'e@1500', 'f@2000']);
  }),
);

test(
  'a rate and a concurrency together: the rate is used only by what begins',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, {
      concurrency: 1,
      rateLimit: { limit: 1, interval: 1_000 },
    });
    for (const id of ['a', 'b', 'c']) await work.start(1, { id });
    await clock.advance(5_000);
    assert.is(calls.length, 1);
    calls[0]?.end();
    await clock.advance(0);
    assert.is(calls.length, 2);
    calls[1]?.end();
    await clock.advance(999);
    assert.is(calls.length, 2);
    await clock.advance(1);
    assert.is(calls.length, 3);
  }),
);

test.run();
