import { trace } from '@opentelemetry/api';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { traceOperations } from '../../../adapters/opentelemetry/index.ts';
import { failing } from '../../services/runtime/support/functions.ts';
import { inWorld } from '../../services/runtime/support/world.ts';
import { eventsOf, inTracedWorld, own, Sdk } from './support/traced.ts';

const test = suite('OpenTelemetry spans');

test(
  'an operation that succeeds at its third attempt is one tree, with the retries as events',
  inTracedWorld(async ({ boot, clock }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const run = recovery
      .operation('fetch', failing(2).fn, { breaker: 'files.example' })
      .run('x', { id: 'fetch-1' });
    await clock.advance(5_000);
    await run;
    assert.is(
      sdk.tree(),
      ['operation fetch', '  attempt fetch !', '  attempt fetch !', '  attempt fetch'].join('\n'),
    );
    const [operation, first, second, third] = sdk.spans;
    assert.ok(operation && first && second && third);
    assert.is(operation.parentSpanContext, undefined);
    assert.is(operation.instrumentationScope.name, 'xstate-recovery');
    assert.match(operation.instrumentationScope.version ?? '', /^\d+\.\d+\.\d+/);
    assert.equal(operation.attributes, {
      'xstate_recovery.operation.id': 'fetch-1',
      'xstate_recovery.operation.name': 'fetch',
      'xstate_recovery.breaker.key': 'files.example',
      'xstate_recovery.state': 'success',
      'xstate_recovery.attempts': 3,
      'xstate_recovery.reason': 'succeeded',
    });
    assert.equal(eventsOf(operation), ['retry', 'retry']);
    assert.equal(operation.events[1]?.attributes, {
      'xstate_recovery.attempt': 2,
      'xstate_recovery.state': 'recovering',
      'xstate_recovery.category': 'network',
      'xstate_recovery.rule': 'code:ECONNRESET',
      'xstate_recovery.delay_ms': 1_000,
      'xstate_recovery.strategy': 'fixed',
      'xstate_recovery.detail': 'reset by peer; retry 2 of 3 in 1000 ms',
    });
    assert.equal(
      [first, second, third].map(span => [own(span, 'attempt'), own(span, 'outcome')]),
      [
        [1, 'failed'],
        [2, 'failed'],
        [3, 'succeeded'],
      ],
    );
    assert.is(first.attributes['error.type'], 'ECONNRESET');
    assert.is(own(first, 'category'), 'network');
    assert.is(first.status.message, 'reset by peer');
    const [exception] = first.events;
    assert.is(exception?.name, 'exception');
    assert.is(exception?.attributes?.['exception.type'], 'ECONNRESET');
    assert.is(exception?.attributes?.['exception.message'], 'reset by peer');
    assert.match(String(exception?.attributes?.['exception.stacktrace']), /support\/functions\./);
    assert.equal(sdk.open, []);
  }),
);

test(
  'the events of an operation stand at the instants of its transitions',
  inTracedWorld(async ({ boot, clock, disk }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const run = recovery.operation('fetch', failing(1).fn).run('x', { id: 'one' });
    await clock.advance(5_000);
    await run;
    const retry = (await disk.history('one')).find(({ reason }) => reason?.kind === 'retry');
    const [seconds = 0, nanoseconds = 0] = sdk.one('operation fetch').events[0]?.time ?? [];
    assert.is(seconds * 1_000 + nanoseconds / 1e6, retry?.at);
  }),
);

test(
  'steps are below their attempt, what has succeeded has no span again, and a failed one tells why',
  inTracedWorld(async ({ boot, clock }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    let tries = 0;
    const run = recovery
      .operation('install', async (_: number, op) => {
        await op.step('clone', async () => 1);
        await op.step('link', async () => {
          await op.step('inner', () => 2);
          if (tries++ === 0) throw permanentInName('EMFILE');
        });
      })
      .run(1);
    await clock.advance(5_000);
    await run;
    assert.is(
      sdk.tree(),
      [
        'operation install',
        '  attempt install !',
        '    step clone',
        '    step link !',
        '      step inner',
        '  attempt install',
        '    step link',
      ].join('\n'),
    );
    assert.equal(
      sdk.spans.map(span => [own(span, 'step.name'), own(span, 'outcome')]).slice(2, 4),
      [
        ['clone', 'succeeded'],
        ['link', 'failed'],
      ],
    );
    const failed = sdk.spans[3];
    assert.is(failed?.attributes['error.type'], 'EMFILE');
    assert.is(own(failed as NonNullable<typeof failed>, 'attempt'), 1);
  }),
);

/** An error that is retried, with a code of its own. */
const permanentInName = (code: string) => Object.assign(new Error('too many files'), { code });

test(
  "the app's own spans are below the attempt or step that they were made in, through promises and timers",
  inTracedWorld(async ({ boot }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const request = (url: string) => sdk.app.startSpan(url).end();
    await recovery
      .operation('pull', async (_: number, op) => {
        request('GET /early');
        await new Promise(resolve => setImmediate(resolve));
        request('GET /late');
        await op.step('save', async () => {
          await Promise.resolve();
          request('PUT /file');
        });
        await sdk.app.startActiveSpan('phase', async phase => {
          await op.step('tidy', async () => request('DELETE /old'));
          phase.end();
        });
        request('GET /last');
      })
      .run(1);
    assert.is(
      sdk.tree(),
      [
        'operation pull',
        '  attempt pull',
        '    GET /early',
        '    GET /late',
        '    step save',
        '      PUT /file',
        '    phase',
        '      step tidy',
        '        DELETE /old',
        '    GET /last',
      ].join('\n'),
    );
    assert.is(trace.getActiveSpan(), undefined);
  }),
);

test(
  'operations that share a commit keep their spans apart',
  inTracedWorld(async ({ boot }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const work = recovery.operation('work', async (n: number, op) => {
      await op.step('wait', () => new Promise<void>(resolve => setImmediate(resolve)));
      sdk.app.startSpan(`GET /${n}`, { attributes: { id: op.id } }).end();
    });
    await Promise.all([1, 2, 3, 4].map(n => work.run(n, { id: `w-${n}` })));
    assert.is(sdk.traceIds.length, 4);
    for (const n of [1, 2, 3, 4]) {
      const span = sdk.one(`GET /${n}`);
      const parent = sdk.spans.find(
        one => one.spanContext().spanId === span.parentSpanContext?.spanId,
      );
      assert.is(own(parent as NonNullable<typeof parent>, 'operation.id'), `w-${n}`);
    }
  }),
);

test(
  'an operation that is started inside another one is below the attempt or step that has started it',
  inTracedWorld(async ({ boot, clock }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const inner = recovery.operation('inner', failing(1).fn);
    const run = recovery
      .operation('outer', async (_: number, op) => {
        await op.step('part', async () => void (await inner.run(1)));
        const started = await inner.start(2, { id: 'by-id' });
        await started.result();
      })
      .run(1);
    await clock.advance(5_000);
    await run;
    assert.is(
      sdk.tree(),
      [
        'operation outer',
        '  attempt outer',
        '    step part',
        '      operation inner',
        '        attempt inner !',
        '        attempt inner',
        '    operation inner',
        '      attempt inner',
      ].join('\n'),
    );
    assert.is(sdk.traceIds.length, 1);
    assert.ok(sdk.spans.every(({ links }) => links.length === 0));
  }),
);

test(
  'in an app without a context manager, what is started inside an operation is below its span',
  inWorld(async ({ boot }) => {
    const sdk = new Sdk();
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const inner = recovery.operation('inner', failing(0).fn);
    await recovery
      .operation('outer', (_: number, op) => op.step('part', () => inner.run(1)))
      .run(1);
    assert.is(
      sdk.tree(),
      [
        'operation outer',
        '  attempt outer',
        '    step part',
        '  operation inner',
        '    attempt inner',
      ].join('\n'),
    );
  }),
);

test(
  'the store writes outside of every span',
  inTracedWorld(async ({ boot, disk }, sdk) => {
    const { store } = disk.session();
    const active: unknown[] = [];
    const recovery = await boot({
      persistence: {
        ...store,
        commit: batch => {
          active.push(trace.getActiveSpan());
          return store.commit(batch);
        },
      },
    });
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const work = recovery.operation('work', (_: number, op) => op.step('one', () => 1));
    await sdk.app.startActiveSpan('request', () => work.run(1));
    assert.ok(active.length >= 3);
    assert.ok(active.every(span => span === undefined));
  }),
);

test.run();
