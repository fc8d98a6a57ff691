import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError, PersistenceError } from '../../services/errors.ts';
import type { OperationRecord, Page, StatePersistence } from '../../services/ports.ts';
import { rejects } from '../support/rejects.ts';
import { familiesContract } from './persistence-families.ts';
import { overviewsContract } from './persistence-overviews.ts';
import { batch, breaker, breakerTransition, moved, operation, step } from './persistence-rows.ts';

/** An opened, empty store. */
export interface PersistenceFixture {
  readonly store: StatePersistence;
  /** Closes it and opens the same data again; left out where data end with the instance. */
  readonly reopen?: () => Promise<StatePersistence>;
  readonly dispose: () => Promise<void>;
}

/** What every implementation of `StatePersistence` promises. */
export function persistenceContract(name: string, open: () => Promise<PersistenceFixture>): void {
  const test = suite(`${name}: persistence contract`);

  const check = (
    title: string,
    body: (store: StatePersistence, fixture: PersistenceFixture) => Promise<void>,
  ) =>
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

  check('an operation is read as it was written', async store => {
    const row = operation('a', {
      args: '{"x":"é\\u0000\\"%_"}',
      result: '[1]',
      error: '{"message":"no"}',
      metadata: '"note"',
      snapshot: {
        value: { recovering: 'backoff' },
        context: { list: [1, 'two', null, { deep: true }] },
      },
      dueAt: 1_700_000_000_123,
      owner: 'me',
      epoch: 3,
    });
    await store.commit(batch({ operations: [row] }));
    assert.equal(await store.find('a'), row);
    assert.equal((await store.list({})).items, [row]);
    assert.equal((await store.unfinished({ limit: 1 })).items, [row]);
  });

  check('args, metadata and createdAt are kept when they are left out', async store => {
    await store.commit(
      batch({ operations: [operation('a', { args: '[1]', metadata: '2', createdAt: 5 })] }),
    );
    const {
      args: _args,
      metadata: _metadata,
      createdAt: _createdAt,
      ...later
    } = operation('a', { state: 'success', updatedAt: 9 });
    await store.commit(batch({ operations: [later] }));
    const row = await store.find('a');
    assert.equal(
      [row?.args, row?.metadata, row?.createdAt, row?.updatedAt, row?.state],
      ['[1]', '2', 5, 9, 'success'],
    );
    const { args: _again, ...named } = operation('a', { metadata: '3', createdAt: 6 });
    await store.commit(batch({ operations: [named] }));
    const patched = await store.find('a');
    assert.equal([patched?.args, patched?.metadata, patched?.createdAt], ['[1]', '3', 6]);
  });

  check('a first write without args has none', async store => {
    const {
      args: _args,
      metadata: _metadata,
      createdAt: _createdAt,
      ...bare
    } = operation('a', { updatedAt: 7 });
    await store.commit(batch({ operations: [bare] }));
    const row = await store.find('a');
    assert.equal([row?.args, row?.metadata, row?.createdAt], [null, null, 7]);
  });

  check('positions are contiguous in a batch and grow over batches', async store => {
    const first = await store.commit(
      batch({ transitions: [moved('a', 1), moved('b', 1), breakerTransition('k', 1)] }),
    );
    const second = await store.commit(batch({ transitions: [moved('a', 2)] }));
    const [start = 0] = first.positions;
    assert.ok(start > 0);
    assert.equal(first.positions, [start, start + 1, start + 2]);
    assert.ok((second.positions[0] ?? 0) > start + 2);
    const all = await store.transitions({});
    assert.equal(
      all.map(t => t.position),
      [...first.positions, ...second.positions],
    );
    assert.equal(all[0], { ...moved('a', 1), position: start });
    assert.equal(all[2], { ...breakerTransition('k', 1), position: start + 2 });
    assert.equal((await store.commit(batch({}))).positions, []);
  });

  check('transitions are found by owner, place and limit', async store => {
    for (let seq = 1; seq <= 4; seq++) {
      await store.commit(
        batch({ transitions: [moved('a', seq), moved('b', seq), breakerTransition('a', seq)] }),
      );
    }
    const ofA = await store.transitions({ operationId: 'a' });
    assert.equal(
      ofA.map(t => t.seq),
      [1, 2, 3, 4],
    );
    assert.ok(ofA.every(t => t.kind === 'operation' && t.operationId === 'a'));
    const since = await store.transitions({ operationId: 'a', since: ofA[1]?.position ?? 0 });
    assert.equal(
      since.map(t => t.seq),
      [3, 4],
    );
    const ofBreaker = await store.transitions({ breakerKey: 'a', limit: 3 });
    assert.equal(
      ofBreaker.map(t => [t.kind, t.seq]),
      [
        ['breaker', 1],
        ['breaker', 2],
        ['breaker', 3],
      ],
    );
    assert.equal((await store.transitions({ limit: 5 })).length, 5);
    assert.equal(await store.transitions({ since: 1e9 }), []);
    assert.equal(await store.transitions({ operationId: 'a', breakerKey: 'a' }), []);
  });

  check('steps of several operations come in one answer', async store => {
    await store.commit(batch({ steps: [step('a', 'z'), step('b', 'x'), step('a', 'y')] }));
    const found = await store.stepsOf(['b', 'a', 'nobody']);
    const of = (id: string) => found.filter(s => s.operationId === id).map(s => s.name);
    assert.equal([of('a'), of('b'), found.length], [['z', 'y'], ['x'], 3]);
    assert.equal(await store.stepsOf([]), []);
  });

  check('steps come in the order in which they finished, one for each name', async store => {
    await store.commit(batch({ steps: [step('a', 'z'), step('b', 'z')] }));
    await store.commit(
      batch({ steps: [step('a', 'b', { result: null, at: 1 }), step('a', 'a', { attempt: 2 })] }),
    );
    assert.equal(
      (await store.steps('a')).map(s => s.name),
      ['z', 'b', 'a'],
    );
    assert.equal((await store.steps('a'))[1], step('a', 'b', { result: null, at: 1 }));
    await store.commit(batch({ steps: [step('a', 'z', { result: '"again"' })] }));
    assert.equal(
      (await store.steps('a')).map(s => [s.name, s.result]),
      [
        ['z', '"again"'],
        ['b', null],
        ['a', '1'],
      ],
    );
  });

  check('a forgotten step is gone, unless the same batch writes it anew', async store => {
    await store.commit(batch({ steps: [step('a', 'x'), step('a', 'y'), step('b', 'x')] }));
    const forget = (...names: string[]) => names.map(name => ({ operationId: 'a', name }));
    await Promise.all([
      store.commit(batch({ steps: [step('a', 'z')] })),
      store.commit(
        batch({
          forgottenSteps: forget('x', 'y', 'z', 'unknown'),
          steps: [step('a', 'y', { result: '"new"' })],
        }),
      ),
      store.commit(batch({ steps: [step('a', 'w')] })),
    ]);
    const kept = async (id: string) => (await store.steps(id)).map(s => [s.name, s.result]);
    assert.equal(await kept('a'), [
      ['y', '"new"'],
      ['w', '1'],
    ]);
    assert.equal(await kept('b'), [['x', '1']]);
  });

  check('a breaker is replaced by its next record', async store => {
    await store.commit(batch({ breakers: [breaker('k'), breaker('l')] }));
    await store.commit(
      batch({ breakers: [breaker('k', { state: 'open', seq: 2, snapshot: { openUntil: 9 } })] }),
    );
    const all = [...(await store.breakers())].sort((a, b) => (a.key < b.key ? -1 : 1));
    assert.equal(all, [
      breaker('k', { state: 'open', seq: 2, snapshot: { openUntil: 9 } }),
      breaker('l'),
    ]);
  });

  check(
    'a forgotten breaker is gone with its transitions, unless the same batch writes it anew',
    async (store, { reopen }) => {
      const before = store.commit(
        batch({
          breakers: ['gone', 'anew', 'kept'].map(key => breaker(key, { seq: 7 })),
          transitions: [
            breakerTransition('gone', 7),
            breakerTransition('anew', 7),
            moved('gone', 1),
            breakerTransition('kept', 7),
          ],
        }),
      );
      const after = store.commit(
        batch({
          forgottenBreakers: ['gone', 'anew', 'unknown'],
          breakers: [breaker('anew')],
          transitions: [breakerTransition('anew', 1)],
        }),
      );
      await Promise.all([before, after]);
      const holdsTheRest = async (store: StatePersistence) => {
        const rows = [...(await store.breakers())].sort((a, b) => (a.key < b.key ? -1 : 1));
        assert.equal(rows, [breaker('anew'), breaker('kept', { seq: 7 })]);
        const seqs = async (breakerKey: string) =>
          (await store.transitions({ breakerKey })).map(({ seq }) => seq);
        assert.equal([await seqs('gone'), await seqs('anew'), await seqs('kept')], [[], [1], [7]]);
        assert.equal(
          (await store.transitions({})).map(t => (t.kind === 'breaker' ? t.key : t.operationId)),
          ['gone', 'kept', 'anew'],
        );
      };
      await holdsTheRest(store);
      if (reopen) await holdsTheRest(await reopen());
    },
  );

  check('what is read is a copy', async store => {
    const row = operation('a', { snapshot: { context: { list: [1] } } });
    await store.commit(
      batch({ operations: [row], breakers: [breaker('k')], transitions: [moved('a', 1)] }),
    );
    const spoil = (value: unknown) => {
      (value as { list: number[] }).list?.push(2);
      for (const [key, part] of Object.entries(value as object)) {
        if (typeof part === 'object' && part !== null) spoil(part);
        else Reflect.set(value as object, key, 'spoilt');
      }
    };
    const reads = [
      () => store.find('a'),
      () => store.list({}),
      () => store.unfinished({ limit: 9 }),
      () => store.breakers(),
      () => store.transitions({}),
      () => store.transitions({ operationId: 'a' }),
      () => store.counts(),
    ];
    for (const read of reads) {
      const before = structuredClone(await read());
      spoil(await read());
      assert.equal(await read(), before);
    }
  });

  check('a batch that is changed after the commit changes nothing', async store => {
    const mutable = {
      operations: [operation('a')],
      steps: [step('a', 's')],
      transitions: [moved('a', 1)],
      breakers: [breaker('k')],
    };
    const pending = store.commit(mutable);
    for (const rows of Object.values(mutable)) {
      for (const row of rows) for (const key of Object.keys(row)) Reflect.set(row, key, 'spoilt');
      rows.length = 0;
    }
    await pending;
    assert.equal(await store.find('a'), operation('a'));
    assert.equal(await store.steps('a'), [step('a', 's')]);
    assert.equal(
      (await store.transitions({})).map(t => t.event),
      [moved('a', 1).event],
    );
    assert.equal(await store.breakers(), [breaker('k')]);
  });

  check('a read sees the commits that were acknowledged before it', async store => {
    for (let round = 1; round <= 50; round++) {
      await store.commit(
        batch({
          operations: [operation('a', { attempt: round })],
          transitions: [moved('a', round)],
        }),
      );
      const [row, history] = await Promise.all([
        store.find('a'),
        store.transitions({ operationId: 'a' }),
      ]);
      assert.equal([row?.attempt, history.length], [round, round]);
    }
  });

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

  check('commits take effect in call order', async store => {
    const commits = Array.from({ length: 100 }, (_, n) =>
      store.commit(
        batch({ operations: [operation('a', { attempt: n })], transitions: [moved('a', n + 1)] }),
      ),
    );
    const positions = (await Promise.all(commits)).flatMap(receipt => receipt.positions);
    assert.equal(
      positions,
      [...positions].sort((a, b) => a - b),
    );
    assert.is((await store.find('a'))?.attempt, 99);
    assert.equal(
      (await store.transitions({})).map(t => t.seq),
      commits.map((_, n) => n + 1),
    );
  });

  check('a large batch is one commit', async store => {
    const rows = Array.from({ length: 2000 }, (_, n) =>
      operation(`o${String(n).padStart(4, '0')}`, { snapshot: { text: 'x'.repeat(1000) } }),
    );
    await store.commit(batch({ operations: rows, transitions: rows.map(row => moved(row.id, 1)) }));
    assert.is((await store.counts()).pending, 2000);
    const page = await store.unfinished({ limit: 2000 });
    assert.is(page.items.length, 2000);
    assert.is(page.next, undefined);
    assert.equal(page.items[1999], rows[1999]);
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

  familiesContract(check);

  overviewsContract(check);

  test.run();
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
