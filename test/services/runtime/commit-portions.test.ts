import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OperationWrite, TransitionWrite } from '../../../services/ports.ts';
import {
  isEmpty,
  nothing,
  type OperationRow,
  type Pending,
  portionOf,
} from '../../../services/runtime/commit-batch.ts';
import { failing } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('commits of a bounded size');
const MOST = 100;
const waiter = { committed() {}, refused: () => 'drop' as const };

const row = (id: string, weight: number): OperationRow => ({
  id,
  weight,
  queued: true,
  dropped: false,
  write: () => ({ id }) as OperationWrite,
  written() {},
});

const weights = fc.integer({ min: 0, max: 2 * MOST });
const pendings = fc
  .record({
    rows: fc.array(weights, { maxLength: 12 }),
    steps: fc.array(fc.tuple(fc.nat({ max: 20 }), weights), { maxLength: 12 }),
    marks: fc.array(fc.nat({ max: 20 }), { maxLength: 12 }),
  })
  .map(({ rows, steps, marks }): Pending => {
    const operations = rows.map((weight, n) => row(`o${n}`, weight));
    const touched = marks.flatMap(n => operations[n] ?? []);
    return {
      ...nothing(),
      operations,
      steps: steps.map(([n, weight], at) => ({
        record: {
          operationId: `o${n}`,
          name: `s${at}`,
          result: 'x'.repeat(weight),
          attempt: 1,
          at,
        },
        waiter,
      })),
      forgottenSteps: touched.map((of, n) => ({
        of,
        step: { operationId: of.id, name: `f${n}` },
      })),
      transitions: touched.map((of, seq) => ({ of, write: { seq } as TransitionWrite })),
      forgottenBreakers: ['b'],
      waiters: [waiter],
    };
  });

/** All of it, commit by commit. */
function portionsOf(all: Pending): readonly Pending[] {
  const portions: Pending[] = [];
  for (let left = all; !isEmpty(left); ) {
    const { batch, rest } = portionOf(left, MOST);
    portions.push(batch);
    left = rest;
  }
  return portions;
}

test('everything is written once, each operation with what belongs to it, and nobody is told before the last of it', () => {
  fc.assert(
    fc.property(pendings, all => {
      const portions = portionsOf(all);
      for (const kind of ['operations', 'steps', 'forgottenSteps', 'transitions'] as const) {
        const written = portions.flatMap((portion): readonly unknown[] => portion[kind]);
        assert.is(written.length, all[kind].length, kind);
        assert.is(new Set(written).size, written.length, kind);
      }
      for (const { operations, steps, forgottenSteps, transitions } of portions) {
        const ids = new Set(operations.map(({ id }) => id));
        const own = [...forgottenSteps, ...transitions];
        assert.ok(own.every(({ of }) => operations.some(known => known === of)));
        const loose = steps.filter(({ record }) => !ids.has(record.operationId));
        assert.ok(
          loose.every(({ record }) => all.operations.every(({ id }) => id !== record.operationId)),
        );
        const groups = operations.length + loose.length;
        const weight =
          operations.reduce((sum, known) => sum + known.weight, 0) +
          steps.reduce((sum, { record }) => sum + (record.result?.length ?? 0), 0);
        assert.ok(groups <= 1 || weight <= MOST, `${groups} of ${weight}`);
      }
      assert.equal(portions[0]?.forgottenBreakers, ['b']);
      assert.ok(portions.slice(0, -1).every(({ waiters }) => waiters.length === 0));
      assert.is(portions.at(-1)?.waiters.length, 1);
    }),
    { seed: 1 },
  );
});

test('transitions of one operation keep their order', () => {
  fc.assert(
    fc.property(pendings, all => {
      const seen = new Map<unknown, number>();
      for (const { of, write } of portionsOf(all).flatMap(portion => portion.transitions)) {
        assert.ok(write.seq > (seen.get(of) ?? -1));
        seen.set(of, write.seq);
      }
    }),
    { seed: 1 },
  );
});

test(
  'large inputs that come at once go into several commits, and all are durable',
  inWorld(async ({ boot, disk }) => {
    const work = (await boot()).operation('work', failing(0).fn);
    const large = 'x'.repeat(33 * 1024 * 1024);
    await Promise.all([work.start(large, { id: 'a' }), work.start(large, { id: 'b' })]);
    const began = disk.commits.filter(({ operations }) => operations.some(({ args }) => args));
    assert.equal(
      began.map(({ operations }) => operations.map(({ id }) => id)),
      [['a'], ['b']],
    );
  }),
);

test.run();
