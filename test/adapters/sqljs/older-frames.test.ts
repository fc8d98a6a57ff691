import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeBatch } from '../../../adapters/sqljs/batch.ts';
import { coalesce } from '../../../adapters/sqljs/coalesce.ts';
import { batch, breaker, moved, operation, step } from '../../contract/persistence-rows.ts';

const test = suite('redo frames of an earlier build');

test('rows that stand in a frame as objects are read like those of today: a crash, then an update', () => {
  const { args, metadata, createdAt, ...later } = operation('a', { state: 'success', seq: 2 });
  const batches = [
    batch({ operations: [operation('a'), operation('b')], transitions: [moved('a', 1)] }),
    batch({
      operations: [later],
      transitions: [
        moved('a', 2),
        {
          kind: 'breaker',
          key: 'k',
          seq: 1,
          from: 'closed',
          to: 'open',
          event: 'permit.return',
          reason: { kind: 'threshold', message: 'x' },
          at: 5,
        },
      ],
      steps: [step('a', 'one')],
      breakers: [breaker('k')],
    }),
  ];
  const read = (encode: (one: (typeof batches)[number]) => string) => [
    ...coalesce(
      batches.map((one, index) => ({
        kind: 'commit' as const,
        sequence: index + 1,
        position: 1 + 10 * index,
        count: one.transitions.length,
        payload: encode(one),
      })),
    ),
  ];
  assert.equal(
    read(one => JSON.stringify(one)),
    read(encodeBatch),
  );
});

test.run();
