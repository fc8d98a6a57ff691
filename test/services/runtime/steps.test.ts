import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ConfigError,
  NotSerializableError,
  OperationCancelledError,
  OperationFailedError,
  PersistenceError,
} from '../../../services/errors.ts';
import type { OperationContext, Progress } from '../../../services/ports.ts';
import { currentOperation } from '../../../services/runtime/current-operation.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { rejects } from '../../support/rejects.ts';
import { deferred, permanent, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('steps of operations');

test(
  'a step that is durable is not run again, by no later attempt and no later process',
  inWorld(async ({ boot, crash, clock, settle, disk }) => {
    const runs: string[] = [];
    const work = (last: () => Promise<unknown>) => async (_: unknown, op: OperationContext) => {
      const a = await op.step('a', () => {
        runs.push(`a${op.attempt}`);
        return { n: 1 };
      });
      const b = await op.step('b', async () => {
        runs.push(`b${op.attempt}`);
        if (op.attempt === 1) throw transient();
        return undefined;
      });
      await last();
      return [a, b === undefined];
    };
    const first = await boot();
    await first
      .operation(
        'work',
        work(() => new Promise(() => {})),
      )
      .start(undefined, { id: 'x' });
    await settle();
    assert.equal(runs, ['a1', 'b1']);
    await clock.advance(1_000);
    assert.equal(runs, ['a1', 'b1', 'b2']);
    crash();

    const second = await boot();
    second.operation(
      'work',
      work(async () => {}),
    );
    await second.resume();
    await clock.advance(1);
    assert.equal(await (await second.get('x'))?.result(), [{ n: 1 }, true]);
    assert.equal(runs, ['a1', 'b1', 'b2']);
    assert.equal(
      (await disk.steps('x')).map(({ name, attempt, result }) => [name, attempt, result]),
      [
        ['a', 1, '{"n":1}'],
        ['b', 2, null],
      ],
    );
  }),
);

test(
  'the result of a step is durable before it is returned',
  inWorld(async ({ boot, disk, settle }) => {
    const recovery = await boot();
    const inStep = deferred();
    let after = false;
    const work = recovery.operation('work', async (_, op) => {
      await op.step('a', () => inStep.promise);
      after = true;
    });
    await work.start(undefined, { id: 'x' });
    await settle();
    disk.hold();
    inStep.resolve();
    await settle();
    assert.is(after, false);
    disk.release();
    await settle();
    assert.is(after, true);
    assert.is((await recovery.steps('x')).length, 1);
  }),
);

test(
  'a step that becomes durable in the very commit that lets the next attempt begin is not run again',
  inWorld(async ({ boot, disk, settle, clock }) => {
    const recovery = await boot({ strategy: new FixedDelayStrategy({ delay: 0 }) });
    const [a, b] = [deferred<number>(), deferred<number>()];
    const runs: number[] = [];
    const work = recovery.operation('work', (_, op) =>
      Promise.all([
        op.step('a', () => {
          runs.push(op.attempt);
          return a.promise;
        }),
        op.step('b', () => (op.attempt === 1 ? b.promise : 2)),
      ]),
    );
    const handle = await work.start(undefined, { id: 'x' });
    await settle();
    disk.hold();
    // Keeps the store busy, so that all that follows shares the next commit.
    void recovery.operation('other', () => 0).start(undefined);
    await settle();
    a.resolve(1);
    await settle();
    b.reject(transient());
    await clock.advance(10);
    disk.release();
    await settle();
    assert.equal(await handle.result(), [1, 2]);
    assert.equal(runs, [1]);
  }),
);

test(
  'a step whose commit fails is told so and runs again',
  inWorld(async ({ boot, disk, settle, clock }) => {
    const recovery = await boot();
    const inStep = deferred();
    const errors: unknown[] = [];
    let runs = 0;
    const work = recovery.operation('work', async (_, op) => {
      try {
        return await op.step('a', async () => {
          runs++;
          await inStep.promise;
          return runs;
        });
      } catch (error) {
        errors.push(error);
        throw error;
      }
    });
    const handle = await work.start(undefined, { id: 'x' });
    await settle();
    disk.failure = new PersistenceError('no space left');
    inStep.resolve();
    await settle();
    assert.instance(errors[0], PersistenceError);
    disk.failure = undefined;
    await clock.advance(10_000);
    assert.is(await handle.result(), 2);
    assert.equal(
      (await disk.steps('x')).map(({ result }) => result),
      ['2'],
    );
  }),
);

test(
  'a step that throws is not stored',
  inWorld(async ({ boot, disk }) => {
    const recovery = await boot();
    const work = recovery.operation('work', (_, op) =>
      op.step('a', () => {
        throw permanent();
      }),
    );
    await rejects(work.run(undefined, { id: 'x' }), OperationFailedError);
    assert.equal(await disk.steps('x'), []);
  }),
);

test(
  'a name that is running already and an empty one are refused',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const problems: unknown[] = [];
    const work = recovery.operation('work', async (_, op) => {
      const end = deferred<number>();
      const first = op.step('a', () => end.promise);
      problems.push(
        await rejects(
          op.step('a', () => 1),
          ConfigError,
        ),
      );
      problems.push(
        await rejects(
          op.step('', () => 1),
          ConfigError,
        ),
      );
      problems.push(
        await rejects(
          op.step(3 as never, () => 1),
          ConfigError,
        ),
      );
      end.resolve(5);
      return [await first, await op.step('a', () => 6)];
    });
    assert.equal(await work.run(), [5, 5]);
    assert.is(problems.length, 3);
  }),
);

test(
  'a result that JSON would change is refused with its path',
  inWorld(async ({ boot, disk }) => {
    const recovery = await boot();
    const work = recovery.operation('work', async (_, op) => {
      const error = await rejects(
        op.step('when', () => ({ at: new Date() })),
        NotSerializableError,
      );
      return error.details;
    });
    assert.equal(await work.run(undefined, { id: 'x' }), { path: 'step "when".at' });
    assert.equal(await disk.steps('x'), []);
  }),
);

test(
  'an attempt that was cancelled writes no steps any more',
  inWorld(async ({ boot, disk, settle }) => {
    const recovery = await boot();
    const inStep = deferred();
    const refused = deferred<unknown>();
    const work = recovery.operation('work', (_, op) =>
      op.step('a', () => inStep.promise).catch(refused.resolve),
    );
    const handle = await work.start(undefined, { id: 'x' });
    await settle();
    await handle.cancel();
    inStep.resolve();
    assert.instance(await refused.promise, OperationCancelledError);
    await settle();
    assert.equal(await disk.steps('x'), []);
  }),
);

test(
  'progress is told live and nowhere else',
  inWorld(async ({ boot, disk, clock }) => {
    const recovery = await boot();
    const told: Progress[] = [];
    recovery.progress$.subscribe(progress => told.push(progress));
    const late = deferred<OperationContext>();
    const work = recovery.operation('work', async (_, op) => {
      for (let done = 1; done <= 3; done++) op.progress({ done });
      late.resolve(op);
    });
    await work.run(undefined, { id: 'x' });
    (await late.promise).progress('too late');
    assert.equal(
      told.map(({ value }) => value),
      [{ done: 1 }, { done: 2 }, { done: 3 }],
    );
    const { value: _, ...where } = told[0] ?? { value: 0 };
    assert.equal(where, { operationId: 'x', name: 'work', attempt: 1, at: clock.now() });
    assert.is(disk.commits.length, 2);
  }),
);

test(
  'currentOperation is the operation across awaits, timers and steps, and the inner one in a nested call',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const ids = () => currentOperation()?.id;
    const inner = recovery.operation('inner', async () => {
      await new Promise(resolve => setImmediate(resolve));
      return ids();
    });
    const outer = recovery.operation('outer', async (_, op) => {
      const seen = [ids(), currentOperation() === op];
      await new Promise(resolve => setImmediate(resolve));
      seen.push(await op.step('s', async () => ids()));
      seen.push(await inner.run(undefined, { id: 'in' }), ids());
      return seen;
    });
    const seen: unknown[] = [];
    recovery.transitions$.subscribe(() => seen.push(ids()));
    recovery.progress$.subscribe(() => seen.push(ids()));
    assert.equal(await outer.run(undefined, { id: 'out' }), ['out', true, 'out', 'in', 'out']);
    assert.is(ids(), undefined);
    assert.equal([...new Set(seen)], [undefined]);
  }),
);

test(
  'log lines carry the operation, its name and its attempt',
  inWorld(async ({ boot }) => {
    const lines: unknown[] = [];
    const write = (fields: unknown, message: string) => void lines.push([fields, message]);
    const logger = { debug: write, info: write, warn: write, error: write };
    const recovery = await boot({ logger });
    await recovery
      .operation('work', async (_, op) => op.log.info({ n: 1 }, 'hello'))
      .run(undefined, { id: 'x' });
    assert.equal(lines, [
      [{ operation_id: 'x', function_name: 'work', attempt: 1, n: 1 }, 'hello'],
    ]);
  }),
);

test(
  'text that a store would give back as other text is no name, id or key',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const half = 'a\ud83d';
    const part = recovery.operation('part', async () => 1);
    const work = recovery.operation('work', async (what: string, op) =>
      what === 'step' ? op.step(half, () => 1) : op.child(part, undefined, { key: half }),
    );
    const keyed = recovery.operation('keyed', async (_: string) => 1, { breaker: key => key });
    const told = [
      rejects(work.start('x', { id: half }), ConfigError),
      rejects(keyed.start(half), ConfigError),
    ];
    for (const error of await Promise.all(told)) assert.match(error.message, /half of a pair/);
    for (const what of ['step', 'child']) {
      const failing = rejects(work.run(what), OperationFailedError);
      await settle();
      assert.match((await failing).message, /half of a pair/);
    }
  }),
);

test.run();
