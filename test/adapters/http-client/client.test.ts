import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RecoveryClient, ServerRefusedError } from '../../../adapters/http-client/index.ts';
import {
  ConfigError,
  OperationConflictError,
  OperationNotFoundError,
  OverloadedError,
  RecoveryClosedError,
  ValidationError,
} from '../../../services/errors.ts';
import { failing, hanging, permanent } from '../../services/runtime/support/functions.ts';
import { rejects } from '../../support/rejects.ts';
import { OPERATOR, served, TOKENS, VIEWER } from '../http/support/served.ts';

const test = suite('http client');

/** As JSON, without what a server keeps to itself. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, member) => (key === 'stack' ? undefined : member)));

test(
  'gives operations, histories, steps and breakers as the recovery itself gives them',
  served({}, async ({ recovery, server }) => {
    const client = new RecoveryClient({ url: `${server.url}/` });
    const steps = recovery.operation('steps', async (n: number, op) =>
      op.step('double', () => 2 * n),
    );
    const bad = recovery.operation('bad', failing(9, permanent).fn);
    const id = 'a/b c?d#é..';
    await steps.run(4, { id, metadata: { who: 'me' } });
    await bad.run(1, { id: 'bad' }).catch(() => {});

    assert.equal(plain(await client.list()), plain(await recovery.list()));
    assert.equal(await client.summaries(), await recovery.summaries());
    const view = await recovery.view(id);
    assert.equal(plain(await client.view(id)), plain(view));
    assert.equal(plain(await client.details(id)), {
      view: plain(view),
      history: plain(await recovery.history(id)),
      steps: plain(await recovery.steps(id)),
    });
    assert.equal(plain(await client.breakers()), plain(recovery.breakers()));
  }),
);

test(
  'lists by every filter, and by pages',
  served({}, async ({ recovery, server }) => {
    const client = new RecoveryClient({ url: server.url });
    const one = recovery.operation('one', async () => 1, { breaker: 'key' });
    const two = recovery.operation('two', failing(9, permanent).fn);
    for (const id of ['a', 'b', 'c']) await one.run(undefined, { id });
    await two.run(undefined, { id: 'd-xyz' }).catch(() => {});
    const [a] = (await recovery.list({ order: 'oldest', limit: 1 })).items;
    const queries = [
      { states: ['failed'] },
      { names: ['one'], order: 'oldest' },
      { breakerKey: 'key' },
      { ids: ['a', 'd-xyz'] },
      { text: 'XYZ' },
      { createdFrom: (a?.createdAt ?? 0) + 1 },
      { createdBefore: a?.createdAt ?? 0 },
    ] as const;
    for (const query of queries) {
      assert.equal(plain(await client.list(query)), plain(await recovery.list(query)));
      assert.equal(await client.summaries(query), await recovery.summaries(query));
    }
    const first = await client.list({ limit: 3 });
    assert.is(first.items.length, 3);
    const second = await client.list({ limit: 3, cursor: first.next as string });
    assert.equal(
      [...first.items, ...second.items].map(({ id }) => id),
      ['d-xyz', 'c', 'b', 'a'],
    );
    assert.not('next' in second);
  }),
);

test(
  'starts and steers operations, and says what came of it',
  served({}, async ({ recovery, server }) => {
    const client = new RecoveryClient({ url: server.url });
    const held = hanging();
    recovery.operation('held', held.fn);
    const flaky = recovery.operation('flaky', failing(1).fn, {
      strategy: { calculateDelay: () => 1e9 } as never,
    });
    recovery.operation('bad', failing(1, permanent).fn);

    assert.is((await client.start('held', { n: 1 }, { id: 'h', metadata: 5 })).id, 'h');
    assert.equal((await recovery.view('h'))?.input, { n: 1 });
    assert.is((await recovery.view('h'))?.metadata, 5);
    const unpaused = await client.pause('h');
    assert.equal([unpaused.changed, unpaused.operation.state], [false, 'in_progress']);
    const cancelled = await client.cancel('h', 'enough');
    assert.equal([cancelled.changed, cancelled.operation.state], [true, 'failed']);
    assert.match((await recovery.history('h')).at(-1)?.reason?.message ?? '', 'enough');
    assert.is((await client.cancel('h')).changed, false);

    const handle = await flaky.start(1, { id: 'f' });
    await new Promise<void>(resolve => {
      handle.transitions$.subscribe(({ to }) => to === 'recovering' && resolve());
    });
    assert.is((await client.pause('f')).changed, true);
    assert.is((await client.continue('f')).changed, true);
    assert.is((await client.continue('f')).changed, false);
    await client.cancel('f');

    await client.start('bad', 1, { id: 'b' });
    await (await recovery.get('b'))?.result().catch(() => {});
    assert.is((await client.retry('b')).id, 'b');
    assert.is(await (await recovery.get('b'))?.result(), 1);
  }),
);

test(
  'gives orders to breakers, and knows of one that nothing has used',
  served({}, async ({ recovery, server }) => {
    const client = new RecoveryClient({ url: server.url });
    const forced = await client.forceBreaker('k', 'isolated', {
      ttl: 60_000,
      reason: 'r',
      by: 'b',
    });
    assert.equal([forced.key, forced.state], ['k', 'isolated']);
    assert.equal(plain(forced), plain(recovery.breaker('k')));
    assert.is((await client.resetBreaker('k', { reason: 'over' }))?.state, 'closed');
    assert.is(await client.resetBreaker('unknown'), undefined);
  }),
);

test(
  "problems become the library's own errors",
  served({}, async ({ recovery, server }) => {
    const client = new RecoveryClient({ url: server.url });
    const done = recovery.operation('done', async () => 1, { concurrency: 1, maxPending: 0 });
    recovery.operation('full', hanging().fn, { concurrency: 1, maxPending: 0 });
    await done.run(undefined, { id: 'd' });

    assert.is(await client.view('none'), undefined);
    for (const asked of [
      () => client.details('none'),
      () => client.details(''),
      () => client.cancel('none'),
      () => client.pause('none'),
      () => client.continue('none'),
      () => client.retry('none'),
    ]) {
      await rejects(asked(), OperationNotFoundError);
    }
    const conflict = await rejects(client.retry('d'), OperationConflictError);
    assert.match(conflict.message, 'd');
    await rejects(client.start('done', 'other', { id: 'd' }), OperationConflictError);
    await client.start('full', 1, { id: 'f' });
    await rejects(client.start('full', 2), OverloadedError);
    const unknown = await rejects(client.start('what', 1), ServerRefusedError);
    assert.is(unknown.code as string, 'DEFINITION_NOT_FOUND');
    const unfit = await rejects(client.start('', 1), ValidationError);
    assert.match(unfit.message, '/body/function_name');
    await rejects(client.list({ cursor: 'no' }), ConfigError);
    await rejects(client.details('.'), ValidationError);
    await rejects(client.cancel('..'), ValidationError);
    await client.cancel('f');
    await recovery.close();
    await rejects(client.start('done', 1), RecoveryClosedError);
  }),
);

test(
  'a token is sent, and what is wrong with it is said without repeating it',
  served({ server: { tokens: TOKENS } }, async ({ recovery, server: { url } }) => {
    recovery.operation('done', async () => 1);
    await new RecoveryClient({ url, token: VIEWER }).list();
    await new RecoveryClient({ url, token: OPERATOR }).start('done', 1);

    const none = await rejects(new RecoveryClient({ url }).list(), ServerRefusedError);
    assert.match(none.message, `${url} wants a token; give it with RECOVERY_TOKEN`);
    assert.is(none.code as string, 'UNAUTHORIZED');
    const token = 'wrong-token-0123456789';
    const wrong = await rejects(new RecoveryClient({ url, token }).list(), ServerRefusedError);
    assert.match(wrong.message, `${url} does not know the token`);
    const asViewer = new RecoveryClient({ url, token: VIEWER }).start('done', 1);
    const viewer = await rejects(asViewer, ServerRefusedError);
    assert.match(viewer.message, 'may only look');
    const everything = JSON.stringify([wrong.message, wrong.details, viewer.message]);
    assert.not.match(everything, /wrong-token|viewer-token/);
  }),
);

test.run();
