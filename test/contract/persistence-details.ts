import * as assert from 'uvu/assert';
import type { StatePersistence } from '../../services/ports.ts';
import type { Check } from './persistence-check.ts';
import { batch, breaker, breakerTransition, moved, step } from './persistence-rows.ts';

/** What every store promises of transitions, steps and breakers. */
export function detailsContract(check: Check): void {
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
}
