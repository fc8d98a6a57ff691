import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadApi } from '../../../adapters/opentelemetry/api.ts';
import {
  type TraceOperationsOptions,
  traceOperations,
} from '../../../adapters/opentelemetry/index.ts';
import { ConfigError, PersistenceError } from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { failing, hanging, transient } from '../../services/runtime/support/functions.ts';
import type { World } from '../../services/runtime/support/world.ts';
import { rejects } from '../../support/rejects.ts';
import { inTracedWorld } from './support/traced.ts';

const test = suite('OpenTelemetry spans do no harm');

/** Everything that a call can do: it fails, has steps, a nested operation and a hedge, and a fallback. */
async function everything({ boot, clock }: World, options: TraceOperationsOptions) {
  const recovery = await boot();
  const stop = traceOperations(recovery, options);
  const inner = recovery.operation('inner', failing(1).fn);
  const work = recovery.operation(
    'work',
    async (input: number, op: OperationContext) => {
      const first = await op.step('first', async () => input + 1);
      const second = await op.step('second', () => inner.run(first));
      if (op.hedge === 0) await new Promise<void>(resolve => clock.setTimeout(resolve, 200));
      throw transient(String(second));
    },
    { hedgeAfter: 100, maxRetries: 1, fallback: async (_error, op) => op.step('third', () => 7) },
  );
  const run = work.run(1);
  await clock.advance(20_000);
  const result = await run;
  stop();
  return { result, metrics: recovery.metrics };
}

const broken = (): never => {
  throw new TypeError('the SDK is broken');
};

test(
  'a tracer that throws is told of once, and takes nothing from an operation',
  inTracedWorld(async world => {
    const { result, metrics } = await everything(world, { tracer: { startSpan: broken } as never });
    assert.is(result, 7);
    assert.equal([metrics.attempts, metrics.succeeded, metrics.retries], [4, 2, 2]);
    assert.is(world.logged.filter(message => message.includes('observer')).length, 1);
  }),
);

/** Members of a span, and of what makes one active, each of which may throw. */
const MEMBERS = [
  'spanContext',
  'setAttribute',
  'setAttributes',
  'addEvent',
  'setStatus',
  'isRecording',
  'end',
] as const satisfies readonly (keyof Span)[];

for (const member of MEMBERS) {
  test(
    `a span whose ${member} throws takes nothing from an operation`,
    inTracedWorld(async (world, sdk) => {
      const tracer = {
        startSpan: (name: string, options: object, parent: Context) =>
          Object.assign(sdk.app.startSpan(name, options, parent), { [member]: broken }),
      } as unknown as Tracer;
      const { result } = await everything(world, { tracer });
      assert.is(result, 7);
    }),
  );
}

test(
  'a context manager that throws before or after the function, or does not call it, takes nothing from an operation',
  inTracedWorld(async (world, sdk) => {
    const ways = [
      broken,
      (_context: Context, fn: () => void) => {
        fn();
        broken();
      },
      () => {},
    ];
    for (const way of ways) {
      const crooked = {
        ...api,
        context: { active: () => api.context.active(), with: way },
      } as unknown as typeof api;
      const { result } = await everything(world, { tracer: sdk.app, api: crooked });
      assert.is(result, 7);
      world.crash();
    }
  }),
);

test(
  'no span has an input, an output, a result of a step, metadata or a secret',
  inTracedWorld(async ({ boot, clock }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const secret = () =>
      Object.assign(
        transient(
          'GET https://root:hush-url@db.example/x?api_key=hush-query failed, authorization: Bearer hush-bearer, password="hush-word"',
        ),
        { headers: { authorization: 'hush-header' }, cause: new Error('hush-cause') },
      );
    const login = recovery.operation(
      'login',
      async (_input: unknown, op) => {
        op.progress('hush-progress');
        await op.step('session', async () => ({ cookie: 'hush-step' }));
        await op.step('fails', () => {
          if (op.attempt === 1) throw secret();
        });
        if (op.attempt === 2) throw secret();
        return { session: 'hush-output' };
      },
      { breaker: () => 'https://root:hush-key@db.example' },
    );
    const run = login.run({ name: 'hush-input' }, { metadata: { who: 'hush-metadata' } });
    await clock.advance(5_000);
    await run;
    const bad = recovery.operation('bad', failing(9, secret).fn, {
      maxRetries: 0,
      fallback: () => {
        throw secret();
      },
    });
    await bad.run('hush-bad').catch(() => {});
    const handle = await recovery.operation('hangs', () => new Promise(() => {})).start(undefined);
    await handle.cancel('token=hush-cancel');
    assert.not.match(sdk.text(), /hush/);
    assert.match(sdk.text(), /db\.example/);
    assert.match(sdk.text(), /\[redacted\]/);
    assert.equal(sdk.open, []);
  }),
);

test(
  'nothing is kept of operations that have ended, that the store has refused, or that a closed recovery has left',
  inTracedWorld(async ({ boot, disk, clock, settle, close }, sdk) => {
    const ends = new Map<string, number>();
    const tracer = {
      startSpan: (name: string, options: object, parent: Context) => {
        const span = sdk.app.startSpan(name, options, parent);
        const end = () => {
          const { spanId } = span.spanContext();
          ends.set(spanId, (ends.get(spanId) ?? 0) + 1);
        };
        return Object.assign(span, { end });
      },
    } as unknown as Tracer;
    const recovery = await boot();
    const stop = traceOperations(recovery, { tracer });
    const work = recovery.operation('work', failing(3).fn);
    const runs = Array.from({ length: 20 }, (_, n) => work.run(n));
    await clock.advance(20_000);
    await Promise.all(runs);
    assert.is(ends.size, sdk.begun.length);

    disk.failure = new TypeError('the disk is full');
    await rejects(work.run(1), PersistenceError);
    const refused = sdk.begun.at(-1);
    assert.is(ends.size, sdk.begun.length);
    assert.is(refused?.attributes['error.type'], 'PersistenceError');
    disk.failure = undefined;
    await clock.advance(10_000);

    await recovery.operation('hangs', hanging().fn).start(1);
    await settle();
    await close(recovery);
    assert.is(ends.size, sdk.begun.length);
    // Whatever was kept would end again.
    stop();
    assert.ok([...ends.values()].every(times => times === 1));
  }),
);

test('the API is needed only by who traces, and its absence says what to install', async () => {
  const absent = async () => {
    loadApi(() => {
      throw new TypeError("Cannot find module '@opentelemetry/api'\nRequire stack:\n- here");
    });
  };
  const { message } = await rejects(absent(), ConfigError);
  assert.match(message, /npm install @opentelemetry\/api/);
  assert.match(message, /Cannot find module/);
  assert.not.match(message, /Require stack/);
  const root = new URL('../../../', import.meta.url);
  const program = `
    const { createRequire } = await import('node:module');
    const loaded = () => Object.keys(createRequire('${fileURLToPath(root)}x.js').cache).some(path => path.includes('@opentelemetry'));
    await import('${root}index.js');
    const { traceOperations } = await import('${root}opentelemetry.js');
    const before = loaded();
    traceOperations({ observe: () => () => {} });
    console.log(before, loaded());`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    program,
  ]);
  assert.is(stdout.trim(), 'false true');
});

test('options that cannot be used are named, all of them', () => {
  const options = { tracer: {}, tracerProvider: 7, sampled: 0.1, activeSpan: 'child' };
  assert.throws(
    () => traceOperations({ observe: broken }, options as never),
    (error: unknown) =>
      error instanceof ConfigError &&
      [
        'tracer must',
        'tracerProvider must',
        'exclude',
        'sampled must',
        "activeSpan must be 'link' or 'parent', got \"child\"",
      ].every(part => error.message.includes(part)),
  );
});

test.run();
