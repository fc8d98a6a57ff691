import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CircuitOpenError, OperationExhaustedError } from '../../../services/errors.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { rejects } from '../../support/rejects.ts';
import { deferred, failing, hanging, permanent, transient } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('breakers at run time');
const breakerOptions = { threshold: 2, openTimeout: 30_000, probeTimeout: 4_000 };

/** A definition whose attempts fail until it is told otherwise, with its breaker tripped. */
async function tripped(recovery: DurableRecovery, whenOpen: 'fail' | 'wait' = 'fail') {
  const state = { healthy: false, calls: 0 };
  const work = recovery.operation(
    'work',
    async (input: string) => {
      state.calls++;
      if (!state.healthy) throw transient();
      return input;
    },
    { maxRetries: 0, whenOpen, breakerOptions },
  );
  for (const input of ['one', 'two']) await rejects(work.run(input), OperationExhaustedError);
  assert.is(recovery.breaker('work')?.state, 'open');
  return { work, state };
}

test(
  'whenOpen fail: an operation is refused with the instant until which, and its function not called',
  inWorld(async ({ boot, disk }) => {
    const recovery = await boot();
    const { work, state } = await tripped(recovery);
    const error = await rejects(work.run('x', { id: 'x' }), CircuitOpenError);
    assert.is(error.details.openUntil, STARTED_AT + 30_000);
    assert.is(state.calls, 2);
    assert.equal(
      (await disk.history('x')).map(({ to, event }) => [to, event]),
      [
        ['pending', 'create'],
        ['in_progress', 'start'],
        ['failed', 'permit.denied'],
      ],
    );
    assert.is(recovery.metrics.breakerTrips, 1);
  }),
);

test(
  'whenOpen wait: one probe at a time, and all go on when it closes',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { work, state } = await tripped(recovery, 'wait');
    const gate = deferred();
    state.healthy = true;
    const slow = recovery.operation(
      'slow',
      async (input: string) => {
        state.calls++;
        await gate.promise;
        return input;
      },
      { breaker: 'work', whenOpen: 'wait', breakerOptions },
    );
    const handles = await Promise.all(['a', 'b', 'c'].map(input => slow.start(input)));
    const late = await work.start('late');
    await settle();
    assert.is(state.calls, 2);
    await clock.advance(30_000);
    assert.is(state.calls, 3);
    assert.is(recovery.breaker('work')?.state, 'half_open');
    await clock.advance(100);
    assert.is(state.calls, 3);
    for (const { id } of handles.slice(1)) {
      assert.is((await recovery.history(id)).length, 3, 'nobody else was made to ask');
    }
    gate.resolve();
    await settle();
    assert.equal(await Promise.all([...handles, late].map(handle => handle.result())), [
      'a',
      'b',
      'c',
      'late',
    ]);
    assert.is(recovery.breaker('work')?.state, 'closed');
  }),
);

test(
  'a probe that fails opens it again, and the next one gets its turn when that is over',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { work, state } = await tripped(recovery, 'wait');
    const first = await work.start('first');
    const second = await work.start('second');
    await settle();
    await clock.advance(30_000);
    await rejects(first.result(), OperationExhaustedError);
    assert.equal([state.calls, recovery.breaker('work')?.state], [3, 'open']);
    state.healthy = true;
    await clock.advance(29_999);
    assert.is(state.calls, 3);
    await clock.advance(1);
    assert.is(await second.result(), 'second');
  }),
);

test(
  'the permit of a probe that hangs goes to the next when its lease ends',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await tripped(recovery, 'wait');
    const { fn, calls } = hanging();
    const options = { breaker: 'work', whenOpen: 'wait', breakerOptions } as const;
    const hang = recovery.operation('hang', fn, options);
    const first = await hang.start('first');
    const second = await hang.start('second');
    await clock.advance(30_000 + 3_999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    assert.is(calls.length, 2);
    calls[1]?.end('second');
    await settle();
    assert.is(await second.result(), 'second');
    assert.is(recovery.breaker('work')?.state, 'closed');
    calls[0]?.end('first');
    await settle();
    assert.is(await first.result(), 'first');
  }),
);

test(
  'a probe that is cancelled gives its permit to the next',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await tripped(recovery, 'wait');
    const { fn, calls } = hanging();
    const options = { breaker: 'work', whenOpen: 'wait', breakerOptions } as const;
    const hang = recovery.operation('hang', fn, options);
    const [first] = [await hang.start('first'), await hang.start('second')];
    await clock.advance(30_000);
    assert.is(calls.length, 1);
    await first?.cancel();
    await settle();
    assert.is(calls.length, 2);
  }),
);

test(
  'failures that say nothing about the other side do not count',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const work = recovery.operation('work', failing(99, permanent).fn, { breakerOptions });
    for (let time = 0; time < 5; time++) await work.run(1).catch(() => {});
    assert.equal(
      [recovery.breaker('work')?.state, recovery.breaker('work')?.failures],
      ['closed', 0],
    );
  }),
);

test(
  'a restored breaker waits for the remainder of its open time',
  inWorld(async ({ boot, clock, crash }) => {
    await tripped(await boot());
    await clock.advance(10_000);
    crash();
    const recovery = await boot();
    assert.equal(
      [recovery.breaker('work')?.state, recovery.breaker('work')?.openUntil],
      ['open', STARTED_AT + 30_000],
    );
    const work = recovery.operation('work', async (x: string) => x, { breakerOptions });
    await rejects(work.run('x'), CircuitOpenError);
    await clock.advance(19_999);
    await rejects(work.run('x'), CircuitOpenError);
    await clock.advance(1);
    assert.is(recovery.breaker('work')?.state, 'half_open');
    assert.is(await work.run('x'), 'x');
    assert.is(recovery.breaker('work')?.state, 'closed');
  }),
);

test(
  'failures in a row are counted over a restart',
  inWorld(async ({ boot, crash }) => {
    for (const failures of [1, 0]) {
      const recovery = await boot();
      const work = recovery.operation('work', failing(9).fn, { maxRetries: 0, breakerOptions });
      await rejects(work.run(1), OperationExhaustedError);
      assert.is(recovery.breaker('work')?.failures, failures);
      crash();
    }
    assert.is((await boot()).breaker('work')?.state, 'open');
  }),
);

test(
  'a probe whose process died gives its permit back when it is resumed',
  inWorld(async ({ boot, clock, crash, settle }) => {
    const first = await boot();
    await tripped(first, 'wait');
    const options = { breaker: 'work', whenOpen: 'wait', breakerOptions } as const;
    await first.operation('hang', hanging().fn, options).start('x', { id: 'x' });
    await clock.advance(30_000);
    assert.is(first.breaker('work')?.state, 'half_open');
    crash();
    const recovery = await boot();
    recovery.operation('hang', failing(0).fn, options);
    await recovery.resume();
    await settle();
    assert.is(await (await recovery.get('x'))?.result(), 'x');
    assert.is(recovery.breaker('work')?.state, 'closed');
  }),
);

test(
  'keys: a name by default, a given one, one for each host, none at all',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const options = { maxRetries: 0, breakerOptions: { threshold: 1 } };
    const fail = () => failing(99).fn;
    const hosts = recovery.operation('hosts', fail(), {
      ...options,
      breaker: input => String(input),
    });
    const free = recovery.operation('free', fail(), { ...options, breaker: false });
    await rejects(hosts.run('a.example'), OperationExhaustedError);
    await rejects(hosts.run('a.example'), CircuitOpenError);
    await rejects(hosts.run('b.example'), OperationExhaustedError);
    for (let time = 0; time < 9; time++) await rejects(free.run(1), OperationExhaustedError);
    assert.is(recovery.breaker('a.example')?.state, 'open');
    assert.is(recovery.breaker('hosts'), undefined);
    assert.is(recovery.breaker('free'), undefined);
    assert.is(recovery.health().breakers.length, 3);
  }),
);

test(
  'its own transitions are stored and published with those of operations',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const told: unknown[] = [];
    recovery.transitions$.subscribe(t => t.kind === 'breaker' && told.push([t.key, t.from, t.to]));
    const { state, work } = await tripped(recovery);
    state.healthy = true;
    await clock.advance(30_000);
    await work.run('x');
    const path = [
      ['work', 'closed', 'open'],
      ['work', 'open', 'half_open'],
      ['work', 'half_open', 'closed'],
    ];
    assert.equal(told, path);
    const stored = await recovery.transitions({ breakerKey: 'work' });
    assert.equal(
      stored.map(t => t.kind === 'breaker' && [t.key, t.from, t.to]),
      path,
    );
    assert.equal(
      stored.map(t => t.reason?.kind),
      ['threshold', 'open_timeout', 'probe_succeeded'],
    );
  }),
);

test(
  'only an opening is counted as a trip',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const work = recovery.operation('work', failing(1).fn, {
      maxRetries: 0,
      breakerOptions: { threshold: 1, openTimeout: 1_000 },
    });
    await rejects(work.run(1), OperationExhaustedError);
    await clock.advance(1_000);
    await work.run(2);
    await settle();
    assert.is(recovery.breaker('work')?.state, 'closed');
    assert.is(recovery.metrics.breakerTrips, 1);
  }),
);

test.run();
