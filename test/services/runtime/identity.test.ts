import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecovery } from '../../../create-recovery.ts';
import { ConfigError, OperationConflictError, PersistenceError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { deferred, failing } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('ids, names and bad input');

test(
  'the same id and name again attaches to the same operation, while it lives and after',
  inWorld(async ({ boot, settle, crash }) => {
    const recovery = await boot();
    const end = deferred<string>();
    let calls = 0;
    const work = recovery.operation('work', async (_: { a: number; b: number }) => {
      calls++;
      return end.promise;
    });
    const first = await work.start({ a: 1, b: 2 }, { id: 'x' });
    const second = await work.start({ b: 2, a: 1 }, { id: 'x' });
    assert.is(first.actor, second.actor);
    end.resolve('done');
    assert.equal([await first.result(), await second.result()], ['done', 'done']);
    assert.is(await work.run({ a: 1, b: 2 }, { id: 'x' }), 'done');
    await settle();
    crash();
    const later = (await boot()).operation('work', async (_: { a: number; b: number }) => 'new');
    assert.is(await later.run({ a: 1, b: 2 }, { id: 'x' }), 'done');
    assert.is(calls, 1);
  }),
);

test(
  'concurrent starts with one id are one operation',
  inWorld(async ({ boot, disk }) => {
    const recovery = await boot();
    const { fn, calls } = failing(0);
    const work = recovery.operation('work', fn);
    const handles = await Promise.all(
      Array.from({ length: 10 }, () => work.start('same', { id: 'x' })),
    );
    const outcomes = await Promise.all(handles.map(handle => handle.result()));
    assert.equal(new Set(outcomes), new Set(['same']));
    assert.is(calls.length, 1);
    assert.is((await disk.history('x')).length, 3);
    const [good, bad] = await Promise.allSettled([
      work.start(1, { id: 'y' }),
      work.start(2, { id: 'y' }),
    ]);
    assert.equal([good?.status, bad?.status], ['fulfilled', 'rejected']);
  }),
);

test(
  'the same id with another name or input is a conflict, alive or finished',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const end = deferred();
    const work = recovery.operation('work', (_: unknown) => end.promise);
    const other = recovery.operation('other', async (_: unknown) => {});
    const handle = await work.start({ n: 1 }, { id: 'x' });
    const conflicts = async () => {
      for (const start of [
        () => work.start({ n: 2 }, { id: 'x' }),
        () => work.start(undefined, { id: 'x' }),
        () => other.start({ n: 1 }, { id: 'x' }),
      ]) {
        const error = await rejects(start(), OperationConflictError);
        assert.equal([error.code, error.details.operationId], ['OPERATION_CONFLICT', 'x']);
      }
    };
    await conflicts();
    end.resolve();
    await handle.result();
    await conflicts();
  }),
);

test(
  'names are not empty and not used twice, and functions are functions',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    recovery.operation('work', async () => {});
    for (const name of ['', 'work', 7, undefined]) {
      assert.throws(
        () => recovery.operation(name as string, async () => {}),
        (error: unknown) => error instanceof ConfigError,
      );
    }
    assert.throws(
      () => recovery.operation('none', undefined as never),
      (error: unknown) => error instanceof ConfigError,
    );
    recovery.operation('none', async () => {});
  }),
);

test(
  'options out of range are refused by name and value',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    for (const [option, value] of [
      ['maxRetries', -1],
      ['maxRetries', 1.5],
      ['timeout', 0],
      ['totalTimeout', Number.NaN],
      ['version', 0],
      ['whenOpen', 'sometimes'],
      ['breaker', ''],
    ] as const) {
      assert.throws(
        () => recovery.operation(`o-${option}-${value}`, async () => {}, { [option]: value }),
        (error: unknown) => error instanceof ConfigError && error.message.includes(option),
      );
    }
    await rejects(createRecovery({ env: { RECOVERY_MAX_RETRIES: 'many' } }), ConfigError);
    await rejects(createRecovery({ env: {}, maxRetries: -1 }), ConfigError);
  }),
);

test('adapters that cannot be used are refused, all in one error that says whose they are', async () => {
  const error = await rejects(
    createRecovery({
      env: {},
      persistence: {},
      strategy: {},
      classifier: 3,
      logger: { info() {} },
      clock: 3,
      random: 3,
    } as never),
    ConfigError,
  );
  const problems = error.details.problems as readonly { readonly option: string }[];
  assert.equal(
    problems.map(({ option }) => option),
    ['persistence', 'strategy', 'classifier', 'logger', 'clock', 'random'],
  );
  assert.match(error.message, /^createRecovery: persistence must be a store/);
  for (const options of [null, 3]) {
    const { message } = await rejects(createRecovery(options as never), ConfigError);
    assert.is(message, `createRecovery: options must be an object, got ${options}`);
  }
});

test(
  'start options that there are not, or that say nothing, are refused before anything is begun',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    let calls = 0;
    const work = recovery.operation('work', () => calls++);
    for (const [options, message] of [
      [null, 'start: options must be an object, got null'],
      ['x', 'start: options must be an object, got "x"'],
      [{ ID: 'x' }, 'start: ID is not an option (did you mean id?), got "x"'],
      [{ inheritDeadline: 'no' }, 'start: inheritDeadline must be true or false, got "no"'],
      [
        { id: 'x', inheritDeadline: null },
        'start: inheritDeadline must be true or false, got null',
      ],
    ] as const) {
      assert.is(
        (await rejects(work.start(undefined, options as never), ConfigError)).message,
        message,
      );
      assert.is(
        (await rejects(work.run(undefined, options as never), ConfigError)).message,
        message,
      );
    }
    assert.is(calls, 0);
    const given = { id: undefined, metadata: undefined, inheritDeadline: undefined };
    assert.is(await work.run(undefined, given as never), 0);
  }),
);

test(
  'no id has no history',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    await recovery.operation('work', () => {}).run();
    assert.equal(await recovery.history(undefined as never), []);
  }),
);

test(
  'ids are strings of 1 to 512 characters',
  inWorld(async ({ boot }) => {
    const work = (await boot()).operation('work', async () => 1);
    for (const id of ['', 7, null, {}, 'x'.repeat(513)]) {
      await rejects(work.start(undefined, { id: id as string }), ConfigError);
    }
    for (const id of ['x'.repeat(512), '__proto__', '../../etc', 'ü€😀', "'; --", 'a.b*']) {
      assert.is(await work.run(undefined, { id }), 1);
      assert.is((await work.start(undefined, { id })).id, id);
    }
  }),
);

test(
  'a breaker function that throws, or gives no key, refuses the start with a coded error',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const throws = recovery.operation('throws', async (_: number) => {}, {
      breaker: () => {
        throw new TypeError('no host');
      },
    });
    const error = await rejects(throws.start(1), ConfigError);
    assert.instance(error.cause, TypeError);
    const empty = recovery.operation('empty', async (_: number) => {}, { breaker: () => '' });
    await rejects(empty.start(1), ConfigError);
    assert.is(recovery.health().active, 0);
  }),
);

test(
  'a recovery whose breakers cannot be read lets go of its store',
  inWorld(async ({ disk }) => {
    const { store } = disk.session();
    let closed = 0;
    const persistence = {
      ...store,
      breakers: () => Promise.reject(new PersistenceError('damaged')),
      close: async () => void closed++,
    };
    await rejects(createRecovery({ persistence, env: {} }), PersistenceError);
    assert.is(closed, 1);
  }),
);

test.run();
