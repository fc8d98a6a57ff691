import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OperationRecord } from '../../../services/ports.ts';
import { summaryViewOf, viewOf } from '../../../services/runtime/views.ts';
import { operation } from '../../contract/persistence-rows.ts';
import { failing, hanging, permanent } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('operations as data');

test(
  'say in which leaf of the chart they are',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot({ concurrency: 1, circuitBreakerThreshold: 1 });
    const path = async (id: string) => (await recovery.view(id))?.path;
    const flaky = recovery.operation('flaky', failing(1).fn);
    await flaky.start(1, { id: 'retried' });
    await settle();
    assert.is(await path('retried'), 'recovering.backoff');
    await recovery.pause('retried');
    assert.is(await path('retried'), 'recovering.paused');

    const slow = recovery.operation('slow', hanging().fn);
    await slow.start(1, { id: 'first' });
    await slow.start(2, { id: 'second' });
    await settle();
    assert.is(await path('first'), 'in_progress.running');
    assert.is(await path('second'), 'pending.queued');
    await recovery.pause('second');
    assert.is(await path('second'), 'pending.paused');
    await recovery.cancel('first');
    assert.is(await path('first'), 'failed');

    const waiting = recovery.operation('waiting', failing(1).fn, { whenOpen: 'wait' });
    await waiting.start(1, { id: 'blocked' });
    await settle();
    await recovery.operation('fine', async () => 1).run(undefined, { id: 'done' });
    assert.is(await path('done'), 'success');
    assert.equal(
      (await recovery.summaries({ order: 'oldest' })).items.map(({ id, path }) => [id, path]),
      (await recovery.list({ order: 'oldest' })).items.map(({ id, path }) => [id, path]),
    );
  }),
);

test('of snapshots that do not fit have the state alone', () => {
  const path = (parts: Partial<OperationRecord>) => viewOf(operation('a', parts)).path;
  assert.is(path({}), 'pending.queued');
  for (const snapshot of [
    null,
    'garbage',
    7,
    {},
    [],
    { value: null },
    { value: 'pending' },
    { value: { pending: 'dreaming' } },
    { value: { pending: { deep: 'er' } } },
    { value: { pending: 'queued', recovering: 'backoff' } },
    { value: 'pending.queued' },
    { value: { constructor: 'name' } },
    // Of another state than the row says.
    { value: { recovering: 'backoff' } },
    { value: 'success' },
  ]) {
    assert.is(path({ snapshot }), 'pending', JSON.stringify(snapshot));
  }
  assert.is(path({ state: 'success', snapshot: { value: 'success' } }), 'success');
});

test('tell the first line of an error, at most 200 characters of it', () => {
  const told = (message: unknown) => {
    const error = JSON.stringify({ name: 'Error', message });
    return viewOf(operation('a', { error })).errorMessage;
  };
  assert.is(viewOf(operation('a')).errorMessage, null);
  assert.is(told('reset by peer\n    at line two'), 'reset by peer');
  assert.is(told('\r\n  two\r\nthree'), 'two');
  assert.is(told('one\u2028two'), 'one');
  assert.is(told(''), null);
  assert.is(told(' \n '), null);
  assert.is(told(5), null);
  assert.is(told('x'.repeat(201)), 'x'.repeat(200));
  const astral = told(`${'x'.repeat(199)}😀`);
  assert.is(astral, 'x'.repeat(199));
  assert.is(told(`${'x'.repeat(198)}😀😀`), `${'x'.repeat(198)}😀`);
});

test('are the same in short, without what they are about', () => {
  const record = operation('a', {
    args: '"secret"',
    result: '"secret"',
    metadata: '"secret"',
    error: '{"name":"E","message":"no\\nsecret","stack":"secret"}',
    dueAt: 5,
  });
  const { input, output, error, metadata, ...rest } = viewOf(record);
  assert.equal([input, output, metadata], ['secret', 'secret', 'secret']);
  assert.is((error as { stack: string }).stack, 'secret');
  const value = { pending: 'queued' };
  assert.equal(summaryViewOf({ ...record, value, errorMessage: 'no\nsecret' }), rest);
  assert.not.match(JSON.stringify(rest), 'secret');
});

test(
  'are counted, and so are definitions, arrows and positions',
  inWorld(async ({ boot, settle, crash }) => {
    const recovery = await boot();
    assert.equal(recovery.definitionNames, []);
    assert.is(await recovery.position(), 0);
    const fine = recovery.operation('fine', async () => 1);
    const bad = recovery.operation('bad', failing(9, permanent).fn);
    assert.equal(recovery.definitionNames, ['fine', 'bad']);
    await fine.run();
    await fine.run();
    await bad.run(1).catch(() => {});
    await settle();
    const { success, failed, pending } = await recovery.counts();
    assert.equal([success, failed, pending], [2, 1, 0]);
    const transitions = await recovery.transitions({});
    const position = transitions.at(-1)?.position;
    assert.is(await recovery.position(), position);
    const counts = await recovery.transitionCounts();
    assert.is(
      counts.reduce((sum, { count }) => sum + count, 0),
      transitions.length,
    );
    const created = counts.find(({ event }) => event === 'create');
    assert.equal(created, {
      kind: 'operation',
      from: null,
      to: 'pending',
      event: 'create',
      reasonKind: 'created',
      count: 3,
    });
    crash();
    assert.is(await (await boot()).position(), position);
  }),
);

test.run();
