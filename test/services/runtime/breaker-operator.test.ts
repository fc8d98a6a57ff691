import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CircuitOpenError,
  ConfigError,
  OperationExhaustedError,
  PersistenceError,
  RecoveryClosedError,
} from '../../../services/errors.ts';
import type { BreakerHandle, OperationDefinition } from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { rejects } from '../../support/rejects.ts';
import { hanging, transient } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('breakers and their operator');
const breakerOptions = { threshold: 2, openTimeout: 30_000 };

/** A definition that fails for the input `bad`. */
function working(recovery: DurableRecovery, options: object = {}) {
  return recovery.operation(
    'work',
    async (input: string) => {
      if (input === 'bad') throw transient();
      return input;
    },
    { maxRetries: 0, breakerOptions, ...options },
  );
}

async function fails(work: OperationDefinition<string, string>, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await rejects(work.run('bad'), OperationExhaustedError);
}

function breakerOf(recovery: DurableRecovery, key = 'work'): BreakerHandle {
  const breaker = recovery.breaker(key);
  assert.ok(breaker, `there is no breaker ${key}`);
  return breaker as BreakerHandle;
}

async function history(recovery: DurableRecovery, key = 'work') {
  const transitions = await recovery.transitions({ breakerKey: key });
  return transitions.map(({ from, to, reason }) => [from, to, reason?.kind, reason?.by]);
}

test(
  'forced open it lets nothing through; when the time is over a probe tests the ground',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const work = working(recovery);
    await work.run('good');
    await breakerOf(recovery).forceOpen({ ttl: 5_000, reason: 'it is on fire', by: 'ann' });
    const { state, override } = breakerOf(recovery);
    assert.is(state, 'isolated');
    assert.equal(override, { until: STARTED_AT + 5_000, reason: 'it is on fire', by: 'ann' });
    await rejects(work.run('good'), CircuitOpenError);
    await clock.advance(4_999);
    await rejects(work.run('good'), CircuitOpenError);
    await clock.advance(1);
    assert.is(breakerOf(recovery).state, 'half_open');
    assert.is(breakerOf(recovery).override, null);
    assert.is(await work.run('good'), 'good');
    assert.equal(
      (await history(recovery)).map(([from, to, , by]) => [from, to, by]),
      [
        ['closed', 'isolated', 'ann'],
        ['isolated', 'half_open', undefined],
        ['half_open', 'closed', undefined],
      ],
    );
    const [forced] = await recovery.transitions({ breakerKey: 'work' });
    assert.match(forced?.reason?.message ?? '', 'it is on fire');
  }),
);

test(
  'an order is durable when it resolves, and holds over a restart for what is left of its time',
  inWorld(async ({ boot, clock, crash }) => {
    const first = await boot();
    await working(first).run('good');
    await breakerOf(first).forceOpen({ ttl: 5_000, by: 'ann' });
    crash();
    await clock.advance(3_000);
    const recovery = await boot();
    const work = working(recovery);
    assert.is(breakerOf(recovery).override?.until, STARTED_AT + 5_000);
    await rejects(work.run('good'), CircuitOpenError);
    await clock.advance(1_999);
    assert.is(breakerOf(recovery).state, 'isolated');
    await clock.advance(1);
    assert.is(breakerOf(recovery).state, 'half_open');
  }),
);

test(
  'forced closed it lets everything through, whatever fails, and is closed anew afterwards',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const work = working(recovery);
    await fails(work, 2);
    assert.is(breakerOf(recovery).state, 'open');
    await breakerOf(recovery).forceClosed({ ttl: 1_000 });
    await fails(work, 9);
    assert.is(breakerOf(recovery).state, 'forced_closed');
    await clock.advance(1_000);
    assert.equal([breakerOf(recovery).state, breakerOf(recovery).failures], ['closed', 0]);
    await fails(work, 2);
    assert.is(breakerOf(recovery).state, 'open');
  }),
);

test(
  'forced closed lets those go on that wait',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const work = working(recovery, { whenOpen: 'wait' });
    await fails(work, 2);
    const handles = [await work.start('a'), await work.start('b')];
    await settle();
    assert.equal(
      handles.map(({ state }) => state),
      ['recovering', 'recovering'],
    );
    await breakerOf(recovery).forceClosed();
    assert.equal(await Promise.all(handles.map(handle => handle.result())), ['a', 'b']);
  }),
);

test(
  'metrics only: everything goes through, and each crossing of the threshold is noted',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const work = working(recovery);
    await work.run('good');
    await breakerOf(recovery).metricsOnly({ by: 'ann' });
    await fails(work, 5);
    assert.is(breakerOf(recovery).state, 'metrics_only');
    assert.is(breakerOf(recovery).failures, 5);
    await work.run('good');
    await fails(work, 2);
    assert.equal((await history(recovery)).map(([from, to, kind]) => [from, to, kind]).slice(1), [
      ['metrics_only', 'metrics_only', 'would_trip'],
      ['metrics_only', 'metrics_only', 'would_trip'],
    ]);
    assert.equal([recovery.metrics.breakerWouldTrips, recovery.metrics.breakerTrips], [2, 0]);
  }),
);

test(
  'a definition may ask for metrics only',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const work = working(recovery, { breakerOptions: { threshold: 2, mode: 'metrics_only' } });
    await fails(work, 3);
    assert.is(breakerOf(recovery).state, 'metrics_only');
    assert.is(recovery.metrics.breakerWouldTrips, 1);
  }),
);

test(
  'a reset closes it with nothing counted, and lets those go on that wait',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const work = working(recovery, { whenOpen: 'wait' });
    await fails(work, 2);
    const waiting = await work.start('good');
    await breakerOf(recovery).reset({ reason: 'mended', by: 'ann' });
    assert.is(await waiting.result(), 'good');
    assert.equal([breakerOf(recovery).state, breakerOf(recovery).failures], ['closed', 0]);
    assert.equal((await history(recovery)).at(-1), ['open', 'closed', 'reset', 'ann']);
    await fails(work, 1);
    await breakerOf(recovery).reset();
    assert.is(breakerOf(recovery).failures, 0);
  }),
);

test(
  'a breaker that nothing has used yet can be forced, and takes the settings of who uses it first',
  inWorld(async ({ boot, crash }) => {
    const first = await boot();
    assert.is(first.breaker('work'), undefined);
    await first.forceBreaker('work', 'isolated', { by: 'ann' });
    await rejects(working(first).run('good'), CircuitOpenError);
    crash();
    const recovery = await boot();
    const work = working(recovery);
    await rejects(work.run('good'), CircuitOpenError);
    await breakerOf(recovery).reset();
    await fails(work, 2);
    assert.is(breakerOf(recovery).state, 'open');
  }),
);

test(
  'a breaker that was forced before anything used it opens as its definition says',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    await recovery.forceBreaker('work', 'forced_closed', { ttl: 1_000 });
    const work = working(recovery);
    await fails(work, 3);
    await clock.advance(1_000);
    await fails(work, 2);
    assert.equal(
      [breakerOf(recovery).state, breakerOf(recovery).openUntil],
      ['open', clock.now() + 30_000],
    );
  }),
);

test(
  'one with an order in force is not forgotten',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot({ maxBreakers: 1 });
    await recovery.forceBreaker('forced', 'forced_closed');
    const work = working(recovery, { breaker: (input: string) => input });
    for (const key of ['a', 'b', 'c']) await work.run(key);
    await clock.advance(1e9);
    await work.run('d');
    assert.is(recovery.breaker('forced')?.state, 'forced_closed');
  }),
);

test(
  'a handle is of one moment, and its orders still work when the breaker was forgotten meanwhile',
  inWorld(async ({ boot }) => {
    const recovery = await boot({ maxBreakers: 1 });
    const work = working(recovery, { breaker: (input: string) => input });
    await work.run('a');
    const handle = breakerOf(recovery, 'a');
    await work.run('b');
    assert.is(recovery.breaker('a'), undefined);
    await handle.forceOpen();
    assert.is(handle.state, 'closed');
    assert.is(recovery.breaker('a')?.state, 'isolated');
  }),
);

test(
  'orders that cannot be carried out are refused by name',
  inWorld(async ({ boot, close }) => {
    const recovery = await boot();
    await recovery.forceBreaker('work', 'isolated');
    const breaker = breakerOf(recovery);
    const message = async (order: Promise<void>) => (await rejects(order, ConfigError)).message;
    assert.is(
      await message(breaker.forceOpen({ ttl: 0, by: ' ' })),
      'breaker "work": by must be a string that is not empty, got " "; ttl must be a number of milliseconds > 0, up to 3155760000000, got 0',
    );
    assert.match(await message(breaker.reset({ ttl: 1 } as object)), /ttl is not an option/);
    assert.match(await message(recovery.forceBreaker('', 'isolated')), /key must be a string/);
    assert.match(
      await message(recovery.forceBreaker('x', 'open' as 'isolated')),
      /to must be 'isolated' or/,
    );
    await close(recovery);
    await rejects(breaker.reset(), RecoveryClosedError);
  }),
);

test(
  'an order that the store did not take says so, and is in force all the same',
  inWorld(async ({ boot, disk, clock, crash }) => {
    const recovery = await boot();
    await working(recovery).run('good');
    disk.failure = new Error('full');
    await rejects(breakerOf(recovery).forceOpen(), PersistenceError);
    assert.is(breakerOf(recovery).state, 'isolated');
    disk.failure = undefined;
    await clock.advance(10_000);
    crash();
    assert.is((await boot()).breaker('work')?.state, 'isolated');
  }),
);

test(
  'it tells how many operations use it and how many probes are out',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const work = working(recovery);
    await fails(work, 2);
    const { fn, calls } = hanging();
    const hang = recovery.operation('hang', fn, { breaker: 'work', breakerOptions });
    await clock.advance(30_000);
    const probe = await hang.start(1);
    await settle();
    assert.equal([breakerOf(recovery).operations, breakerOf(recovery).probes], [1, 1]);
    calls[0]?.end('done');
    await probe.result();
    assert.equal([breakerOf(recovery).operations, breakerOf(recovery).probes], [0, 0]);
  }),
);

test(
  'health lists at most a hundred breakers, those in trouble first, and breakers() all by their keys',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const work = working(recovery, { breaker: (input: string) => input });
    for (let n = 0; n < 150; n++) await work.run(`k${n}`);
    await recovery.forceBreaker('z', 'isolated');
    const { breakers } = recovery.health();
    assert.equal([breakers.length, breakers[0]?.key], [100, 'z']);
    const keys = recovery.breakers().map(({ key }) => key);
    assert.equal([keys.length, keys[0], keys.at(-1)], [151, 'k0', 'z']);
  }),
);

test.run();
