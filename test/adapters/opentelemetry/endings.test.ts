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

const test = suite('OpenTelemetry spans, however calls and operations end');

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
