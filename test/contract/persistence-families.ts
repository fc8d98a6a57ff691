import * as assert from 'uvu/assert';
import type { StatePersistence } from '../../services/ports.ts';
import type { Check } from './persistence-check.ts';
import { batch, operation } from './persistence-rows.ts';

const rowsOf = async (store: StatePersistence) =>
  (await store.list({ order: 'oldest' })).items.map(row => row.id).join(' ');

/** What every store promises of parents and children. */
export function familiesContract(check: Check): void {
  check('whose child an operation is stays with it, and is a filter of lists', async store => {
    const children = ['p/1', 'p/2', 'p/3', 'q/1'].map((id, n) =>
      operation(id, { parentId: id.slice(0, 1), createdAt: 10 + n, state: 'pending' }),
    );
    await store.commit(batch({ operations: [operation('p', { createdAt: 1 }), ...children] }));
    const {
      parentId: _parent,
      args: _args,
      metadata: _metadata,
      createdAt: _at,
      ...later
    } = operation('p/2', { state: 'success', seq: 2 });
    await store.commit(batch({ operations: [later] }));
    // A write that says everything else anew.
    const { parentId: _again, ...migrated } = operation('p/3', { args: '"new"', createdAt: 12 });
    await store.commit(batch({ operations: [migrated] }));
    assert.is((await store.find('p/2'))?.parentId, 'p');
    assert.equal((await store.find('p/3'))?.parentId, 'p');
    assert.is((await store.find('p'))?.parentId, null);

    const found = async (query: Parameters<StatePersistence['list']>[0]) => {
      const { items, next } = await store.list({ order: 'oldest', ...query });
      const summaries = await store.summaries({ order: 'oldest', ...query });
      assert.equal(
        summaries.items.map(({ id, parentId }) => [id, parentId]),
        items.map(({ id, parentId }) => [id, parentId]),
      );
      return { ids: items.map(row => row.id).join(' '), next };
    };
    assert.is((await found({ parentId: 'p' })).ids, 'p/1 p/2 p/3');
    assert.is((await found({ parentId: 'p', states: ['success'] })).ids, 'p/2');
    assert.is((await found({ parentId: 'p', states: ['success', 'pending'] })).ids, 'p/1 p/2 p/3');
    assert.is((await found({ parentId: 'p', names: ['nothing'] })).ids, '');
    assert.is((await found({ parentId: 'nobody' })).ids, '');
    const first = await found({ parentId: 'p', limit: 2 });
    assert.is(first.ids, 'p/1 p/2');
    assert.is((await found({ parentId: 'p', limit: 2, cursor: first.next ?? '' })).ids, 'p/3');
    assert.equal(
      (await store.unfinished({ limit: 9 })).items.map(row => row.parentId),
      [null, 'p', 'p', 'q'],
    );
  });

  check('a child stays while its parent is unfinished, whatever asks for it to go', async store => {
    const finished = { state: 'success', updatedAt: 5 } as const;
    await store.commit(
      batch({
        operations: [
          operation('alone', { ...finished, createdAt: 1, updatedAt: 6 }),
          operation('p', { state: 'in_progress', createdAt: 2 }),
          operation('p/1', { ...finished, createdAt: 3, parentId: 'p' }),
          operation('p/2', { ...finished, createdAt: 4, parentId: 'p', state: 'failed' }),
          operation('p/1/x', { ...finished, createdAt: 5, parentId: 'p/1' }),
        ],
      }),
    );
    const all = { successBefore: 100, failureBefore: 100, maxRows: 0, limit: 10 };
    assert.is(await store.prune({ maxRows: 3, limit: 1 }), 1, 'what may go makes room');
    assert.is(await rowsOf(store), 'alone p p/1 p/2');
    assert.is(await store.prune(all), 1);
    assert.is(await rowsOf(store), 'p p/1 p/2');
    await store.commit(batch({ operations: [operation('p', { ...finished, createdAt: 2 })] }));
    assert.is(await store.prune(all), 3);
    assert.is(await rowsOf(store), '');
  });

  check('what has finished goes with its parent, and what has not stays', async store => {
    const old = { state: 'success', updatedAt: 5 } as const;
    const young = { state: 'failed', updatedAt: 50 } as const;
    await store.commit(
      batch({
        operations: [
          operation('p', { ...old, createdAt: 1 }),
          operation('p/1', { ...young, createdAt: 2, parentId: 'p' }),
          operation('p/1/x', { ...young, createdAt: 3, parentId: 'p/1' }),
          operation('p/2', { state: 'recovering', createdAt: 4, parentId: 'p' }),
          operation('p/2/x', { ...young, createdAt: 5, parentId: 'p/2' }),
          operation('other', { ...young, createdAt: 6 }),
        ],
      }),
    );
    assert.is(await store.prune({ successBefore: 10, limit: 1 }), 3);
    assert.is(await rowsOf(store), 'p/2 p/2/x other');
  });
}
