import * as assert from 'uvu/assert';
import type { Check } from './persistence-check.ts';
import { batch, breaker, breakerTransition, moved, operation, step } from './persistence-rows.ts';

/** What every store promises of commits, and of the operations in them. */
export function commitsContract(check: Check): void {
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
}
