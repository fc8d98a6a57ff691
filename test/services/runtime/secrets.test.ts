import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ConfigError,
  OperationConflictError,
  OperationFailedError,
  type SecretsMissingError,
  ValidationError,
} from '../../../services/errors.ts';
import type {
  CallObserver,
  OperationContext,
  RecoveryObserver,
  SecretsAsked,
} from '../../../services/ports.ts';
import { SecretPaths } from '../../../services/runtime/secret-paths.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, permanent, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('secrets of inputs');

const TOKEN = 'hf_T0pS3cret"value';
const input = { url: 'u', headers: { authorization: `Bearer ${TOKEN}`, accept: '*' } };
const secrets = ['headers.authorization'];
type Input = typeof input;

test('paths find what they mean, and nothing is put where nothing was', () => {
  const paths = new SecretPaths(['a.*.token', 'b', 'b.c', '*.deep.x', 'list.1']);
  const whole = {
    a: [{ token: 'one', name: 'kept' }, { name: 'none' }, { token: null }],
    b: { c: 1 },
    d: { deep: { x: ['y'] } },
    list: ['kept', 'two'],
    text: 'kept',
  };
  const { args, values } = paths.hide(JSON.stringify(whole));
  assert.equal(values, ['one', { c: 1 }, ['y'], 'two']);
  const hidden = {
    a: [{ token: { $secret: 'a.0.token' }, name: 'kept' }, { name: 'none' }, { token: null }],
    b: { $secret: 'b' },
    d: { deep: { x: { $secret: 'd.deep.x' } } },
    list: ['kept', { $secret: 'list.1' }],
    text: 'kept',
  };
  assert.equal(JSON.parse(args ?? ''), hidden);
  assert.equal(paths.missing(args), ['a.0.token', 'b', 'd.deep.x', 'list.1']);
  const given = { 'a.0.token': 'one', b: { c: 1 }, 'd.deep.x': ['y'], 'list.1': 'two' };
  assert.is(paths.fill(args, given), JSON.stringify(whole));
  assert.equal(paths.hide(null), { args: null, values: [] });
  const odd = new SecretPaths(['__proto__', 'constructor.name']);
  assert.is(odd.hide('{"__proto__":"x"}').args, '{"__proto__":{"$secret":"__proto__"}}');
  assert.equal(odd.hide('{}').values, []);
});

test(
  'the function has them; store, streams, log lines and errors never do',
  inWorld(async ({ boot, settle, disk, clock }) => {
    const lines: unknown[] = [];
    const line = (...told: unknown[]) => void lines.push(told);
    const recovery = await boot({ logger: { debug: line, info: line, warn: line, error: line } });
    const told: unknown[] = [];
    recovery.transitions$.subscribe(transition => void told.push(transition));
    recovery.progress$.subscribe(progress => void told.push(progress));
    recovery.breakers$.subscribe(breaker => void told.push(breaker));
    recovery.inspect(({ type, ...event }) => {
      const { event: sent, snapshot } = event as Record<string, unknown>;
      told.push([type, sent, snapshot]);
    });
    const ended = (end: unknown) => void told.push(end);
    const call = (): CallObserver => ({ ended, stepBegan: () => ({ ended }) });
    recovery.observe({ callBegan: call, ended } as RecoveryObserver);
    const seen: unknown[] = [];
    const work = recovery.operation(
      'work',
      async (given: Input, op) => {
        seen.push(given);
        const { authorization } = given.headers;
        op.log.info({ given, err: new Error(authorization) }, `asks with ${authorization}`);
        op.progress({ [`with ${authorization}`]: [encodeURIComponent(TOKEN)] });
        const cause = new Error(`base64 ${Buffer.from(TOKEN).toString('base64')}`);
        const error = Object.assign(new Error(`refused ${TOKEN}`, { cause }), {
          code: 'ECONNRESET',
        });
        await op.step('one', () => Promise.reject(error)).catch(() => {});
        throw error;
      },
      { secrets, maxRetries: 1, shadow: { maxRetries: 0 } },
    );
    const handle = await work.start(input, { id: 'x' });
    const failed = rejects(handle.result(), Error);
    await settle();
    await clock.advance(5_000);
    const error = await failed;
    assert.equal(seen, [input, input]);
    assert.match(error.message, /refused \[secret\]/);
    const { input: shown } = (await recovery.view('x')) ?? {};
    assert.equal(shown, {
      ...input,
      headers: { accept: '*', authorization: { $secret: 'headers.authorization' } },
    });
    const whole = (value: unknown): string => {
      const known = new Set<unknown>();
      return JSON.stringify(value, (_, part: unknown) => {
        if (typeof part === 'object' && part !== null) {
          if (known.has(part)) return null;
          known.add(part);
        }
        return part instanceof Error ? [part.message, part.stack, part.cause] : part;
      });
    };
    const places = {
      disk: disk.commits,
      lines,
      told,
      error,
      shadows: recovery.shadows(),
      view: [await recovery.view('x'), await recovery.history('x'), recovery.health()],
    };
    for (const [place, value] of Object.entries(places)) {
      const text = whole(value);
      assert.ok(text.length > 100, place);
      for (const form of ['T0pS3cret', Buffer.from(TOKEN).toString('base64').slice(0, 18)]) {
        assert.not.match(text, form, `${place} has ${form}`);
      }
    }
  }),
);

test(
  'of a secret that begins with another one, nothing is told either',
  inWorld(async ({ boot }) => {
    const told: string[] = [];
    const line = (_: unknown, message: string) => void told.push(message);
    const recovery = await boot({ logger: { debug: line, info: line, warn: line, error: line } });
    const work = recovery.operation(
      'work',
      ({ short, long }: { readonly short: string; readonly long: string }, op) => {
        op.log.info({}, `tries ${short} and ${long}`);
      },
      { secrets: ['short', 'long'] },
    );
    await work.run({ short: 'hf_first', long: 'hf_first_and_second' });
    assert.equal(told, ['tries [secret] and [secret]']);
  }),
);

test(
  'the same id with another secret is the same operation; with other input it is not',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const work = recovery.operation('work', async (_: Input) => 1, { secrets });
    await Promise.all([work.start(input, { id: 'x' }), settle()]);
    const other = { ...input, headers: { ...input.headers, authorization: 'other' } };
    assert.is(await work.run(other, { id: 'x' }), 1);
    await rejects(work.run({ ...input, url: 'v' }, { id: 'x' }), OperationConflictError);
  }),
);

test(
  'after a restart they are asked for, by attempts that fail and retry like others',
  inWorld(async ({ boot, settle, crash, clock, disk }) => {
    const first = await boot();
    await first.operation('work', deaf().fn, { secrets }).start(input, { id: 'x' });
    await settle();
    crash();
    const recovery = await boot();
    const asked: [unknown, Pick<SecretsAsked, 'id' | 'paths'>][] = [];
    const seen: unknown[] = [];
    const work = async (given: Input, op: OperationContext) => {
      seen.push(given);
      if (op.attempt === 3) throw Object.assign(new Error(TOKEN), { code: 'ECONNRESET' });
      return 'done';
    };
    recovery.operation('work', work, {
      secrets,
      resolveSecrets: async (redacted, { id, paths }) => {
        asked.push([redacted, { id, paths }]);
        if (asked.length === 1) throw transient();
        return { 'headers.authorization': `Bearer ${TOKEN}` };
      },
    });
    await recovery.resume();
    await settle();
    assert.is((await disk.row('x')).state, 'recovering');
    await clock.advance(5_000);
    assert.is(await (await recovery.get('x'))?.result(), 'done');
    assert.equal(seen, [input, input]);
    assert.equal(asked[1], [
      { ...input, headers: { accept: '*', authorization: { $secret: 'headers.authorization' } } },
      { id: 'x', paths: ['headers.authorization'] },
    ]);
    assert.is(asked.length, 2, 'they are kept while the process lives');
    assert.not.match(JSON.stringify(disk.commits), 'T0pS3cret');
  }),
);

test(
  'without whoever gives them back it ends as failed and says what is missing; a late answer is the attempt’s time-out',
  inWorld(async ({ boot, settle, crash, clock, disk }) => {
    const first = await boot();
    for (const [name, id] of [
      ['none', 'a'],
      ['part', 'b'],
      ['late', 'c'],
      ['again', 'd'],
    ] as const) {
      await first.operation(name, deaf().fn, { secrets }).start(input, { id });
    }
    await settle();
    crash();
    const recovery = await boot();
    const calls: unknown[] = [];
    const fn = async (given: Input) => void calls.push(given);
    recovery.operation('none', fn, { secrets });
    recovery.operation('part', fn, { secrets, resolveSecrets: () => ({ other: 'x' }) });
    recovery.operation('late', fn, {
      secrets,
      timeout: 3_000,
      maxRetries: 0,
      resolveSecrets: () => new Promise(() => {}),
    });
    const again = recovery.operation('again', fn, { secrets });
    const attached = again.start(input, { id: 'd' });
    await settle();
    await attached;
    await recovery.resume();
    await settle();
    for (const id of ['a', 'b']) {
      const result = (await recovery.get(id))?.result() ?? Promise.resolve();
      const { cause } = await rejects(result, OperationFailedError);
      assert.is((cause as SecretsMissingError).code, 'SECRETS_MISSING');
      assert.match((cause as Error).message, /lacks secrets of its input: headers\.authorization/);
    }
    await clock.advance(3_000);
    assert.match(String((await disk.row('c')).error), /ATTEMPT_TIMEOUT/);
    assert.equal(calls, [input], 'whoever starts it again brings them');
  }),
);

test(
  'an output, a step and a child that would store a secret are refused',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const open = recovery.operation('open', (given: { token: string }) => given.token.length);
    const closed = recovery.operation('closed', (given: { token: string }) => given.token.length, {
      secrets: ['token'],
    });
    const found: unknown[] = [];
    const work = recovery.operation(
      'work',
      async ({ headers: { authorization: token } }: Input, op) => {
        found.push(
          await rejects(
            op.step('s', () => ({ token })),
            ValidationError,
          ),
        );
        found.push(await rejects(op.child(open, { token }, { key: 'open' }), ValidationError));
        found.push(await op.child(closed, { token }, { key: 'closed' }));
        return token;
      },
      { secrets },
    );
    const handle = await work.start(input, { id: 'x' });
    const failed = rejects(handle.result(), OperationFailedError);
    await settle();
    assert.match((await failed).message, /the output of "work" has a secret/);
    assert.is(found[2], `Bearer ${TOKEN}`.length);
    assert.not.match(JSON.stringify(disk.commits), 'T0pS3cret');
  }),
);

test(
  'paths that cannot be ones are refused where the operation is defined',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    for (const bad of ['headers', [''], ['a..b'], ['a', 7], [null]]) {
      const define = () => recovery.operation('work', () => 1, { secrets: bad as never });
      assert.throws(define, (error: unknown) => error instanceof ConfigError);
    }
  }),
);

test(
  'an input without any leaves the error as it was thrown',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const thrown = new ValidationError('refused');
    const fetch = recovery.operation<{ readonly url: string; readonly token?: string }>(
      'fetch',
      () => {
        throw thrown;
      },
      { secrets: ['token'] },
    );
    const open = await rejects(fetch.run({ url: 'u' }), OperationFailedError);
    assert.is(open.cause, thrown);
    const closed = await rejects(fetch.run({ url: 'u', token: TOKEN }), OperationFailedError);
    assert.is.not(closed.cause, thrown);
  }),
);

test(
  'a secret that JSON or an address writes otherwise is found in them too',
  inWorld(async ({ boot, settle, disk }) => {
    const key = '-----BEGIN-----\nabc"def/ä\n-----END-----';
    const recovery = await boot();
    const tells = recovery.operation(
      'tells',
      async ({ token }: { token: string }) => {
        throw permanent(`${JSON.stringify({ token })} ${encodeURI(token)}`);
      },
      { secrets: ['token'] },
    );
    const keeps = recovery.operation(
      'keeps',
      async (input: { token: string }, op) => op.step('body', () => JSON.stringify(input)),
      { secrets: ['token'] },
    );
    const told = rejects(tells.run({ token: key }, { id: 'a' }), OperationFailedError);
    const kept = rejects(keeps.run({ token: key }, { id: 'b' }), OperationFailedError);
    await settle();
    assert.not.match((await told).message, /abc/);
    await kept;
    assert.not.match(JSON.stringify(disk.commits), /abc/);
  }),
);

test.run();
