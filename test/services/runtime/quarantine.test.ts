import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationConflictError } from '../../../services/errors.ts';
import type { OperationRecord } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, failing } from './support/functions.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('quarantine of stored operations');
type Json = Record<string, unknown>;
type Spoiler = (row: OperationRecord, snapshot: Snapshot) => Partial<OperationRecord>;
interface Snapshot extends Json {
  readonly context: Json & { readonly last: Json; readonly policy: Json };
  readonly children: Record<string, Json & { readonly snapshot: Json }>;
}

/** Leaves operations in every state that rests, then dies. */
async function crashedWorld({ boot, settle, crash }: World): Promise<void> {
  const recovery = await boot();
  await recovery.operation('work', deaf().fn).start('r', { id: 'running' });
  const flaky = recovery.operation('flaky', failing(9).fn);
  for (const id of ['backoff', 'paused']) await flaky.start(id, { id });
  await settle();
  await recovery.pause('paused');
  crash();
}

const withContext = (change: Json) => (_: OperationRecord, snapshot: Snapshot) => ({
  snapshot: { ...snapshot, context: { ...snapshot.context, ...change } },
});
const whole =
  (snapshot: unknown): Spoiler =>
  () => ({ snapshot });
const withSnapshot =
  (change: Json): Spoiler =>
  (_, snapshot) => ({ snapshot: { ...snapshot, ...change } });
const withChild =
  (change: Json): Spoiler =>
  (_, snapshot) => {
    const [[id, child] = ['', { snapshot: {} }]] = Object.entries(snapshot.children);
    const changed = { ...child, snapshot: { ...child.snapshot, ...change } };
    return { snapshot: { ...snapshot, children: { [id]: changed } } };
  };

const SPOILERS: Readonly<Record<string, Spoiler>> = {
  null: whole(null),
  'a string': whole('garbage'),
  'a number': whole(7),
  'an empty object': whole({}),
  'an array': whole([]),
  'an unknown state': withSnapshot({ value: { in_progress: 'dreaming' } }),
  'a state that never rests': withSnapshot({ value: { in_progress: 'admitting' } }),
  'no children': withSnapshot({ children: {} }),
  'other children': withSnapshot({ children: { x: { src: 'x', snapshot: {} } } }),
  'children that are none': withSnapshot({ children: 'none' }),
  'a status of error': withSnapshot({ status: 'error', error: 'x' }),
  'a status of stopped': withSnapshot({ status: 'stopped' }),
  'no context': withSnapshot({ context: undefined }),
  'a child that is stopped': withChild({ status: 'stopped' }),
  'a child that is done without an output': withChild({ status: 'done', output: undefined }),
  'a child in error': withChild({ status: 'error', error: 'x' }),
  'a child without its input': withChild({ input: undefined }),
  'a newer chart': withContext({ v: 4 }),
  'an attempt that is no number': withContext({ attempt: 'one' }),
  'a negative count': withContext({ counts: { retries: -1, interruptions: 0, streak: 0 } }),
  'a seed that is none': (_, snapshot) => ({
    snapshot: {
      ...snapshot,
      context: { ...snapshot.context, policy: { ...snapshot.context.policy, seed: -1 } },
    },
  }),
  'a wait that is none': withContext({ wait: null }),
  'a fallback that stands in for nothing': withSnapshot({
    value: { in_progress: 'falling_back' },
    children: {
      fallback: {
        src: 'fallback',
        snapshot: { status: 'active', input: { operationId: 'x', attempt: 1 } },
      },
    },
  }),
  'an undo that there is none of': withSnapshot({
    value: { in_progress: 'undoing' },
    children: {
      undo: {
        src: 'undo',
        snapshot: { status: 'active', input: { operationId: 'x', attempt: 1 } },
      },
    },
  }),
  'what is to be taken back is no list': withContext({ undos: { left: 'all' } }),
  'a policy without limits': withContext({ policy: {} }),
  'another operation': withContext({ operationId: 'another' }),
  'another name': withContext({ name: 'another' }),
  'no last transition': withContext({ last: null }),
  'another transition than the row': (row, snapshot) =>
    withContext({ last: { ...snapshot.context.last, seq: row.seq + 1 } })(row, snapshot),
  'another state than the row': () => ({ state: 'pending' }),
  'another attempt than the row': ({ attempt }) => ({ attempt: attempt + 3 }),
  'an input that is not JSON': () => ({ args: '{"cut off' }),
  'a snapshot that is done while the row is not': (_, { children: _children, ...snapshot }) => ({
    snapshot: { ...snapshot, status: 'done', value: 'success', children: {} },
  }),
};

for (const [what, spoil] of Object.entries(SPOILERS)) {
  test(
    `${what}: kept and listed, not run, and not fatal for the others`,
    inWorld(async world => {
      const { boot, disk, clock } = world;
      await crashedWorld(world);
      const healthy = await disk.row('running');
      await disk.put({
        ...healthy,
        id: 'healthy',
        snapshot: JSON.parse(
          JSON.stringify(healthy.snapshot).replaceAll(
            '"operationId":"running"',
            '"operationId":"healthy"',
          ),
        ),
      });
      const spoilt: OperationRecord[] = [];
      for (const id of ['running', 'backoff', 'paused']) {
        const row = await disk.row(id);
        const snapshot = row.snapshot as Snapshot;
        if (id === 'paused' && what.includes('child')) continue;
        spoilt.push({ ...row, ...spoil(row, snapshot) });
      }
      for (const row of spoilt) await disk.put(row);
      const ids = spoilt.map(({ id }) => id);
      const before = await Promise.all(ids.map(id => disk.row(id)));

      const recovery = await boot();
      const { fn, calls } = failing(0);
      const work = recovery.operation('work', fn);
      recovery.operation('flaky', fn);
      const report = await recovery.resume();
      await clock.advance(600_000);
      assert.is(report.quarantined, spoilt.length);
      assert.equal(
        recovery
          .health()
          .quarantined.map(({ id }) => id)
          .sort(),
        [...ids].sort(),
      );
      for (const { why } of recovery.health().quarantined) assert.ok(why.length > 10, why);
      assert.is(calls.length, 1);
      assert.is((await recovery.get('healthy'))?.state, 'success');
      assert.equal(await Promise.all(ids.map(id => disk.row(id))), before);
      assert.is(recovery.health().active, ids.length === 3 ? 0 : 1);
      if (ids.includes('running') && before[0]?.args === '"r"') {
        await rejects(work.start('r', { id: 'running' }), OperationConflictError);
      }
    }),
  );
}

test(
  'a breaker that does not fit begins anew, closed, with a warning',
  inWorld(async ({ boot, disk, logged }) => {
    await disk.putBreaker('work', { value: 'open', status: 'active', context: {} });
    await disk.putBreaker('other', 'garbage');
    const recovery = await boot();
    assert.is(logged.length, 2);
    assert.is(await recovery.operation('work', async (x: number) => x).run(1), 1);
    assert.is(recovery.breaker('work')?.state, 'closed');
  }),
);

test.run();
