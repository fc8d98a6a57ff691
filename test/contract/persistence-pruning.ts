import * as assert from 'uvu/assert';
import type { Check } from './persistence-check.ts';
import { batch, breakerTransition, moved, operation, step } from './persistence-rows.ts';

/** What every store promises of what is removed. */
export function pruningContract(check: Check): void {
  check(
    'prune removes what is old enough with its steps and history, oldest first, and no more than it may',
    async store => {
      await store.commit(
        batch({
          operations: [
            operation('s1', { state: 'success', updatedAt: 10 }),
            operation('s2', { state: 'success', updatedAt: 20 }),
            operation('f1', { state: 'failed', updatedAt: 10 }),
            operation('x1', { state: 'exhausted', updatedAt: 15 }),
            operation('p1', { state: 'pending', updatedAt: 1 }),
          ],
          steps: [step('s1', 'a'), step('p1', 'a')],
          transitions: [moved('s1', 1), moved('p1', 1), breakerTransition('s1', 1)],
        }),
      );
      const left = async () =>
        (await store.list({})).items
          .map(row => row.id)
          .sort()
          .join(' ');
      assert.is(await store.prune({ limit: 10 }), 0);
      assert.is(await store.prune({ successBefore: 20, limit: 10 }), 1);
      assert.is(await left(), 'f1 p1 s2 x1');
      assert.equal(await store.steps('s1'), []);
      assert.equal(await store.transitions({ operationId: 's1' }), []);
      assert.is((await store.transitions({})).length, 2);
      assert.is((await store.steps('p1')).length, 1);
      assert.is(await store.prune({ failureBefore: 100, limit: 1 }), 1);
      assert.is(await left(), 'p1 s2 x1');
      assert.is(await store.prune({ maxRows: 1, limit: 10 }), 1);
      assert.is(await left(), 'p1 s2');
      assert.is(
        await store.prune({ successBefore: 100, failureBefore: 100, maxRows: 0, limit: 10 }),
        1,
      );
      assert.is(await left(), 'p1');
    },
  );

  check('prune with several reasons takes the oldest of all', async store => {
    const rows = Array.from({ length: 30 }, (_, n) =>
      operation(`o${n}`, {
        state: (['success', 'failed', 'exhausted'] as const)[n % 3] ?? 'failed',
        updatedAt: 100 - n,
      }),
    );
    await store.commit(batch({ operations: rows }));
    assert.is(await store.prune({ maxRows: 12, failureBefore: 75, limit: 5 }), 5);
    const gone = async () => {
      const left = new Set((await store.list({})).items.map(row => row.id));
      return rows
        .map(row => row.id)
        .filter(id => !left.has(id))
        .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
    };
    assert.equal(await gone(), ['o25', 'o26', 'o27', 'o28', 'o29']);
    assert.is(await store.prune({ maxRows: 12, limit: 100 }), 13);
    assert.is((await gone()).length, 18);
  });

  check('positions are not used again after a prune', async store => {
    const { positions } = await store.commit(
      batch({ operations: [operation('a', { state: 'success' })], transitions: [moved('a', 1)] }),
    );
    await store.prune({ maxRows: 0, limit: 1 });
    const later = await store.commit(batch({ transitions: [moved('b', 1)] }));
    assert.ok((later.positions[0] ?? 0) > (positions[0] ?? 0));
    assert.equal(
      (await store.transitions({ since: positions[0] ?? 0 })).map(t => t.seq),
      [1],
    );
  });
}
