import * as assert from 'uvu/assert';
import { ConfigError } from '../../services/errors.ts';
import type { OperationRecord, Page, StatePersistence } from '../../services/ports.ts';
import { rejects } from '../support/rejects.ts';
import type { Check } from './persistence-check.ts';
import { batch, operation } from './persistence-rows.ts';

/** What every store promises of lists and their pages. */
export function listsContract(check: Check): void {
  check('list goes by creation time, then id, in both orders, in pages', async store => {
    const rows = ['e', 'a', 'c', 'b', 'd'].map((id, index) =>
      operation(id, { createdAt: Math.floor(index / 2) }),
    );
    await store.commit(batch({ operations: rows }));
    const oldest = ['a', 'e', 'b', 'c', 'd'];
    assert.equal(await ids(cursor => store.list({ order: 'oldest', limit: 2, ...cursor })), oldest);
    assert.equal(await ids(cursor => store.list({ limit: 2, ...cursor })), [...oldest].reverse());
    assert.equal(await ids(cursor => store.unfinished({ limit: 2, ...cursor })), oldest);
    const exact = await store.list({ limit: 5 });
    assert.is(exact.next, undefined);
  });

  check('a cursor stays where it is while rows are added and changed', async store => {
    await store.commit(
      batch({ operations: [1, 2, 3, 4].map(n => operation(`m${n}`, { createdAt: n * 10 })) }),
    );
    const first = await store.list({ limit: 2 });
    await store.commit(
      batch({
        operations: [
          operation('new', { createdAt: 99 }),
          operation('m4', { createdAt: 40, state: 'failed' }),
        ],
      }),
    );
    const second = await store.list({ limit: 2, cursor: first.next ?? '' });
    assert.equal(
      [...first.items, ...second.items].map(row => row.id),
      ['m4', 'm3', 'm2', 'm1'],
    );
  });

  check('list filters by state, name, breaker and time, all at once', async store => {
    await store.commit(
      batch({
        operations: [
          operation('1', { createdAt: 1, state: 'success', name: 'x', breakerKey: 'h' }),
          operation('2', { createdAt: 2, state: 'failed', name: 'x', breakerKey: 'h' }),
          operation('3', { createdAt: 3, state: 'failed', name: 'y', breakerKey: 'i' }),
          operation('4', { createdAt: 4, state: 'pending', name: 'z', breakerKey: 'h' }),
        ],
      }),
    );
    const found = async (query: Parameters<StatePersistence['list']>[0]) =>
      (await store.list({ order: 'oldest', ...query })).items.map(row => row.id).join('');
    assert.is(await found({ states: ['failed'] }), '23');
    assert.is(await found({ states: ['failed', 'pending'] }), '234');
    assert.is(await found({ states: [] }), '');
    assert.is(await found({ states: ['failed', 'pending', 'failed'], names: ['x', 'z'] }), '24');
    assert.is(await found({ states: ['failed'], names: ['x', 'y'] }), '23');
    assert.is(await found({ states: ['failed', 'success', 'pending'], limit: 2 }), '12');
    assert.is(
      await found({ states: ['failed', 'success', 'pending'], limit: 2, order: 'newest' }),
      '43',
    );
    assert.is(await found({ names: ['x', 'y', 'z', ...'abcdefgh'] }), '1234');
    assert.is(await found({ names: ['x', 'z'] }), '124');
    assert.is(await found({ breakerKey: 'h' }), '124');
    assert.is(await found({ createdFrom: 2 }), '234');
    assert.is(await found({ createdBefore: 3 }), '12');
    assert.is(
      await found({
        createdFrom: 2,
        createdBefore: 4,
        names: ['x', 'y'],
        states: ['failed'],
        breakerKey: 'i',
      }),
      '3',
    );
  });

  check(
    'text is an ordinary substring of id, name, input or error, whatever its case',
    async store => {
      await store.commit(
        batch({
          operations: [
            operation('order-100%', { createdAt: 1, args: null }),
            operation('order_200', { createdAt: 2, name: 'Pay_Out', args: null }),
            operation('c', { createdAt: 3, args: '{"city":"Zürich \\\\ x"}' }),
            operation('d', { createdAt: 4, error: '{"message":"Connection RESET"}', args: null }),
            operation('e', { createdAt: 5, args: null, result: '"zürich"', metadata: '"reset"' }),
          ],
        }),
      );
      const found = async (text: string) =>
        (await store.list({ order: 'oldest', text })).items.map(row => row.id);
      assert.equal(await found('100%'), ['order-100%']);
      assert.equal(await found('%'), ['order-100%']);
      assert.equal(await found('_'), ['order_200']);
      assert.equal(await found('pay_out'), ['order_200']);
      assert.equal(await found('ORDER'), ['order-100%', 'order_200']);
      assert.equal(await found('ZÜRICH'), ['c']);
      assert.equal(await found('\\'), ['c']);
      assert.equal(await found('reset'), ['d']);
      assert.equal(await found("'; --"), []);
      assert.equal((await found('')).length, 5);
    },
  );

  check('unfinished holds the three states that are not over', async store => {
    const states = [
      'pending',
      'in_progress',
      'recovering',
      'success',
      'failed',
      'exhausted',
    ] as const;
    await store.commit(
      batch({
        operations: states.map((state, index) => operation(state, { state, createdAt: index })),
      }),
    );
    assert.equal(await ids(cursor => store.unfinished({ limit: 2, ...cursor })), [
      'pending',
      'in_progress',
      'recovering',
    ]);
    assert.equal(await store.counts(), {
      pending: 1,
      in_progress: 1,
      recovering: 1,
      success: 1,
      failed: 1,
      exhausted: 1,
    });
  });

  check('limits and cursors that make no sense are refused by name', async store => {
    for (const limit of [0, -1, 1.5, Number.NaN, 1001]) {
      assert.match((await rejects(store.list({ limit }), ConfigError)).message, `got ${limit}`);
    }
    await rejects(store.unfinished({ limit: 10_001 }), ConfigError);
    await rejects(store.transitions({ limit: 10_001 }), ConfigError);
    await rejects(store.prune({ limit: 0 }), ConfigError);
    for (const cursor of ['x', '', 'W10', Buffer.from('[1]').toString('base64url')]) {
      await rejects(store.list({ cursor }), ConfigError);
      await rejects(store.unfinished({ limit: 1, cursor }), ConfigError);
    }
  });
}

async function ids(
  page: (cursor: { readonly cursor?: string }) => Promise<Page<OperationRecord>>,
): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor: { readonly cursor?: string } = {};
  for (let pages = 0; pages < 100; pages++) {
    const { items, next } = await page(cursor);
    found.push(...items.map(row => row.id));
    if (next === undefined) return found;
    cursor = { cursor: next };
  }
  return assert.unreachable('the pages do not end') as never;
}
