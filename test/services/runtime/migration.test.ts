import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  OperationConflictError,
  OperationFailedError,
  PersistenceError,
} from '../../../services/errors.ts';
import type { MigratableData, OperationContext } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, permanent } from './support/functions.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('migration of stored operations');

/** Version 1 finishes the steps a and b, then hangs and dies. */
async function stoppedAtVersion1({ boot, settle, crash }: World): Promise<void> {
  const work = (await boot()).operation('work', async (_: { n: number }, op) => {
    await op.step('a', () => 1);
    await op.step('b', () => 2);
    return new Promise(() => {});
  });
  await work.start({ n: 1 }, { id: 'x', metadata: 'kept' });
  await settle();
  crash();
}

const migrate = (data: MigratableData, from: number): MigratableData => ({
  input: { number: (data.input as { n: number }).n, from },
  steps: [
    { name: 'a', result: 10 },
    { name: 'c', result: { made: 'anew' } },
  ],
});

async function version2(input: unknown, op: OperationContext) {
  const step = (name: string) => op.step(name, () => `run ${name}`);
  return [input, await step('a'), await step('b'), await step('c')];
}

const migrated = [{ number: 1, from: 1 }, 10, 'run b', { made: 'anew' }];

test(
  'migrate changes input and steps, and may forget steps',
  inWorld(async world => {
    const { boot, settle, disk } = world;
    await stoppedAtVersion1(world);
    const recovery = await boot();
    recovery.operation('work', version2, { version: 2, migrate });
    assert.equal(await recovery.resume(), { resumed: 1, quarantined: 0, undefined: 0 });
    const row = await disk.row('x');
    assert.equal([row.version, row.args, row.metadata], [2, '{"number":1,"from":1}', '"kept"']);
    assert.equal(
      (await disk.steps('x')).map(({ name, result }) => [name, result]),
      [
        ['a', '10'],
        ['c', '{"made":"anew"}'],
      ],
    );
    await settle();
    assert.equal(await (await recovery.get('x'))?.result(), migrated);
    assert.equal(
      (await disk.history('x')).map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    );
  }),
);

test(
  'a start with the id of an older version migrates too, once for all who call',
  inWorld(async world => {
    const { boot, settle } = world;
    await stoppedAtVersion1(world);
    const recovery = await boot();
    let migrations = 0;
    const counting = (data: MigratableData, from: number) => {
      migrations++;
      return migrate(data, from);
    };
    const work = recovery.operation('work', version2, { version: 2, migrate: counting });
    const input = { number: 1, from: 1 };
    const calls = [work.run(input, { id: 'x' }), work.run(input, { id: 'x' })];
    const resumed = recovery.resume();
    await settle();
    assert.equal(await Promise.all(calls), [migrated, migrated]);
    assert.equal(await resumed, { resumed: 1, quarantined: 0, undefined: 0 });
    assert.is(migrations, 1);
    const other = recovery.operation('other', async () => {});
    await rejects(other.start(undefined, { id: 'x' }), OperationConflictError);
  }),
);

for (const [title, options, why] of [
  [
    'migrate throws',
    {
      version: 2,
      migrate: () => {
        throw new TypeError('cannot read that');
      },
    },
    'cannot read that',
  ],
  ['there is no migrate', { version: 2 }, 'no migrate'],
  [
    'migrate gives what is not JSON',
    { version: 2, migrate: () => ({ input: new Date(), steps: [] }) },
    'migrated input',
  ],
  [
    'migrate gives no data at all',
    { version: 2, migrate: () => undefined as unknown as MigratableData },
    '',
  ],
] as const) {
  test(
    `when ${title}, the operation is quarantined as it is`,
    inWorld(async world => {
      const { boot, disk, settle } = world;
      await stoppedAtVersion1(world);
      const before = [await disk.row('x'), await disk.steps('x')];
      const recovery = await boot();
      const { fn, calls } = failing(0);
      recovery.operation('work', fn, options);
      assert.equal(await recovery.resume(), { resumed: 0, quarantined: 1, undefined: 0 });
      await settle();
      assert.is(calls.length, 0);
      assert.match(recovery.health().quarantined[0]?.why ?? '', why);
      assert.equal([await disk.row('x'), await disk.steps('x')], before);
    }),
  );
}

test(
  'an operation of a newer version is left for the newer program',
  inWorld(async world => {
    const { boot, crash, settle, disk } = world;
    await stoppedAtVersion1(world);
    await disk.put({ ...(await disk.row('x')), version: 3 });
    const recovery = await boot();
    recovery.operation('work', version2, { version: 2, migrate });
    assert.is((await recovery.resume()).quarantined, 1);
    assert.match(recovery.health().quarantined[0]?.why ?? '', 'newer');
    crash();
    const newer = await boot();
    newer.operation('work', async () => 'ok', { version: 3 });
    assert.is((await newer.resume()).resumed, 1);
    await settle();
    assert.is(await (await newer.get('x'))?.result(), 'ok');
  }),
);

test(
  'a migration whose commit fails changes nothing, neither now nor when the store heals',
  inWorld(async world => {
    const { boot, disk, clock, settle } = world;
    await stoppedAtVersion1(world);
    const before = [await disk.row('x'), await disk.steps('x')];
    const recovery = await boot();
    recovery.operation('work', version2, { version: 2, migrate });
    disk.failure = new PersistenceError('no space left');
    assert.is((await recovery.resume()).quarantined, 1);
    disk.failure = undefined;
    await clock.advance(10_000);
    assert.equal([await disk.row('x'), await disk.steps('x')], before);
    assert.is((await recovery.resume()).resumed, 1);
    await settle();
    assert.equal(await (await recovery.get('x'))?.result(), migrated);
    assert.equal(recovery.health().quarantined, []);
  }),
);

test(
  'retry of an older version migrates, or says why it cannot',
  inWorld(async ({ boot, crash, settle, disk }) => {
    const first = await boot();
    const work = first.operation('work', async (_: { n: number }, op) => {
      await op.step('a', () => 1);
      await op.step('b', () => 2);
      throw permanent();
    });
    await rejects(work.run({ n: 1 }, { id: 'x' }), OperationFailedError);
    crash();
    const broken = await boot();
    broken.operation('work', version2, {
      version: 2,
      migrate: () => {
        throw new TypeError('cannot read that');
      },
    });
    const error = await rejects(broken.retry('x'), OperationConflictError);
    assert.match(error.message, 'cannot read that');
    crash();
    const recovery = await boot();
    recovery.operation('work', version2, { version: 2, migrate });
    const handle = await recovery.retry('x');
    await settle();
    assert.equal(await handle.result(), migrated);
    assert.is((await disk.row('x')).version, 2);
  }),
);

test.run();
