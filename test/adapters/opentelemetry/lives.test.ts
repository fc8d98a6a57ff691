import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { traceOperations } from '../../../adapters/opentelemetry/index.ts';
import { SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { createRecovery } from '../../../create-recovery.ts';
import { deferred, failing, hanging, permanent } from '../../services/runtime/support/functions.ts';
import { temporaryFolder } from '../sqljs/support/store-folder.ts';
import { eventsOf, inTracedWorld, own, Sdk } from './support/traced.ts';

const test = suite('OpenTelemetry traces over the lives of an operation');

/** Runs a test in a folder that is gone afterwards. */
const inFolder = (run: (folder: string) => Promise<void>) => async () => {
  const folder = await temporaryFolder();
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const recoveryIn = (folder: string) =>
  createRecovery({
    persistence: new SqlJsPersistence({ path: join(folder, 'recovery.db') }),
    drainTimeout: 0,
    env: {},
  });

test(
  'a recovery that closes ends its spans as suspended; the next process goes on in the same trace',
  inFolder(async folder => {
    const before = new Sdk();
    const first = await recoveryIn(folder);
    traceOperations(first, { tracerProvider: before.provider });
    const running = deferred();
    await first
      .operation('install', async (_: number, op) => {
        await op.step('clone', async () => 1);
        running.resolve();
        await new Promise((_, reject) => {
          op.signal.addEventListener('abort', () => reject(op.signal.reason));
        });
      })
      .start(1, { id: 'one' });
    await running.promise;
    assert.equal(before.open, ['operation install', 'attempt install']);
    await first.close();
    assert.equal(before.open, []);
    assert.is(
      before.tree(),
      ['operation install', '  attempt install', '    step clone'].join('\n'),
    );
    const suspended = before.one('operation install');
    assert.is(own(suspended, 'suspended'), true);
    assert.is(own(suspended, 'state'), undefined);
    assert.equal(eventsOf(suspended), ['suspended']);
    assert.is(own(before.one('attempt install'), 'outcome'), 'suspended');

    const after = new Sdk();
    const second = await recoveryIn(folder);
    traceOperations(second, { tracerProvider: after.provider });
    second.operation('install', async (_: number, op) => {
      await op.step('clone', async () => 2);
      await op.step('dependencies', async () => 3);
    });
    await second.resume();
    await (await second.get('one'))?.result();
    await second.close();
    assert.is(
      after.tree(),
      ['operation install', '  attempt install', '    step dependencies'].join('\n'),
    );
    const resumed = after.one('operation install');
    assert.is(own(resumed, 'resumed'), true);
    assert.is(own(resumed, 'attempts'), 2);
    assert.equal(after.traceIds, before.traceIds);
    assert.is(resumed.parentSpanContext?.spanId, suspended.spanContext().spanId);
    assert.is(resumed.parentSpanContext?.isRemote, true);
  }),
);

test(
  'what a process was at when it died goes on in the same trace, and is told to have been interrupted',
  inFolder(async folder => {
    const before = new Sdk();
    await mkdir(join(folder, 'store'));
    const first = await recoveryIn(join(folder, 'store'));
    traceOperations(first, { tracerProvider: before.provider });
    const running = deferred();
    const end = deferred();
    const run = first
      .operation('install', async () => {
        running.resolve();
        await end.promise;
      })
      .run(undefined, { id: 'one' });
    await running.promise;
    // The disk as a process leaves it that dies now.
    const left = join(folder, 'left');
    const isLock = (path: string) => path.endsWith('.lock');
    await cp(join(folder, 'store'), left, { recursive: true, filter: path => !isLock(path) });

    const after = new Sdk();
    const second = await recoveryIn(left);
    traceOperations(second, { tracerProvider: after.provider });
    second.operation('install', async () => {});
    await second.resume();
    await (await second.get('one'))?.result();
    await second.close();
    end.resolve();
    await run;
    await first.close();

    assert.is(after.tree(), ['operation install', '  attempt install'].join('\n'));
    const resumed = after.one('operation install');
    assert.equal([own(resumed, 'resumed'), own(resumed, 'interrupted')], [true, true]);
    assert.equal(eventsOf(resumed), ['interrupted']);
    assert.equal(after.traceIds, before.traceIds);
    assert.is(
      resumed.parentSpanContext?.spanId,
      before.one('operation install').spanContext().spanId,
    );
  }),
);

test(
  'an operation that was begun by another one stays in its trace, when it goes on without it',
  inTracedWorld(async ({ boot, crash, settle }, before) => {
    const first = await boot();
    traceOperations(first, { tracerProvider: before.provider });
    const inner = first.operation('inner', hanging().fn);
    const outer = first.operation('outer', () => inner.run(1, { id: 'in' }));
    await outer.start(undefined, { id: 'out' });
    await settle();
    assert.is(before.begun.length, 4);
    crash();

    const after = new Sdk();
    const second = await boot();
    traceOperations(second, { tracerProvider: after.provider });
    second.operation('inner', failing(0).fn);
    await second.resume();
    await settle();
    assert.is(after.tree(), ['operation inner', '  attempt inner'].join('\n'));
    const [outerSpan] = before.begun;
    assert.equal(after.traceIds, [outerSpan?.spanContext().traceId]);
  }),
);

test(
  'the third life is in the same trace as the first, also when the second has left the operation alone',
  inTracedWorld(async ({ boot, crash, settle, disk }, before) => {
    const first = await boot();
    traceOperations(first, { tracerProvider: before.provider });
    await first.operation('work', hanging().fn).start(1, { id: 'one' });
    await settle();
    crash();
    const second = await boot();
    second.operation('work', hanging().fn);
    await second.resume();
    await settle();
    crash();
    assert.match(JSON.stringify((await disk.row('one')).snapshot), /"trace":"00-[0-9a-f]{32}-/);

    const after = new Sdk();
    const third = await boot();
    traceOperations(third, { tracerProvider: after.provider });
    third.operation('work', failing(0).fn);
    await third.resume();
    await settle();
    assert.equal(after.traceIds, [before.begun[0]?.spanContext().traceId]);
    assert.is(own(after.one('attempt work'), 'attempt'), 3);
  }),
);

test(
  'one that nobody traced at first is traced from its next life on, in one trace',
  inTracedWorld(async ({ boot, crash, settle }, second) => {
    const untraced = await boot();
    await untraced.operation('work', hanging().fn).start(1, { id: 'one' });
    await settle();
    crash();
    const traced = await boot();
    traceOperations(traced, { tracerProvider: second.provider });
    traced.operation('work', hanging().fn);
    await traced.resume();
    await settle();
    crash();
    const third = new Sdk();
    const again = await boot();
    traceOperations(again, { tracerProvider: third.provider });
    again.operation('work', failing(0).fn);
    await again.resume();
    await settle();
    assert.equal(third.traceIds, [second.begun[0]?.spanContext().traceId]);
  }),
);

test(
  "an operator's retry is a new span of the operation, in its trace",
  inTracedWorld(async ({ boot, settle }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const work = recovery.operation('work', failing(2, permanent).fn);
    await work.run(1, { id: 'one' }).catch(() => {});
    for (let retries = 0; retries < 2; retries++) {
      const handle = await recovery.retry('one');
      await handle.result().catch(() => {});
      await settle();
    }
    assert.is(
      sdk.tree(),
      [
        'operation work !',
        '  attempt work !',
        '  operation work !',
        '    attempt work !',
        '  operation work',
        '    attempt work',
      ].join('\n'),
    );
    assert.equal(
      sdk.spans.filter(({ name }) => name === 'operation work').map(span => own(span, 'retried')),
      [undefined, true, true],
    );
    assert.is(sdk.traceIds.length, 1);
  }),
);

test.run();
