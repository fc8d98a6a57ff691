import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { CircuitOpenError, OperationExhaustedError } from '../../../services/errors.ts';
import type { BreakerOptions, BreakerView, RecoveryStrategy } from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import {
  CustomStrategy,
  ExponentialBackoffStrategy,
  LinearBackoffStrategy,
} from '../../../services/strategies/index.ts';
import { rejects } from '../../support/rejects.ts';
import { hanging, transient } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('breakers that open and test the ground');

/** A definition that fails for the input `bad`. */
function working(recovery: DurableRecovery, breakerOptions: BreakerOptions, error = transient) {
  return recovery.operation(
    'work',
    async (input: string) => {
      if (input === 'bad') throw error();
      return input;
    },
    { maxRetries: 0, breakerOptions: { threshold: 1, ...breakerOptions } },
  );
}

const view = (recovery: DurableRecovery) => recovery.breaker('work') as BreakerView;

const fail = (work: { run(input: string): Promise<unknown> }) =>
  rejects(work.run('bad'), OperationExhaustedError);

test(
  'it is half open when its time is over, without anybody asking',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    await fail(working(recovery, { openTimeout: 10_000 }));
    await clock.advance(9_999);
    assert.is(view(recovery).state, 'open');
    await clock.advance(1);
    assert.is(view(recovery).state, 'half_open');
    const [, halfOpen] = await recovery.transitions({ breakerKey: 'work' });
    assert.equal([halfOpen?.to, halfOpen?.at], ['half_open', STARTED_AT + 10_000]);
  }),
);

/** Half open, with so many operations that hang and want to be probes. */
async function probing(
  { boot, clock, settle }: Parameters<Parameters<typeof inWorld>[0]>[0],
  options: BreakerOptions,
  operations: number,
  whenOpen: 'fail' | 'wait' = 'wait',
) {
  const recovery = await boot();
  const breakerOptions = { threshold: 1, openTimeout: 10_000, ...options };
  await fail(working(recovery, breakerOptions));
  await clock.advance(10_000);
  const { fn, calls } = hanging();
  const hang = recovery.operation('hang', fn, {
    breaker: 'work',
    breakerOptions,
    whenOpen,
    maxRetries: 0,
  });
  const handles = await Promise.all(Array.from({ length: operations }, (_, n) => hang.start(n)));
  for (const handle of handles) handle.result().catch(() => {});
  await settle();
  return { recovery, calls, handles };
}

test(
  'so many probes at once as it has permits; the others wait, and go on when enough of them have succeeded',
  inWorld(async world => {
    const { recovery, calls } = await probing(world, { permits: 3, successes: 2 }, 5);
    assert.equal([calls.length, view(recovery).probes], [3, 3]);
    calls[0]?.end();
    await world.settle();
    assert.equal([view(recovery).state, calls.length], ['half_open', 3]);
    calls[1]?.end();
    await world.settle();
    assert.equal([view(recovery).state, calls.length], ['closed', 5]);
  }),
);

test(
  'what the probes have come to is kept over a restart',
  inWorld(async world => {
    const { calls } = await probing(world, { permits: 3, successes: 2 }, 2);
    calls[0]?.end();
    await world.settle();
    world.crash();
    const recovery = await world.boot();
    const options = { threshold: 1, openTimeout: 10_000, permits: 3, successes: 2 };
    assert.is(view(recovery).state, 'half_open');
    assert.is(await working(recovery, options).run('good'), 'good');
    assert.is(view(recovery).state, 'closed');
  }),
);

test(
  'it opens again as soon as not enough of them can succeed any more',
  inWorld(async world => {
    const { recovery, calls } = await probing(world, { permits: 3, successes: 2 }, 3);
    calls[0]?.fail(transient());
    await world.settle();
    assert.is(view(recovery).state, 'half_open');
    calls[1]?.fail(transient());
    await world.settle();
    assert.equal([view(recovery).state, view(recovery).openings], ['open', 2]);
    calls[2]?.end();
    await world.settle();
    assert.is(view(recovery).state, 'open', 'a late success of the phase before moves nothing');
  }),
);

test(
  'where operations do not wait, those beyond the permits are refused',
  inWorld(async world => {
    const { recovery, calls, handles } = await probing(world, { permits: 2 }, 4, 'fail');
    assert.is(calls.length, 2);
    await rejects((handles[2] as (typeof handles)[0]).result(), CircuitOpenError);
    await rejects((handles[3] as (typeof handles)[0]).result(), CircuitOpenError);
    assert.is(view(recovery).state, 'half_open');
  }),
);

test(
  'the permits of probes that hang or are cancelled go to those that wait',
  inWorld(async world => {
    const { recovery, calls, handles } = await probing(
      world,
      { permits: 2, probeTimeout: 4_000 },
      5,
    );
    assert.is(calls.length, 2);
    await handles[0]?.cancel();
    await world.settle();
    assert.is(calls.length, 3);
    await world.clock.advance(4_000);
    assert.equal([calls.length, view(recovery).probes], [5, 2]);
    calls[3]?.end();
    calls[4]?.end();
    await world.settle();
    assert.is(view(recovery).state, 'closed');
  }),
);

test(
  'a probe whose failure does not count gives its permit back, and neither closes nor opens it',
  inWorld(async world => {
    const recordFailure = (_category: string, error: unknown) =>
      (error as Error).message !== 'not its fault';
    const { recovery, calls } = await probing(world, { recordFailure }, 2);
    calls[0]?.fail(transient('not its fault'));
    await world.settle();
    assert.equal([view(recovery).state, view(recovery).probes, calls.length], ['half_open', 1, 2]);
    calls[1]?.end();
    await world.settle();
    assert.is(view(recovery).state, 'closed');
  }),
);

test(
  'the open time grows with each opening in a row and starts anew after a close',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const work = working(recovery, {
      openTimeout: new LinearBackoffStrategy({
        initialDelay: 1_000,
        increment: 500,
        maxDelay: 9_000,
      }),
    });
    const openFor = async () => {
      await fail(work);
      return (view(recovery).openUntil as number) - clock.now();
    };
    assert.is(await openFor(), 1_000);
    await clock.advance(1_000);
    assert.is(await openFor(), 1_500);
    await clock.advance(1_500);
    assert.is(await openFor(), 2_000);
    await clock.advance(2_000);
    await work.run('good');
    assert.is(await openFor(), 1_000);
  }),
);

test(
  'the open time is drawn once, ahead, with the recovery’s own randomness, and a restart draws nothing again',
  inWorld(async ({ boot, clock, crash }) => {
    const openTimeout = new ExponentialBackoffStrategy({
      initialDelay: 10_000,
      backoffFactor: 2,
      maxDelay: 60_000,
      jitter: 'full',
    });
    const drawn: number[] = [];
    const source = seededRandom(7);
    const random = () => {
      drawn.push(source());
      return drawn.at(-1) as number;
    };
    const first = await boot({ random });
    await fail(working(first, { openTimeout }));
    const { openUntil } = view(first);
    crash();
    // Whatever this one draws: this opening has been drawn before, and the next one too.
    const recovery = await boot({ random: () => 0.999 });
    const work = working(recovery, { openTimeout });
    assert.is(view(recovery).openUntil, openUntil);
    await clock.advance((openUntil as number) - clock.now());
    await fail(work);
    const history = await recovery.transitions({ breakerKey: 'work' });
    const openings = history.filter(({ to }) => to === 'open');
    assert.is(openings.length, 2);
    for (const [index, { at, reason }] of openings.entries()) {
      assert.ok(drawn.includes(reason?.draw as number));
      const delay = openTimeout.calculateDelay(index + 1, { random: () => reason?.draw as number });
      assert.equal([reason?.delay, reason?.dueAt], [Math.round(delay), at + Math.round(delay)]);
    }
    assert.is(view(recovery).openUntil, openings[1]?.reason?.dueAt);
  }),
);

test(
  'a strategy of open times is told the one before in that row',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const told: (number | undefined)[] = [];
    const openTimeout: RecoveryStrategy = {
      name: 'doubling',
      calculateDelay(_opening, { previousDelay } = {}) {
        told.push(previousDelay);
        return previousDelay === undefined ? 1_000 : previousDelay * 2;
      },
    };
    const work = working(recovery, { openTimeout });
    for (const delay of [1_000, 2_000, 4_000]) {
      await fail(work);
      assert.is(view(recovery).openUntil, clock.now() + delay);
      await clock.advance(delay);
    }
    await work.run('good');
    await fail(work);
    assert.is(view(recovery).openUntil, clock.now() + 1_000);
    assert.equal(told, [undefined, 1_000, 2_000, 4_000, undefined, 1_000]);
  }),
);

test(
  'a strategy of open times that gives nonsense is said so, and the configured time is taken',
  inWorld(async ({ boot, clock, logged }) => {
    const recovery = await boot({ circuitBreakerTimeout: 7_000 });
    const openTimeout = new CustomStrategy({ delayFunc: () => Number.NaN, name: 'broken' });
    await fail(working(recovery, { openTimeout }));
    assert.is(view(recovery).openUntil, clock.now() + 7_000);
    assert.ok(logged.length > 0);
  }),
);

test(
  'a server that asks for a longer pause gets it, and one that asks for a shorter one does not',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const busy = (seconds: number) => () =>
      Object.assign(new Error('busy'), {
        status: 503,
        headers: { 'retry-after': String(seconds) },
      });
    let error = busy(120);
    const work = working(recovery, { openTimeout: 10_000 }, () => error() as never);
    await fail(work);
    assert.is(view(recovery).openUntil, clock.now() + 120_000);
    await clock.advance(120_000);
    error = busy(1);
    await fail(work);
    assert.is(view(recovery).openUntil, clock.now() + 10_000);
  }),
);

test.run();
