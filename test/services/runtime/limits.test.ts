import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AttemptTimeoutError,
  ConfigError,
  OperationExhaustedError,
  OperationFailedError,
} from '../../../services/errors.ts';
import type { Classifier } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, deferred, failing, hanging, permanent, transient } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('limits of operations');
const broken = (): never => {
  throw new TypeError('broken classifier');
};

test(
  'maxRetries 3 means four attempts, then exhausted with the last error as cause',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = failing(9, () => transient(`at ${calls.length}`));
    const told = rejects(
      recovery.operation('work', fn, { maxRetries: 3 }).run(1),
      OperationExhaustedError,
    );
    await clock.advance(10_000);
    const error = await told;
    assert.is(calls.length, 4);
    assert.equal([error.details.limit, error.details.attempt], ['maxRetries', 4]);
    assert.is((error.cause as Error).message, 'at 4');
    const none = failing(9);
    await rejects(
      recovery.operation('none', none.fn, { maxRetries: 0 }).run(1),
      OperationExhaustedError,
    );
    await settle();
    assert.is(none.calls.length, 1);
  }),
);

test(
  'an error that no retry mends ends it at the first attempt',
  inWorld(async ({ boot }) => {
    const { fn, calls } = failing(9, permanent);
    const error = await rejects((await boot()).operation('work', fn).run(1), OperationFailedError);
    assert.is(calls.length, 1);
    assert.is(error.details.category, 'permission');
    assert.ok(error.details.rule);
  }),
);

test(
  'timeout aborts the attempt, which counts as a failure and is retried',
  inWorld(async ({ boot, clock, settle }) => {
    const { fn, calls } = hanging();
    const handle = await (await boot()).operation('work', fn, { timeout: 500 }).start(1);
    await clock.advance(499);
    assert.is(calls[0]?.op.signal.aborted, false);
    await clock.advance(1);
    const { reason } = calls[0]?.op.signal ?? {};
    assert.instance(reason, AttemptTimeoutError);
    assert.is(reason.details.limit, 'timeout');
    assert.is(handle.state, 'recovering');
    await clock.advance(1_000);
    calls[1]?.end('second');
    await settle();
    assert.is(await handle.result(), 'second');
    await clock.advance(10_000);
    assert.is(calls.length, 2);
  }),
);

test(
  'the next attempt gives a function that ignored its time-out one more second to end',
  inWorld(async ({ boot, clock, settle }) => {
    const ends = [deferred(), deferred()];
    let calls = 0;
    const recovery = await boot();
    const options = { timeout: 5_000 };
    const work = recovery.operation('work', () => ends[calls++]?.promise, options);
    const handle = await work.start();
    await clock.advance(5_000 + 1_000 + 999);
    assert.is(calls, 1);
    await clock.advance(1);
    assert.is(calls, 2);
    ends[1]?.resolve();
    await handle.result();
    calls = 0;
    ends.splice(0, 2, deferred(), deferred());
    await work.start();
    await clock.advance(5_000 + 1_500);
    assert.is(calls, 1);
    ends[0]?.resolve();
    await settle();
    assert.is(calls, 2);
  }),
);

test(
  'totalTimeout ends a running attempt, exhausted',
  inWorld(async ({ boot, clock }) => {
    const { fn, calls } = hanging();
    const recovery = await boot();
    const handle = await recovery.operation('work', fn, { totalTimeout: 2_000 }).start(1);
    const told = rejects(handle.result(), OperationExhaustedError);
    await clock.advance(2_000);
    const error = await told;
    assert.is(error.details.limit, 'totalTimeout');
    assert.instance(calls[0]?.op.signal.reason, AttemptTimeoutError);
  }),
);

test(
  'of timeout and totalTimeout the nearer one ends an attempt',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const ending = async (name: string, timeout: number, totalTimeout: number) => {
      const options = { timeout, totalTimeout, maxRetries: 0 };
      const work = recovery.operation(name, hanging().fn, options);
      const { details } = await rejects(work.run(1), OperationExhaustedError);
      return [clock.now() - STARTED_AT, details.limit];
    };
    const ends = Promise.all([ending('a', 1_000, 2_000), ending('b', 2_000, 1_000)]);
    await clock.advance(3_000);
    assert.equal(await ends, [
      [1_000, 'maxRetries'],
      [1_000, 'totalTimeout'],
    ]);
  }),
);

test(
  'a retry that would come after totalTimeout is not waited for',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const { fn, calls } = failing(9);
    const told = rejects(
      recovery.operation('work', fn, { totalTimeout: 2_500, maxRetries: 99 }).run(1),
      OperationExhaustedError,
    );
    await clock.advance(2_000);
    const error = await told;
    assert.is(error.details.limit, 'totalTimeout');
    assert.equal([calls.length, clock.now()], [3, STARTED_AT + 2_000]);
  }),
);

test(
  'totalTimeout ends a blocked operation',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn } = failing(9);
    const work = recovery.operation('work', fn, {
      whenOpen: 'wait',
      totalTimeout: 3_000,
      breakerOptions: { threshold: 1, openTimeout: 60_000 },
    });
    const first = await work.start(1);
    await settle();
    const blocked = await work.start(2);
    const told = Promise.all([
      rejects(first.result(), OperationExhaustedError),
      rejects(blocked.result(), OperationExhaustedError),
    ]);
    await clock.advance(2_999);
    assert.is(blocked.state, 'recovering');
    await clock.advance(1);
    for (const error of await told) assert.is(error.details.limit, 'totalTimeout');
  }),
);

test(
  'totalTimeout goes on over a restart and does not call the function again',
  inWorld(async ({ boot, clock, crash, settle }) => {
    const options = { totalTimeout: 3_000 };
    await (await boot()).operation('work', deaf().fn, options).start(1, { id: 'running' });
    await settle();
    crash();
    await clock.advance(5_000);
    const recovery = await boot();
    const { fn, calls } = failing(0);
    recovery.operation('work', fn, options);
    await recovery.resume();
    const handle = await recovery.get('running');
    const told = rejects(Promise.resolve(handle?.result()), OperationExhaustedError);
    await clock.advance(1);
    const error = await told;
    assert.is(error.details.limit, 'totalTimeout');
    assert.is(calls.length, 0);
  }),
);
test(
  'what a classifier says is checked before it is stored: nonsense ends the operation, and others go on',
  inWorld(async ({ boot, clock }) => {
    const good = { category: 'network', retryable: true, rule: 'mine' };
    for (const [given, wanted] of [
      [undefined, /gave undefined as category/],
      [5, /gave undefined as category/],
      [{ ...good, category: 'banana' }, /gave "banana" as category; it must be network, /],
      [{ ...good, category: 'constructor' }, /gave "constructor" as category/],
      [{ ...good, rule: 5n }, /gave bigint as rule; it must be a string/],
      [{ ...good, retryable: 'no' }, /gave "no" as retryable; it must be true or false/],
      [Object.defineProperty({ ...good }, 'rule', { get: () => broken() }), /as rule/],
    ] as const) {
      const recovery = await boot();
      const explain = () => given;
      const classifier = { classify: broken, shouldRetry: broken, explain } as never as Classifier;
      const { fn, calls } = failing(9);
      const told = rejects(
        recovery.operation('work', fn, { classifier, breaker: false }).run(1),
        OperationFailedError,
      );
      await clock.advance(10);
      const { cause } = await told;
      assert.instance(cause, ConfigError);
      assert.match((cause as Error).message, wanted);
      assert.is(
        ((cause as Error).cause as Error).message,
        'reset by peer',
        'its own error is kept',
      );
      assert.is(calls.length, 1);
      assert.is(await recovery.operation('other', async () => 'fine').run(), 'fine');
    }
  }),
);

test(
  'a classifier that throws ends the operation, not the process',
  inWorld(async ({ boot }) => {
    const classifier: Classifier = { classify: broken, shouldRetry: broken, explain: broken };
    const { fn, calls } = failing(9);
    const recovery = await boot();
    await rejects(recovery.operation('work', fn, { classifier }).run(1), OperationFailedError);
    assert.is(calls.length, 1);
  }),
);

test.run();
