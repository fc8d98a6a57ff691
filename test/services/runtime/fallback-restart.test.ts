import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError, OperationFailedError, type RecoveryError } from '../../../services/errors.ts';
import type { OperationContext, OperationOptions } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, permanent } from './support/functions.ts';
import { kinds } from './support/histories.ts';
import { standIn } from './support/stand-in.ts';
import { inWorld } from './support/world.ts';

const test = suite('fallbacks in another process');

test(
  'its steps are kept, with those of the attempts',
  inWorld(async ({ boot, crash, settle, disk }) => {
    let runs = 0;
    let life = 0;
    const options: OperationOptions = {
      fallback: async (_, op) => {
        const attempt = await op.step('a', () => 'never run');
        const own = await op.step('b', () => ++runs);
        if (life === 1) return new Promise(() => {});
        return [attempt, own];
      },
    };
    const fn = async (_: unknown, op: OperationContext) => {
      await op.step('a', () => 'of the attempt');
      throw permanent();
    };
    life = 1;
    await (await boot()).operation('work', fn, options).start(1, { id: 'x' });
    await settle();
    crash();
    life = 2;
    const recovery = await boot();
    recovery.operation('work', fn, options);
    await recovery.resume();
    await settle();
    assert.equal(await (await recovery.get('x'))?.result(), ['of the attempt', 1]);
    assert.equal(
      (await disk.steps('x')).map(({ name }) => name),
      ['a', 'b'],
    );
  }),
);

test(
  'after a crash during it, it is called again and the function is not',
  inWorld(async world => {
    const { boot, crash, settle } = world;
    const { fn, calls } = failing(9, permanent);
    const hung: OperationOptions = { fallback: () => new Promise(() => {}) };
    await (await boot()).operation('work', fn, hung).start(1, { id: 'x' });
    await settle();
    crash();
    const { fallback, calls: stoodIn } = standIn();
    const recovery = await boot();
    recovery.operation('work', fn, { fallback });
    await recovery.resume();
    await settle();
    assert.is(await (await recovery.get('x'))?.result(), 'cached');
    assert.equal([calls.length, stoodIn.length], [1, 1]);
    assert.instance(stoodIn[0]?.error, OperationFailedError);
    assert.match(String(stoodIn[0]?.error.cause), 'not allowed');
    assert.equal((await kinds(world, 'x')).slice(2), [
      ['in_progress', 'in_progress', 'attempt.failed', 'not_retryable'],
      ['in_progress', 'recovering', 'fallback.interrupted', 'interrupted'],
      ['recovering', 'in_progress', 'due', null],
      ['in_progress', 'success', 'fallback.succeeded', 'fallback'],
    ]);
    assert.is(recovery.metrics.interruptions, 1);
  }),
);

test(
  'a process that dies in it again and again ends the operation as it would have ended',
  inWorld(async ({ boot, crash, settle, disk }) => {
    const { fn } = failing(9, permanent);
    let fallbacks = 0;
    const options: OperationOptions = {
      maxInterruptions: 2,
      fallback: () => {
        fallbacks++;
        return new Promise(() => {});
      },
    };
    await (await boot()).operation('work', fn, options).start(1, { id: 'x' });
    for (let life = 0; life < 3; life++) {
      await settle();
      crash();
      const recovery = await boot();
      recovery.operation('work', fn, options);
      await recovery.resume();
    }
    await settle();
    const row = await disk.row('x');
    assert.equal([row.state, fallbacks], ['failed', 3]);
    const handle = await (await boot()).get('x');
    const error = await rejects(handle?.result() as Promise<unknown>, OperationFailedError);
    assert.is((error.details.fallback as Error).name, 'InterruptedError');
  }),
);

test(
  'a close during it is no interruption; it is called again after the next resume',
  inWorld(async world => {
    const { boot, close, settle, disk } = world;
    const { fn, calls } = failing(9, permanent);
    const first = await boot();
    const fallback = (_: RecoveryError, op: OperationContext) =>
      new Promise((_, reject) =>
        op.signal.addEventListener('abort', () => reject(op.signal.reason)),
      );
    await first.operation('work', fn, { fallback }).start(1, { id: 'x' });
    await settle();
    await close(first);
    assert.is((await disk.row('x')).state, 'recovering');
    const second = await boot();
    const { fallback: ready, calls: stoodIn } = standIn();
    second.operation('work', fn, { fallback: ready });
    await second.resume();
    await settle();
    assert.is(await (await second.get('x'))?.result(), 'cached');
    assert.equal([calls.length, stoodIn.length, second.metrics.interruptions], [1, 1, 0]);
  }),
);

test(
  'a definition that has lost its fallback ends the operation as it would have ended',
  inWorld(async ({ boot, crash, settle }) => {
    const { fn } = failing(9, permanent);
    const hung: OperationOptions = { fallback: () => new Promise(() => {}) };
    await (await boot()).operation('work', fn, hung).start(1, { id: 'x' });
    await settle();
    crash();
    const recovery = await boot();
    recovery.operation('work', fn);
    await recovery.resume();
    await settle();
    const handle = await recovery.get('x');
    const error = await rejects(handle?.result() as Promise<unknown>, OperationFailedError);
    assert.is((error.details.fallback as { code: string }).code, new ConfigError('').code);
  }),
);

test.run();
