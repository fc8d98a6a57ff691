import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FixedDelayStrategy, type OperationOptions, type Recovery } from '../index.ts';
import { ConfigError } from '../services/errors.ts';
import {
  type CrashPath,
  crashPaths,
  operationPaths,
  type PathsOptions,
  PathViolation,
} from '../testing.ts';
import { rejects } from './support/rejects.ts';

const test = suite('paths of operations');
const strategy = new FixedDelayStrategy({ delay: 500 });

const define =
  (policy: OperationOptions<string, string> = {}, fn = async (input: string) => input) =>
  (recovery: Recovery) =>
    recovery.operation('work', fn, { maxRetries: 1, strategy, ...policy });
const few: PathsOptions<string> = {
  input: 'abc',
  outcomes: ['success', 'network'],
  store: 'memory',
};

test('a path says in words what happens, by the policy of the definition', async () => {
  const words = async (maxRetries: number) =>
    (await operationPaths(define({ maxRetries }), few)).map(({ description }) => description);
  assert.equal(await words(0), [
    'it starts; attempt 1 fails (network); it ends as exhausted',
    'it starts; attempt 1 succeeds; it ends as success',
  ]);
  assert.equal(await words(1), [
    'it starts; attempt 1 succeeds; it ends as success',
    'it starts; attempt 1 fails (network); the retry is due; attempt 2 fails (network); it ends as exhausted',
    'it starts; attempt 1 fails (network); the retry is due; attempt 2 succeeds; it ends as success',
  ]);
});

test('what an error leads to is what the classifier of the definition makes of it', async () => {
  const error = Object.assign(new Error('not today'), { code: 'EACCES' });
  const outcomes = [{ name: 'not today', error }, 'success'] as const;
  const [fails] = await operationPaths(define(), { ...few, outcomes });
  assert.is(fails?.description, 'it starts; attempt 1 fails (not today); it ends as failed');
  assert.equal(fails?.steps.at(-1), {
    move: 'fails: not today',
    event: 'xstate.done.actor.attempt',
    from: 'in_progress.running',
    to: 'failed',
  });
});

/** The key is the input's first letter, so that the limit is the key's. */
const breaker = (input: string) => input.slice(0, 1);

test('an operation waits for a slot of its key as for one of its definition', async () => {
  const outcomes = ['success', 'network', 'cancel', 'pause', 'busy', 'deadline'] as const;
  const described = async (policy: OperationOptions<string, string>, options = {}) => {
    const whole = { breaker, totalTimeout: 5_000, ...policy };
    const paths = await operationPaths(define(whole), { ...few, outcomes, ...options });
    return paths.map(({ description }) => description);
  };
  const ofKey = await described({ keyConcurrency: 2 });
  assert.equal(ofKey, await described({ concurrency: 2 }));
  assert.ok(ofKey.some(words => words.includes('while it waits for a slot')));
  assert.not.equal(ofKey, await described({}));
});

test('as many others stand in its way as the smallest of all limits lets', async () => {
  const counted = async (policy: OperationOptions<string, string>, concurrency?: number) => {
    const most: number[] = [];
    const counting = (recovery: Recovery) => {
      recovery.transitions$.subscribe(() => most.push(recovery.health().slots.running));
      return define({ breaker, ...policy })(recovery);
    };
    const limit = concurrency === undefined ? {} : { concurrency };
    const outcomes = ['success', 'busy', 'cancel'] as const;
    const paths = await operationPaths(counting, { ...few, outcomes, ...limit });
    for (const path of paths) await path.run();
    return Math.max(...most);
  };
  assert.is(await counted({ keyConcurrency: 2 }), 2);
  assert.is(await counted({ keyConcurrency: 2, concurrency: 4 }), 2);
  assert.is(await counted({ keyConcurrency: 4, concurrency: 3 }), 3);
  assert.is(await counted({ keyConcurrency: 3 }, 2), 2);
  assert.is(await counted({ keyConcurrency: 3 }, 5), 3);
});

for (const store of ['sqljs', 'memory'] as const) {
  test(`${store}: it gets a slot of its key on every path, also after its process has died in any commit`, async () => {
    const outcomes = ['success', 'network', 'busy', 'deadline'] as const;
    const policy = { breaker, keyConcurrency: 1, totalTimeout: 5_000 };
    const paths = await operationPaths(define(policy), { ...few, outcomes, store });
    for (const path of paths) assert.is((await path.run()).state, path.endsIn);
    const cuts = await crashPaths(paths);
    const waits = ({ description }: CrashPath) =>
      description.includes('its time is over while it waits for a slot');
    assert.ok(cuts.some(waits));
    for (const cut of cuts) {
      const { state, deaths } = await cut.run();
      assert.equal([state, deaths], [cut.endsIn, 1], cut.description);
    }
  });
}

test('simple paths are every way without a state twice', async () => {
  const outcomes = ['success', 'network', 'pause'] as const;
  const simple = await operationPaths(define(), { ...few, outcomes, paths: 'simple' });
  // What is paused and goes on is where it was before.
  assert.is(simple.length, 3);
  for (const path of simple) assert.is((await path.run()).state, path.endsIn);
});

test('a function may take its time, and an output may stand in for it', async () => {
  const slow = async (input: string) => {
    await sleep(5);
    return input;
  };
  for (const path of await operationPaths(define({ timeout: 1_000 }, slow), few)) await path.run();
  const broken = async (): Promise<string> => Promise.reject(new Error('must not be called'));
  const outcomes = [{ returns: 'abc' }] as const;
  const [path] = await operationPaths(define({}, broken), { ...few, outcomes });
  assert.is((await path?.run())?.state, 'success');
});

test('a function that fails where it was to succeed is told, with its error', async () => {
  const broken = async (): Promise<string> => {
    throw new TypeError('no such model');
  };
  const [, path] = await operationPaths(define({ maxRetries: 0 }, broken), few);
  const violation = await rejects(path?.run() ?? Promise.resolve(), PathViolation);
  assert.match(violation.message, 'no such model');
  assert.is(violation.where, 'attempt 1 succeeds');
});

test('what an attempt registers is taken back, by the functions of the definition, the last one first', async () => {
  const called: unknown[] = [];
  const note = (input: unknown, { undo }: { readonly undo: string }) => {
    called.push([undo, input]);
  };
  const options = { maxRetries: 0, undo: { folder: note, name: note } };
  const outcomes = [
    'success',
    'validation',
    { undo: 'folder', input: { path: '/models/abc' } },
    { undo: 'name' },
  ] as const;
  const paths = await operationPaths(define(options), { ...few, outcomes });
  const begins = 'it starts; attempt 1 registers undo folder; attempt 1 registers undo name';
  const all = `${begins}; attempt 1 fails (validation); undo name succeeds; undo folder succeeds; it ends as failed`;
  const path = paths.find(({ description }) => description === all);
  assert.ok(path, paths.map(({ description }) => description).join('\n'));
  assert.is((await path.run()).state, 'failed');
  assert.equal(called, [
    ['name', undefined],
    ['folder', { path: '/models/abc' }],
  ]);
  const good = paths.find(
    ({ description }) => description === `${begins}; attempt 1 succeeds; it ends as success`,
  );
  assert.is((await good?.run())?.state, 'success');
  assert.is(called.length, 2, 'nothing is taken back of what has succeeded');
});

test('undos that the function itself registers are taken back after a crash, too', async () => {
  let removed = 0;
  const count = () => {
    removed += 1;
  };
  const made = (recovery: Recovery) =>
    recovery.operation(
      'work',
      async (input: string, op) => {
        await op.onUndo('remove');
        return op.step('make', () => input);
      },
      { maxInterruptions: 0, strategy, undo: { remove: count } },
    );
  const paths = await operationPaths(made, { ...few, outcomes: ['success'] });
  const cuts = await crashPaths(paths);
  for (const cut of cuts) await cut.run();
  assert.ok(removed > 0 && removed < cuts.length, `${removed} of ${cuts.length}`);
});

test('what cannot be used is refused, with all that is wrong', async () => {
  const refused = (options: object, policy?: OperationOptions<string, string>) =>
    rejects(operationPaths(define(policy), { ...few, ...options }), ConfigError);
  const outcomes = ['later', 'success', 7];
  assert.match((await refused({ outcomes })).message, /later.*7/);
  assert.match((await refused({ outcomes: [] })).message, 'at least one');
  const unknown = ['success', { undo: 'b' }];
  assert.match((await refused({ outcomes: unknown })).message, 'of which it has none');
  const undo = { a: () => {} };
  assert.match((await refused({ outcomes: unknown }, { undo })).message, /which are a, got "b"/);
  const input = { date: new Date(0) };
  assert.match(
    (await refused({ outcomes: [{ undo: 'a', input }] }, { undo })).message,
    'strict JSON',
  );
  assert.match((await refused({ outcomes: ['pause'] })).message, 'never ends');
  assert.match((await refused({ maxPaths: 1 })).message, 'more than maxPaths');
  assert.match((await refused({ paths: 'longest', maxPath: 1 })).message, /maxPath .*longest/);
  const rateLimit = { limit: 1, interval: 1_000 };
  assert.match((await refused({}, { rateLimit })).message, 'rateLimit');
  const other = operationPaths(() => ({ name: 'x', start: async () => 1 }), few as never);
  assert.match((await rejects(other, ConfigError)).message, 'define must return');
  await rejects(crashPaths({} as never), ConfigError);
});

test.run();
