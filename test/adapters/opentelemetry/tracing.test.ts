import { trace } from '@opentelemetry/api';
import { AlwaysOnSampler, ParentBasedSampler, type Sampler } from '@opentelemetry/sdk-trace-base';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { traceOperations } from '../../../adapters/opentelemetry/index.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { failing, hanging, stubborn } from '../../services/runtime/support/functions.ts';
import { eventsOf, inTracedWorld, own, Sdk } from './support/traced.ts';

const test = suite('OpenTelemetry traces of requests, sampling and stopping');

test(
  'an operation that is started in a request has a trace of its own, linked to the request',
  inTracedWorld(async ({ boot }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    const work = recovery.operation('work', failing(0).fn);
    const request = sdk.app.startSpan('POST /work');
    await sdk.app.startActiveSpan('POST /new', async span => {
      await work.run(1);
      await work.run(2, { id: 'by-id' });
      span.end();
    });
    request.end();
    const inRequest = sdk.one('POST /new').spanContext();
    const operations = sdk.spans.filter(({ name }) => name === 'operation work');
    assert.is(operations.length, 2);
    for (const { links, parentSpanContext } of operations) {
      assert.is(parentSpanContext, undefined);
      assert.equal(
        links.map(({ context }) => context.spanId),
        [inRequest.spanId],
      );
    }
    assert.is(sdk.traceIds.length, 4);
  }),
);

test(
  'activeSpan parent: the request and its operation are one trace',
  inTracedWorld(async ({ boot }, sdk) => {
    const recovery = await boot();
    traceOperations(recovery, { tracerProvider: sdk.provider, activeSpan: 'parent' });
    const work = recovery.operation('work', failing(0).fn);
    await sdk.app.startActiveSpan('POST /work', async span => {
      await work.run(1);
      span.end();
    });
    assert.is(sdk.tree(), ['POST /work', '  operation work', '    attempt work'].join('\n'));
    assert.equal(sdk.one('operation work').links, []);
  }),
);

test(
  'what resumes everything is no parent and no link of it',
  inTracedWorld(async ({ boot, crash, settle }, sdk) => {
    const first = await boot();
    await first.operation('work', hanging().fn).start(1, { id: 'one' });
    await settle();
    crash();
    const second = await boot();
    traceOperations(second, { tracerProvider: sdk.provider, activeSpan: 'parent' });
    second.operation('work', failing(0).fn);
    await sdk.app.startActiveSpan('boot', async span => {
      await second.resume();
      span.end();
    });
    await settle();
    const { parentSpanContext, links } = sdk.one('operation work');
    assert.equal([parentSpanContext, links], [undefined, []]);
  }),
);

/** Samples what a test wants, where a trace begins. */
const samplingRoots = (wanted: (name: string) => boolean): Sampler =>
  new ParentBasedSampler({
    root: {
      shouldSample: (_context, _traceId, name) => ({ decision: wanted(name) ? 2 : 0 }),
      toString: () => 'wanted',
    },
  });

test(
  "the app's sampler decides where the trace begins, and its decision holds in later lives",
  inTracedWorld(
    async ({ boot, crash, settle }, before) => {
      const first = await boot();
      traceOperations(first, { tracerProvider: before.provider });
      const seen: (number | undefined)[] = [];
      const flags = () => seen.push(trace.getActiveSpan()?.spanContext().traceFlags);
      const { fn } = hanging();
      const looksAround = (input: unknown, op: OperationContext) => {
        flags();
        return fn(input, op);
      };
      await first.operation('wanted', looksAround).start(1);
      await first.operation('unwanted', looksAround).start(1);
      await settle();
      assert.equal(seen, [1, 0]);
      assert.equal(before.open, ['operation wanted', 'attempt wanted']);
      crash();

      // It would take everything, whatever the parents were.
      const after = new Sdk(new AlwaysOnSampler());
      const second = await boot();
      traceOperations(second, { tracerProvider: after.provider });
      second.operation('wanted', failing(0).fn);
      second.operation('unwanted', failing(0).fn);
      await second.resume();
      await settle();
      assert.is(after.tree(), ['operation wanted', '  attempt wanted'].join('\n'));
    },
    samplingRoots(name => name === 'operation wanted'),
  ),
);

test(
  'sampled is asked once for an operation; one that is left out is left out with all that is below it',
  inTracedWorld(async ({ boot, crash, settle }, sdk) => {
    const asked: string[] = [];
    const sampled = (id: string, name: string) => {
      asked.push(`${id} ${name}`);
      return name !== 'health';
    };
    const first = await boot();
    traceOperations(first, { tracerProvider: sdk.provider, sampled });
    const inner = first.operation('inner', async (_: number) => {
      sdk.app.startSpan('GET /inner').end();
    });
    const { fn } = stubborn();
    const health = async (input: unknown, op: OperationContext) => {
      sdk.app.startSpan('GET /health').end();
      await op.step('check', () => inner.run(1, { id: 'in' }));
      return fn(input, op);
    };
    await first.operation('health', health).start(1, { id: 'out' });
    await first.operation('work', failing(0).fn).run(1, { id: 'work' });
    await settle();
    assert.is(sdk.tree(), ['operation work', '  attempt work'].join('\n'));
    assert.equal(sdk.open, []);
    crash();
    const second = await boot();
    traceOperations(second, { tracerProvider: sdk.provider, sampled });
    second.operation('health', failing(0).fn);
    await second.resume();
    await settle();
    assert.is(sdk.spans.length, 2);
    assert.equal(asked, ['out health', 'in inner', 'work work']);
  }),
);

test(
  'tracing that begins while operations are at work has them from their next attempt on',
  inTracedWorld(async ({ boot, clock, settle }, sdk) => {
    const recovery = await boot();
    const run = recovery.operation('work', failing(2).fn).run(1);
    await settle();
    traceOperations(recovery, { tracerProvider: sdk.provider });
    await clock.advance(5_000);
    await run;
    assert.is(sdk.tree(), ['operation work', '  attempt work !', '  attempt work'].join('\n'));
    assert.equal(eventsOf(sdk.one('operation work')), ['retry']);
  }),
);

test(
  'stop ends every span, and nothing begins after it',
  inTracedWorld(async ({ boot, settle }, sdk) => {
    const recovery = await boot();
    const stop = traceOperations(recovery, { tracerProvider: sdk.provider });
    const { fn, calls } = stubborn();
    const handle = await recovery
      .operation('work', async (input: unknown, op) => {
        await op.step('first', () => fn(input, op));
        await op.step('second', () => fn(input, op));
      })
      .start(1);
    await settle();
    assert.equal(sdk.open, ['operation work', 'attempt work', 'step first']);
    stop();
    assert.equal(sdk.open, []);
    assert.ok(sdk.spans.slice(1).every(span => own(span, 'outcome') === 'untraced'));
    stop();
    calls[0]?.end();
    await settle();
    assert.is(trace.getActiveSpan(), undefined);
    calls[1]?.end();
    await handle.result();
    assert.is(sdk.begun.length, 3);
  }),
);

test.run();
