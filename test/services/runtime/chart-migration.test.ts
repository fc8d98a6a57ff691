import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError, OperationFailedError } from '../../../services/errors.ts';
import type { OperationRecord } from '../../../services/ports.ts';
import { seedOf } from '../../../services/runtime/draws.ts';
import { migrateOperationSnapshot } from '../../../services/runtime/operation-migrations.ts';
import { parseOperationSnapshot } from '../../../services/runtime/stored-snapshots.ts';
import { rejects } from '../../support/rejects.ts';
import { failing } from './support/functions.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('snapshots of version 1 of the operation chart');

type Row = Pick<
  OperationRecord,
  'id' | 'name' | 'state' | 'seq' | 'attempt' | 'dueAt' | 'breakerKey' | 'snapshot'
>;
const url = new URL('../../../../test/services/runtime/version-1-rows.json', import.meta.url);
const { rows } = JSON.parse(readFileSync(url, 'utf8')) as { readonly rows: readonly Row[] };

/** A disk with all of them, at the time when they were written. */
async function stored({ disk, clock }: World): Promise<void> {
  await clock.advance(1_300);
  const common = { args: '"in"', metadata: null, parentId: null, result: null, error: null };
  const times = { version: 1, owner: null, epoch: 0, createdAt: 0, updatedAt: 0 };
  for (const row of rows) await disk.put({ ...common, ...times, ...row });
}

for (const { id, snapshot } of rows) {
  test(`${id}: it is brought to the present version, as if by every process`, () => {
    const before = JSON.stringify(snapshot);
    const migrated = migrateOperationSnapshot(snapshot);
    assert.is(JSON.stringify(snapshot), before, 'its input is not changed');
    assert.equal(migrateOperationSnapshot(migrated), migrated);
    const parsed = parseOperationSnapshot(migrated);
    assert.ok(parsed.ok, parsed.ok ? '' : parsed.why);
    if (!parsed.ok) return;
    const { context } = parsed.snapshot;
    assert.is(context.policy.seed, seedOf(id));
    assert.is(context.undos, null);
    assert.is(context.counts.streak, context.counts.retries);
    assert.ok(Object.keys(context).length <= 16);
  });
}

test(
  'all of them go on where they stood',
  inWorld(async world => {
    const { boot, clock, settle } = world;
    await stored(world);
    const recovery = await boot();
    const { fn, calls } = failing(0);
    for (const name of new Set(rows.map(row => row.name))) {
      recovery.operation(name, fn, { breaker: false });
    }
    assert.equal(await recovery.resume(), { resumed: 4, quarantined: 0, undefined: 0 });
    await settle();
    const result = async (id: string) => (await recovery.get(id))?.result();
    // The process of one had died, the breaker of the other is another now.
    assert.equal([await result('running'), await result('blocked')], ['in', 'in']);
    assert.is(calls.length, 2);
    await clock.advance(699);
    assert.is(calls.length, 2);
    await clock.advance(1);
    assert.is(await result('backoff'), 'in');
    assert.is(await recovery.continue('paused'), true);
    await clock.advance(699);
    assert.is(calls.length, 3);
    await clock.advance(1);
    assert.is(await result('paused'), 'in');
    const failed = await rejects(result('failed'), OperationFailedError);
    assert.is(failed.details.category, 'permission');
    const exhausted = await rejects(result('exhausted'), OperationExhaustedError);
    assert.is(exhausted.details.limit, 'maxRetries');
    assert.is((await recovery.get('success'))?.state, 'success');
  }),
);

test(
  'what such an operation had spent of its limits stays spent',
  inWorld(async world => {
    const { boot, clock } = world;
    await stored(world);
    const recovery = await boot();
    const { fn, calls } = failing(99);
    recovery.operation('flaky', fn, { breaker: false });
    await recovery.resume();
    const told = rejects(
      Promise.resolve((await recovery.get('backoff'))?.result()),
      OperationExhaustedError,
    );
    await clock.advance(60_000);
    const error = await told;
    // It had 2 of 3 retries behind it; the 4th attempt is the last.
    assert.equal([error.details.limit, error.details.attempt], ['maxRetries', 4]);
    assert.is(calls.length, 2);
  }),
);

test('what is no snapshot, or half of one, is left for validation to refuse', () => {
  for (const odd of [
    null,
    7,
    'x',
    {},
    { context: null },
    { context: { v: 1 } },
    { context: { v: 1, policy: 3, last: {} }, value: 'failed', status: 'done' },
    { context: { v: 99 } },
  ]) {
    assert.is(parseOperationSnapshot(migrateOperationSnapshot(odd)).ok, false);
  }
});

test.run();
