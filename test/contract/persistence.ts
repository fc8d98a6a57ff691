import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PersistenceError } from '../../services/errors.ts';
import { rejects } from '../support/rejects.ts';
import type { Check, PersistenceFixture } from './persistence-check.ts';
import { commitsContract } from './persistence-commits.ts';
import { detailsContract } from './persistence-details.ts';
import { familiesContract } from './persistence-families.ts';
import { listsContract } from './persistence-lists.ts';
import { overviewsContract } from './persistence-overviews.ts';
import { pruningContract } from './persistence-pruning.ts';
import { batch, breaker, breakerTransition, moved, operation, step } from './persistence-rows.ts';

/** What every implementation of `StatePersistence` promises. */
export function persistenceContract(name: string, open: () => Promise<PersistenceFixture>): void {
  const test = suite(`${name}: persistence contract`);

  const check: Check = (title, body) =>
    test(title, async () => {
      const fixture = await open();
      try {
        await body(fixture.store, fixture);
      } finally {
        await fixture.dispose();
      }
    });

  check('a new store is empty', async store => {
    assert.is(await store.find('nobody'), undefined);
    assert.equal(await store.list({}), { items: [] });
    assert.equal(await store.unfinished({ limit: 10 }), { items: [] });
    assert.equal(await store.steps('nobody'), []);
    assert.equal(await store.transitions({}), []);
    assert.equal(await store.breakers(), []);
    assert.equal(await store.counts(), {
      pending: 0,
      in_progress: 0,
      recovering: 0,
      success: 0,
      failed: 0,
      exhausted: 0,
    });
    assert.is(store.health().healthy, true);
  });

  check(
    'everything is there after it was closed and opened again',
    async (_store, { store, reopen }) => {
      if (!reopen) return;
      await store.commit(
        batch({
          operations: [operation('a', { args: '[1]' }), operation('b', { state: 'success' })],
          steps: [step('a', 's')],
          transitions: [moved('a', 1), breakerTransition('k', 1)],
          breakers: [breaker('k')],
        }),
      );
      const before = [
        await store.list({}),
        await store.transitions({}),
        await store.steps('a'),
        await store.breakers(),
      ];
      const again = await reopen();
      assert.equal(
        [
          await again.list({}),
          await again.transitions({}),
          await again.steps('a'),
          await again.breakers(),
        ],
        before,
      );
      await again.prune({ maxRows: 0, limit: 10 });
      const { positions } = await again.commit(batch({ transitions: [moved('a', 2)] }));
      assert.ok((positions[0] ?? 0) > 2);
      const third = await reopen();
      assert.is(await third.find('b'), undefined);
      assert.equal(
        (await third.transitions({ operationId: 'a' })).map(t => t.seq),
        [1, 2],
      );
      const next = await third.commit(batch({ transitions: [moved('a', 3)] }));
      assert.ok((next.positions[0] ?? 0) > (positions[0] ?? 0));
    },
  );

  check('a closed store refuses calls, says so, and closes again', async store => {
    await store.close();
    await store.close();
    await rejects(store.commit(batch({})), PersistenceError);
    await rejects(store.find('a'), PersistenceError);
    await rejects(store.prune({ limit: 1 }), PersistenceError);
    await rejects(store.open(), PersistenceError);
    assert.is(store.health().healthy, false);
    assert.type(store.health().problem, 'string');
  });

  for (const contract of [
    commitsContract,
    detailsContract,
    listsContract,
    pruningContract,
    familiesContract,
    overviewsContract,
  ]) {
    contract(check);
  }

  test.run();
}
