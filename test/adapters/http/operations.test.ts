import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type BreakerUpdate,
  breakerSchema,
  breakerUpdateSchema,
  type OperationSummary,
  operationSummarySchema,
} from '../../../services/protocol.ts';
import { served } from './support/served.ts';

const test = suite('http operations');

test(
  'starts an operation by the name of its definition, and shows it with history and steps',
  served({}, async ({ recovery, ask }) => {
    recovery.operation('double', async (n: number, op) => op.step('times two', () => n * 2));
    const started = await ask('/api/operations', {
      body: { function_name: 'double', input: 21, operation_id: 'a/b ü', metadata: { by: 'test' } },
    });
    assert.is(started.status, 202);
    assert.is(started.headers.location, '/api/operations/a%2Fb%20%C3%BC');
    await (await recovery.get('a/b ü'))?.result();

    const { status, body } = await ask(started.headers.location as string);
    assert.is(status, 200);
    assert.is(body.operation_id, 'a/b ü');
    assert.is(body.function_name, 'double');
    assert.is(body.state, 'success');
    assert.is(body.output, 42);
    assert.equal(body.metadata, { by: 'test' });
    assert.equal(
      body.history.map((one: { state: string }) => one.state),
      ['pending', 'in_progress', 'success'],
    );
    assert.is(body.history[0].from_state, null);
    assert.is(new Date(body.history[0].timestamp).toISOString(), body.history[0].timestamp);
    assert.equal(
      body.steps.map(({ name, result }: { name: string; result: number }) => [name, result]),
      [['times two', 42]],
    );
  }),
);

test(
  'tells whose child an operation is, and lists the children of one',
  served({}, async ({ recovery, ask }) => {
    const part = recovery.operation('part', async (n: number) => n);
    const whole = recovery.operation('whole', (_: string, op) =>
      Promise.all([1, 2].map(n => op.child(part, n, { key: `${n}` }))),
    );
    await whole.run('x', { id: 'a/b' });
    const { status, body } = await ask('/api/operations?parent_id=a%2Fb&order=oldest');
    assert.is(status, 200);
    assert.equal(
      body.operations.map((one: OperationSummary) => [one.operation_id, one.parent_id]),
      [
        ['a/b/1', 'a/b'],
        ['a/b/2', 'a/b'],
      ],
    );
    assert.is((await ask('/api/operations/a%2Fb')).body.parent_id, null);
  }),
);

test(
  'attaches to the same id and input, and refuses the id with another input',
  served({}, async ({ recovery, ask }) => {
    recovery.operation('double', async (n: number) => n * 2);
    const start = (input: number) =>
      ask('/api/operations', { body: { function_name: 'double', input, operation_id: 'one' } });
    assert.is((await start(1)).status, 202);
    assert.is((await start(1)).status, 202);
    const other = await start(2);
    assert.is(other.status, 409);
    assert.is(other.body.code, 'OPERATION_CONFLICT');
    const unknown = await ask('/api/operations', { body: { function_name: 'triple', input: 1 } });
    assert.is(unknown.status, 404);
    assert.is(unknown.body.code, 'DEFINITION_NOT_FOUND');
    assert.is((await recovery.list()).items.length, 1);
  }),
);

test(
  'lists by every filter, and by pages',
  served({}, async ({ recovery, ask }) => {
    const good = recovery.operation('good', async (_: string) => 1, { breaker: 'host a' });
    const bad = recovery.operation(
      'bad',
      async (_: string) => Promise.reject(new TypeError('no')),
      {
        maxRetries: 0,
        breaker: 'host b',
      },
    );
    for (const id of ['g1', 'g2', 'g3']) await good.run(`needle ${id}`, { id });
    await bad.run('hay', { id: 'b1' }).catch(() => {});
    const ids = async (query: string) => {
      const { status, body } = await ask(`/api/operations?${query}`);
      assert.is(status, 200);
      return body.operations.map((one: { operation_id: string }) => one.operation_id).sort();
    };
    assert.equal(await ids(''), ['b1', 'g1', 'g2', 'g3']);
    assert.equal(await ids('states=success'), ['g1', 'g2', 'g3']);
    assert.equal(await ids('states=failed&states=exhausted'), ['b1']);
    assert.equal(await ids('names=bad'), ['b1']);
    assert.equal(await ids('breaker_key=host%20a'), ['g1', 'g2', 'g3']);
    assert.equal(await ids('created_before=2000-01-01T00:00:00Z'), []);
    assert.equal(await ids('created_from=2000-01-01T00:00:00%2B02:00'), ['b1', 'g1', 'g2', 'g3']);

    const seen: string[] = [];
    let next: string | undefined;
    do {
      const cursor: string = next === undefined ? '' : `&cursor=${next}`;
      const { body } = await ask(`/api/operations?limit=3&order=oldest${cursor}`);
      seen.push(...body.operations.map((one: { operation_id: string }) => one.operation_id));
      next = body.next;
    } while (next !== undefined);
    assert.is(seen.length, 4);
    assert.is(new Set(seen).size, 4);

    const found = await ask('/api/operations/search', { body: { text: 'NEEDLE g2' } });
    assert.is(found.body.operations[0].operation_id, 'g2');
    assert.is(found.body.operations.length, 1);
    // Texts of inputs have no place in an address.
    assert.is((await ask('/api/operations?text=needle')).status, 400);
    for (const query of ['limit=0', 'limit=x', 'states=odd', 'cursor=odd', 'order=up', 'odd=1']) {
      assert.is((await ask(`/api/operations?${query}`)).status, 400, query);
    }
  }),
);

test(
  'pauses, continues, cancels and retries',
  served({ recovery: { initialDelay: 60_000 } }, async ({ recovery, ask }) => {
    let calls = 0;
    recovery.operation('flaky', async () => {
      calls += 1;
      if (calls < 3) throw Object.assign(new TypeError('reset'), { code: 'ECONNRESET' });
      return calls;
    });
    const command = (id: string, verb: string, body: object = {}) =>
      ask(`/api/operations/${id}/${verb}`, { body });
    await ask('/api/operations', { body: { function_name: 'flaky', operation_id: 'one' } });
    while ((await recovery.view('one'))?.state !== 'recovering') await turn();

    const paused = await ask('/api/operations/one/pause', { method: 'POST' });
    assert.is(paused.status, 200);
    assert.is(paused.body.changed, true);
    assert.is((await ask('/api/operations/one/pause', { method: 'POST' })).body.changed, false);
    assert.is((await ask('/api/operations/one/continue', { method: 'POST' })).body.changed, true);
    const unfinished = await ask('/api/operations/one/retry', { method: 'POST' });
    assert.is(unfinished.status, 409);
    const cancelled = await command('one', 'cancel', { reason: 'enough' });
    assert.is(cancelled.body.changed, true);
    assert.is(cancelled.body.operation.state, 'failed');
    assert.is((await command('one', 'cancel')).body.changed, false);
    calls = 2;
    assert.is((await ask('/api/operations/one/retry', { method: 'POST' })).status, 202);
    await (await recovery.get('one'))?.result();
    for (const verb of ['pause', 'continue', 'retry', 'cancel']) {
      const missing = await ask(`/api/operations/none/${verb}`, { method: 'POST' });
      assert.is(missing.status, 404, verb);
      assert.is(missing.body.code, 'OPERATION_NOT_FOUND', verb);
    }
    assert.is((await ask('/api/operations/none')).status, 404);
  }),
);

test(
  'lists breakers, forces them and resets them',
  served({}, async ({ ask }) => {
    const missing = await ask('/api/breakers/reset', { body: { key: 'https://a/b' } });
    assert.is(missing.status, 404);
    const forced = await ask('/api/breakers/force', {
      body: { key: 'https://a/b', to: 'isolated', ttl: 60_000, reason: 'maintenance', by: 'me' },
    });
    assert.is(forced.status, 200);
    assert.is(forced.body.state, 'isolated');
    assert.is(forced.body.override.by, 'me');
    const { body } = await ask('/api/breakers');
    assert.equal(
      body.breakers.map(({ key }: { key: string }) => key),
      ['https://a/b'],
    );
    const reset = await ask('/api/breakers/reset', { body: { key: 'https://a/b' } });
    assert.is(reset.body.state, 'closed');
    const odd = await ask('/api/breakers/force', { body: { key: 'a', to: 'open' } });
    assert.is(odd.status, 400);
    assert.is(odd.body.errors[0].pointer, '/body/to');
  }),
);

test(
  'lists by ids, and in short where that is asked for',
  served({}, async ({ recovery, ask }) => {
    const good = recovery.operation('good', async (_: string) => 'secret output');
    const bad = recovery.operation(
      'bad',
      async (_: string) => Promise.reject(new TypeError('no route\nsecret line')),
      { maxRetries: 0 },
    );
    for (const id of ['g1', 'g2']) await good.run('secret input', { id, metadata: 'secret' });
    await bad.run('secret input', { id: 'b1' }).catch(() => {});
    const short = await ask('/api/operations?fields=summary&order=oldest');
    assert.is(short.status, 200);
    const full = await ask('/api/operations?fields=all&order=oldest');
    assert.equal((await ask('/api/operations?order=oldest')).body, full.body);
    assert.equal(
      short.body.operations,
      full.body.operations.map((one: object) => operationSummarySchema.parse(one)),
    );
    assert.not.match(short.text, 'secret');
    assert.equal(
      short.body.operations
        .map((one: OperationSummary) => [one.operation_id, one.path, one.error_message])
        .sort(),
      [
        ['b1', 'failed', 'no route'],
        ['g1', 'success', null],
        ['g2', 'success', null],
      ],
    );
    const page = await ask('/api/operations?fields=summary&limit=2');
    const rest = await ask(`/api/operations?fields=summary&limit=2&cursor=${page.body.next}`);
    assert.is(rest.body.operations.length, 1);
    assert.is(rest.body.next, undefined);
    const search = { text: 'SECRET INPUT', fields: 'summary', ids: ['b1', 'g2', 'nobody'] };
    const found = await ask('/api/operations/search', { body: search });
    assert.equal(found.body.operations.map((one: OperationSummary) => one.operation_id).sort(), [
      'b1',
      'g2',
    ]);
    assert.not.match(found.text, 'secret');
    const one = await ask('/api/operations?ids=g1');
    assert.is(one.body.operations.length, 1);
    assert.is(one.body.operations[0].output, 'secret output');
    assert.is(
      (await ask('/api/operations?ids=g1&ids=b1&states=success')).body.operations.length,
      1,
    );
    const many = Array.from({ length: 101 }, (_, n) => `ids=${n}`).join('&');
    for (const query of ['fields=odd', 'fields=', 'ids=', many]) {
      assert.is((await ask(`/api/operations?${query}`)).status, 400, query);
    }
  }),
);

test(
  'tells what a breaker goes by and went through, newest first',
  served({}, async ({ recovery, ask }) => {
    const key = 'https://a/b?secret';
    recovery.operation('work', async (_: string) => 1, {
      breaker: url => url,
      breakerOptions: { kind: 'count', size: 20, failureRatio: 0.25, slowCallDuration: 100 },
    });
    await recovery.definition('work')?.run(key);
    for (const to of ['isolated', 'forced_closed', 'metrics_only'] as const) {
      await recovery.forceBreaker(key, to, { reason: to });
    }
    const { body } = await ask('/api/breakers');
    assert.equal(breakerSchema.parse(body.breakers[0]), body.breakers[0]);
    assert.equal(body.breakers[0].settings, {
      kind: 'count',
      mode: 'enforce',
      threshold: 0.25,
      window: 20,
      minimum_calls: 10,
      slow_call_duration: 100,
      slow_threshold: 1,
      permits: 1,
      successes: 1,
      probe_timeout: 60_000,
      open_timeout: 300_000,
      budget_capacity: null,
    });
    const history = async (asked: object) => {
      const answer = await ask('/api/breakers/history', { body: asked });
      assert.is(answer.status, 200);
      for (const one of answer.body.transitions) assert.equal(breakerUpdateSchema.parse(one), one);
      return answer.body.transitions.map(({ state, seq }: BreakerUpdate) => [state, seq]);
    };
    assert.equal(await history({ key }), [
      ['metrics_only', 3],
      ['forced_closed', 2],
      ['isolated', 1],
    ]);
    assert.equal(await history({ key, limit: 1 }), [['metrics_only', 3]]);
    assert.equal(await history({ key: 'nobody' }), []);
    for (const asked of [
      {},
      { key: '' },
      { key, limit: 0 },
      { key, limit: 1_001 },
      { key, odd: 1 },
    ]) {
      assert.is((await ask('/api/breakers/history', { body: asked })).status, 400);
    }
    assert.is((await ask(`/api/breakers/history?key=${encodeURIComponent(key)}`)).status, 404);
  }),
);

test(
  'tells no stack of an error, nor of its causes',
  served({}, async ({ recovery, ask }) => {
    const bad = recovery.operation(
      'bad',
      async () => {
        throw new TypeError('outer', { cause: new RangeError('inner') });
      },
      { maxRetries: 0 },
    );
    await bad.run(undefined, { id: 'one' }).catch(() => {});
    const { text } = await ask('/api/operations/one');
    assert.match(text, 'outer');
    assert.match(text, 'inner');
    assert.not.match(text, /"stack"|\.test\.[jt]s/);
  }),
);

const turn = () => new Promise(resolve => setTimeout(resolve, 5));

test.run();
