import * as assert from 'uvu/assert';
import { ConfigError } from '../../services/errors.ts';
import type { StatePersistence, TransitionCount } from '../../services/ports.ts';
import { rejects } from '../support/rejects.ts';
import type { Check } from './persistence-check.ts';
import { batch, breakerTransition, moved, operation } from './persistence-rows.ts';

/** More than a store may want to count in one go. */
const MANY = 25_000;

/** What a store promises to those who look at much of it at once. */
export function overviewsContract(check: Check): void {
  check('summaries are the pages of list, without what the operations are about', async store => {
    const states = ['success', 'failed', 'pending', 'recovering', 'exhausted'] as const;
    const rows = states.map((state, index) =>
      operation(`o${index}`, {
        state,
        name: index % 2 === 0 ? 'even' : 'odd',
        createdAt: 1_000 - Math.floor(index / 2),
        dueAt: state === 'recovering' ? 1_700_000_000_123 : null,
        snapshot: { value: state === 'recovering' ? { recovering: 'backoff' } : state },
        error: index === 1 ? '{"name":"E","message":"no \\"route\\"\\né"}' : null,
        result: '"secret"',
        metadata: '"secret"',
      }),
    );
    await store.commit(batch({ operations: rows }));
    for (const query of [
      {},
      { order: 'oldest' },
      { states: ['success', 'failed', 'recovering'] },
      { names: ['even'] },
      { text: 'route' },
      { ids: ['o3', 'o1'] },
    ] as const) {
      let cursor: { readonly cursor?: string } = {};
      for (let pages = 0; ; pages++) {
        assert.ok(pages < 5, 'the pages do not end');
        const [full, short] = await Promise.all([
          store.list({ ...query, ...cursor, limit: 2 }),
          store.summaries({ ...query, ...cursor, limit: 2 }),
        ]);
        assert.is(short.next, full.next);
        assert.equal(
          short.items,
          full.items.map(row => ({
            id: row.id,
            name: row.name,
            state: row.state,
            attempt: row.attempt,
            breakerKey: row.breakerKey,
            parentId: row.parentId,
            dueAt: row.dueAt,
            createdAt: row.createdAt,
            updatedAt: row.updatedAt,
            value: (row.snapshot as { value: unknown }).value,
            errorMessage: row.error === null ? null : 'no "route"\né',
          })),
        );
        if (full.next === undefined) break;
        cursor = { cursor: full.next };
      }
    }
    assert.not.match(JSON.stringify(await store.summaries({})), 'secret');
    await rejects(store.summaries({ limit: 1001 }), ConfigError);
    await rejects(store.summaries({ cursor: 'x' }), ConfigError);
  });

  check('a summary of what cannot be read says nothing of it', async store => {
    const odd = [
      { error: 'not JSON', snapshot: null },
      { error: '{"message":5}', snapshot: 'text' },
      { error: 'null', snapshot: {} },
      { error: '"text"', snapshot: [1] },
      { error: '{"message":""}', snapshot: { value: null } },
    ];
    const operations = odd.map((parts, index) => operation(`o${index}`, parts));
    await store.commit(batch({ operations }));
    const { items } = await store.summaries({ order: 'oldest' });
    assert.equal(
      items.map(({ value, errorMessage }) => [value, errorMessage]),
      [
        [null, null],
        [null, null],
        [null, null],
        [null, null],
        [null, ''],
      ],
    );
  });

  check('what a summary gives is a copy', async store => {
    await store.commit(batch({ operations: [operation('a')] }));
    const [first] = (await store.summaries({})).items;
    Reflect.set(first?.value as object, 'pending', 'spoilt');
    const [second] = (await store.summaries({})).items;
    assert.equal(second?.value, { pending: 'queued' });
  });

  check('list by ids gives those that there are, with every other filter', async store => {
    const operations = ['a', 'b', 'c', 'd'].map((id, index) =>
      operation(id, { createdAt: index, state: index < 2 ? 'failed' : 'success', name: id }),
    );
    await store.commit(batch({ operations }));
    const found = async (query: Parameters<StatePersistence['list']>[0]) =>
      (await store.list({ order: 'oldest', ...query })).items.map(row => row.id).join('');
    assert.is(await found({ ids: ['d', 'a', 'nobody', 'a'] }), 'ad');
    assert.is(await found({ ids: [] }), '');
    assert.is(await found({ ids: ['a', 'c', 'd'], states: ['success', 'pending'] }), 'cd');
    assert.is(await found({ ids: ['a', 'b'], names: ['b', 'c'] }), 'b');
    assert.is(await found({ ids: ['a', 'b'], createdFrom: 1, breakerKey: 'download' }), 'b');
    assert.is(await found({ ids: ['a', 'b'], text: 'A' }), 'a');
    const page = await store.list({ ids: ['a', 'b', 'c'], limit: 2 });
    assert.equal(
      page.items.map(row => row.id),
      ['c', 'b'],
    );
    const rest = await store.list({ ids: ['a', 'b', 'c'], limit: 2, cursor: page.next ?? '' });
    assert.equal(
      rest.items.map(row => row.id),
      ['a'],
    );
  });

  check('transitions come newest first where that is asked for', async store => {
    for (let seq = 1; seq <= 4; seq++) {
      await store.commit(batch({ transitions: [moved('a', seq), breakerTransition('k', seq)] }));
    }
    const seqs = async (query: Parameters<StatePersistence['transitions']>[0]) =>
      (await store.transitions({ order: 'newest', ...query })).map(({ seq }) => seq);
    assert.equal(await seqs({ limit: 3 }), [4, 4, 3]);
    assert.equal(await seqs({ breakerKey: 'k', limit: 3 }), [4, 3, 2]);
    assert.equal(await seqs({ operationId: 'a' }), [4, 3, 2, 1]);
    const [, second] = await store.transitions({ breakerKey: 'k' });
    assert.equal(await seqs({ breakerKey: 'k', since: second?.position ?? 0 }), [4, 3]);
  });

  check(
    'every arrow is counted, with the kind of its reasons, and what was removed is not',
    async store => {
      assert.equal(await store.transitionCounts(), []);
      await store.commit(
        batch({
          operations: [operation('gone', { state: 'success' }), operation('kept')],
          transitions: [
            moved('gone', 1),
            moved('kept', 1),
            moved('kept', 2),
            moved('kept', 3),
            moved('kept', 4),
            breakerTransition('k', 1),
            breakerTransition('k', 2),
            breakerTransition('l', 2),
          ],
        }),
      );
      assert.equal(lines(await store.transitionCounts()), [
        'breaker  open tripped threshold 1',
        'breaker closed open tripped threshold 2',
        'operation  in_progress start  2',
        'operation pending in_progress start  1',
        'operation pending in_progress start retry 2',
      ]);
      for (const { from, reasonKind } of await store.transitionCounts()) {
        assert.ok(from !== undefined && reasonKind !== undefined);
      }
      await store.prune({ maxRows: 0, limit: 1 });
      await store.commit(batch({ forgottenBreakers: ['k'] }));
      assert.equal(lines(await store.transitionCounts()), [
        'breaker closed open tripped threshold 1',
        'operation  in_progress start  1',
        'operation pending in_progress start  1',
        'operation pending in_progress start retry 2',
      ]);
    },
  );

  check(
    'many transitions are counted to the last, each once, whoever counts meanwhile',
    async store => {
      const transitions = Array.from({ length: MANY }, (_, n) => moved(n % 2 ? 'odd' : 'even', 2));
      const even = operation('even', { state: 'success' });
      await store.commit(batch({ operations: [even], transitions }));
      const counted = async () =>
        (await store.transitionCounts()).reduce((sum, { count }) => sum + count, 0);
      assert.equal(await Promise.all([counted(), counted(), counted()]), [MANY, MANY, MANY]);
      await store.commit(batch({ transitions: [moved('odd', 3), breakerTransition('k', 1)] }));
      assert.is(await counted(), MANY + 2);
      // Of what is removed now, some is counted already and some is not.
      await store.commit(batch({ transitions: [moved('even', 3), breakerTransition('k', 2)] }));
      await store.commit(batch({ forgottenBreakers: ['k'] }));
      assert.is(await counted(), MANY + 2);
      await store.commit(batch({ transitions: [moved('even', 4)] }));
      await store.prune({ maxRows: 0, limit: 1 });
      assert.is(await counted(), MANY / 2 + 1);
      await store.commit(batch({ transitions: [moved('odd', 4)] }));
      assert.is(await counted(), MANY / 2 + 2);
      assert.is(await counted(), MANY / 2 + 2);
    },
  );

  check('what is removed amid a count is gone from the next', async store => {
    const transitions = Array.from({ length: MANY }, (_, n) => moved(n % 2 ? 'odd' : 'even', 2));
    const even = operation('even', { state: 'success' });
    await store.commit(batch({ operations: [even], transitions }));
    const counting = store.transitionCounts();
    await Promise.all([store.prune({ maxRows: 0, limit: 1 }), counting]);
    assert.equal(
      (await store.transitionCounts()).map(({ count }) => count),
      [MANY / 2],
    );
  });
}

/** As lines in an order of their own. */
const lines = (counts: readonly TransitionCount[]): readonly string[] =>
  counts
    .map(({ kind, from, to, event, reasonKind, count }) =>
      [kind, from, to, event, reasonKind, count].join(' '),
    )
    .sort();
