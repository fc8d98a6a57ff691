import { trace } from '@opentelemetry/api';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { traceOperations } from '../../../adapters/opentelemetry/index.ts';
import type { OperationContext } from '../../../services/ports.ts';
import {
  deaf,
  deferred,
  failing,
  hanging,
  permanent,
  stubborn,
} from '../../services/runtime/support/functions.ts';
import { eventsOf, inTracedWorld, own } from './support/traced.ts';

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
  'an operation that is cancelled ends with its attempt and the steps that it leaves behind, and is no error',
  inTracedWorld(async ({ boot, settle }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const { fn } = deaf();
    const handle = await recovery
      .operation('work', (input: unknown, op) =>
        op.step('long', () => fn(input, op as OperationContext)),
      )
      .start(1);
    await settle();
    assert.equal(sdk.open, ['operation work', 'attempt work', 'step long']);
    await handle.cancel('no longer needed');
    assert.is(sdk.tree(), ['operation work', '  attempt work', '    step long'].join('\n'));
    assert.equal(
      sdk.spans.map(span => own(span, 'outcome')),
      [undefined, 'cancelled', 'abandoned'],
    );
    const operation = sdk.one('operation work');
    assert.equal([own(operation, 'state'), own(operation, 'reason')], ['failed', 'cancelled']);
    assert.equal(eventsOf(operation), ['cancelled']);
    assert.equal(sdk.open, []);
  }),
);

test(
  'an operation that its breaker denies has no attempt; one that waits for it tells so',
  inTracedWorld(async ({ boot, clock, settle }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const options = { maxRetries: 0, breaker: 'host', breakerOptions: { threshold: 1 } };
    const bad = recovery.operation('bad', failing(1).fn, options);
    await bad.run(1).catch(() => {});
    sdk.exporter.reset();
    await bad.run(2).catch(() => {});
    assert.is(sdk.tree(), 'operation bad !');
    const denied = sdk.one('operation bad');
    assert.equal(eventsOf(denied), ['breaker_denied']);
    assert.is(denied.attributes['error.type'], 'CircuitOpenError');
    assert.is(own(denied, 'reason'), 'circuit_open');

    const waiting = await recovery
      .operation('waits', failing(0).fn, { ...options, whenOpen: 'wait' })
      .start(1);
    await settle();
    await clock.advance(300_000);
    await waiting.result();
    const waited = sdk.one('operation waits');
    assert.equal(eventsOf(waited), ['breaker_denied']);
    assert.is(own(waited, 'state'), 'success');
  }),
);

test(
  'a hedge is below its attempt: the call that wins succeeds, the other one has lost',
  inTracedWorld(async ({ boot, clock, settle }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const { fn, calls } = stubborn();
    const slow = recovery.operation(
      'slow',
      async (input: unknown, op) => {
        sdk.app.startSpan(`call ${op.hedge}`).end();
        const value = await fn(input, op);
        return op.step(`save ${op.hedge}`, () => value);
      },
      { hedgeAfter: 100 },
    );
    const first = slow.run(1);
    await clock.advance(100);
    calls[1]?.end('second');
    await first;
    assert.is(
      sdk.tree(),
      [
        'operation slow',
        '  attempt slow',
        '    call 0',
        '    hedge slow',
        '      call 1',
        '      step save 1',
      ].join('\n'),
    );
    const [, attempt, , hedge] = sdk.spans;
    assert.ok(attempt && hedge);
    assert.equal([own(attempt, 'outcome'), own(attempt, 'hedged')], ['succeeded', true]);
    assert.equal([own(hedge, 'outcome'), own(hedge, 'hedge')], ['succeeded', true]);

    sdk.exporter.reset();
    const second = slow.run(2);
    await clock.advance(100);
    calls[2]?.end('first');
    await second;
    assert.is(own(sdk.one('hedge slow'), 'outcome'), 'lost');
    assert.is(own(sdk.one('attempt slow'), 'hedged'), undefined);

    sdk.exporter.reset();
    const third = await slow.start(3);
    await clock.advance(100);
    calls[5]?.fail(permanent('of the hedge'));
    await settle();
    assert.is(sdk.one('hedge slow').status.message, 'of the hedge');
    calls[4]?.fail(permanent('of the first'));
    await third.result().catch(() => {});
    assert.is(sdk.one('attempt slow').status.message, 'of the first');
    assert.equal(sdk.open, []);
  }),
);

test(
  'a fallback has a span of its own, beside the attempt that it stands in for',
  inTracedWorld(async ({ boot }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const price = recovery.operation('price', failing(9, permanent).fn, {
      fallback: async (_error, op) => {
        sdk.app.startSpan('GET /cache').end();
        return op.step('read', () => 7);
      },
    });
    assert.is(await price.run(1), 7);
    assert.is(
      sdk.tree(),
      [
        'operation price',
        '  attempt price !',
        '  fallback price',
        '    GET /cache',
        '    step read',
      ].join('\n'),
    );
    const operation = sdk.one('operation price');
    assert.equal([own(operation, 'state'), own(operation, 'reason')], ['success', 'fallback']);
  }),
);

test(
  'pauses, exhaustion and the limit that ran out are told',
  inTracedWorld(async ({ boot, clock }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const handle = await recovery
      .operation('work', failing(9).fn, { maxRetries: 1, timeout: 50 })
      .start(1);
    await clock.advance(500);
    await handle.pause();
    await handle.continue();
    await clock.advance(5_000);
    await handle.result().catch(() => {});
    const operation = sdk.one('operation work');
    assert.equal(eventsOf(operation), ['retry', 'paused', 'continued']);
    assert.equal([own(operation, 'state'), own(operation, 'limit')], ['exhausted', 'maxRetries']);
    assert.is(operation.attributes['error.type'], 'ECONNRESET');
    assert.is(operation.status.message, 'reset by peer; maxRetries ran out');
  }),
);

test(
  'an attempt that runs into its timeout ends then, though its function is still at work',
  inTracedWorld(async ({ boot, clock }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const late = deferred();
    const run = recovery
      .operation(
        'work',
        async (_: number, op) => {
          await late.promise;
          sdk.app.startSpan('GET /late').end();
          await op.step('refused', () => 1);
        },
        { timeout: 50, maxRetries: 0 },
      )
      .run(1)
      .catch(() => {});
    await clock.advance(50);
    await run;
    const attempt = sdk.one('attempt work');
    assert.is(attempt.attributes['error.type'], 'AttemptTimeoutError');
    late.resolve();
    await clock.advance(10);
    assert.is(
      sdk.one('GET /late').parentSpanContext?.spanId,
      attempt.spanContext().spanId,
      'it still belongs to the attempt',
    );
    assert.is(sdk.spans.length, 3);
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

test(
  'attempts of a hanging function are seen while they run',
  inTracedWorld(async ({ boot, settle }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracer: sdk.app });
    const { fn, calls } = hanging();
    const handle = await recovery.operation('work', fn).start(1);
    await settle();
    assert.equal(sdk.open, ['operation work', 'attempt work']);
    calls[0]?.end();
    await handle.result();
    assert.equal(sdk.open, []);
    assert.is(sdk.one('operation work').instrumentationScope.name, 'app');
  }),
);

test.run();
