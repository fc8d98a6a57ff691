import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultRecovery, recoverable, setDefaultRecovery } from '../../default-recovery.ts';
import { ConfigError, OperationExhaustedError } from '../../services/errors.ts';
import { currentOperation } from '../../services/runtime/current-operation.ts';
import { rejects } from '../support/rejects.ts';
import { failing, transient } from './runtime/support/functions.ts';
import { inWorld } from './runtime/support/world.ts';

const test = suite('recoverable');

test(
  'a wrapped function is retried, and takes and gives what the function does',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    let calls = 0;
    async function add(a: number, b: number): Promise<number> {
      if (++calls === 1) throw transient();
      assert.is(currentOperation()?.name, 'add');
      return a + b;
    }
    const sum = recovery.recoverable()(add)(2, 3);
    await clock.advance(1_000);
    assert.is(await sum, 5);
    assert.is(calls, 2);
    const [stored] = (await recovery.list()).items;
    assert.equal([stored?.name, stored?.input, stored?.output], ['add', [2, 3], 5]);
  }),
);

test(
  'sync functions give promises, options are those of an operation, the name can be given',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const double = recovery.recoverable({ name: 'twice' })((x: number) => x * 2);
    const result = double(4);
    assert.instance(result, Promise);
    assert.is(await result, 8);
    assert.is((await recovery.list()).items[0]?.name, 'twice');
    const { fn, calls } = failing(9);
    const once = recovery.recoverable({ name: 'once', maxRetries: 0 })((x: number) =>
      fn(x, currentOperation() as never),
    );
    await rejects(once(1), OperationExhaustedError);
    assert.is(calls.length, 1);
  }),
);

test(
  'this is kept: of a call, and of the instance of a decorated method',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    class Counter {
      calls = 0;
      readonly step: number;
      constructor(step: number) {
        this.step = step;
      }

      @recovery.recoverable({ maxRetries: 2 })
      async up(by: number): Promise<number> {
        this.calls++;
        if (this.calls === 1) throw transient();
        return this.step * by;
      }

      @recovery.recoverable({ name: 'Counter.static' })
      static async make(step: number): Promise<number> {
        assert.is(Counter, Counter);
        return step;
      }
    }
    const [a, b] = [new Counter(10), new Counter(100)];
    const both = Promise.all([a.up(2), b.up(3)]);
    await clock.advance(1_000);
    assert.equal(await both, [20, 300]);
    assert.equal([a.calls, b.calls], [2, 2]);
    assert.is(await Counter.make(1), 1);
    const plain = recovery.recoverable({ name: 'plain' })(function (this: { x: number }) {
      return this.x;
    });
    assert.is(await plain.call({ x: 7 }), 7);
  }),
);

test(
  'what has no name, is no function or has a used name is refused',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const isConfigError = (error: unknown) => error instanceof ConfigError;
    assert.throws(() => recovery.recoverable()(() => 1), isConfigError);
    assert.throws(() => recovery.recoverable({ name: '' })(() => 1), isConfigError);
    assert.throws(() => recovery.recoverable({ name: 'x' })(undefined as never), isConfigError);
    assert.throws(() => recovery.recoverable()(undefined as never), isConfigError);
    recovery.recoverable({ name: 'x' })(() => 1);
    assert.throws(() => recovery.recoverable({ name: 'x' })(() => 1), isConfigError);
  }),
);

test('options that cannot be used are refused where the function is wrapped, and the default recovery goes without', async () => {
  const wrap = (options: object) => recoverable({ name: 'refused', ...options })(() => 1);
  for (const options of [{ maxRetries: -1 }, { retries: 1 }]) {
    assert.throws(
      () => wrap(options),
      (error: unknown) => error instanceof ConfigError && /operation "refused"/.test(error.message),
    );
  }
  const sound = wrap({});
  const recovery = await defaultRecovery();
  try {
    assert.is(await sound(), 1);
  } finally {
    setDefaultRecovery(undefined);
    await recovery.close();
  }
});

test(
  'after a restart its operations go on',
  inWorld(async ({ boot, settle, crash }) => {
    const hang = (await boot()).recoverable({ name: 'add' })(
      (_a: number, _b: number) => new Promise<number>(() => {}),
    );
    void hang(2, 3);
    await settle();
    crash();
    const recovery = await boot();
    recovery.recoverable({ name: 'add' })((a: number, b: number) => a + b);
    assert.is((await recovery.resume()).resumed, 1);
    await settle();
    assert.is((await recovery.list()).items[0]?.output, 5);
  }),
);

test(
  'the top-level one uses the default recovery, which may be replaced',
  inWorld(async ({ boot, disk }) => {
    const first = await boot();
    setDefaultRecovery(first);
    try {
      const before = recoverable({ name: 'top-level' })((x: number) => x + 1);
      assert.is(await before(1), 2);
      assert.is(await defaultRecovery(), first);
      const commits = disk.commits.length;
      assert.ok(commits > 0);
      const second = await boot();
      setDefaultRecovery(second);
      assert.is(await before(2), 3);
      assert.equal([first.metrics.started, second.metrics.started], [1, 1]);
      assert.throws(
        () => recoverable({ name: 'top-level' })(() => 1),
        (error: unknown) => error instanceof ConfigError,
      );
      // The recovery has such a name already: the call says so, and nothing else breaks.
      second.operation('taken', async () => {});
      const taken = recoverable({ name: 'taken' })(() => 1);
      await rejects(taken(), ConfigError);
    } finally {
      setDefaultRecovery(undefined);
    }
  }),
);

test('without a replacement the default recovery is in memory, and made once', async () => {
  const made = defaultRecovery();
  assert.is(await made, await defaultRecovery());
  assert.is((await made).health().persistence.location, 'memory');
  await (await made).close();
  setDefaultRecovery(undefined);
});

test.run();
