import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PersistenceError } from '../../../services/errors.ts';
import { type SnapshotSource, Snapshots } from '../../../services/stream/snapshots.ts';
import { rejects } from '../../support/rejects.ts';

const test = suite('snapshots for readers that are far behind');

/** Counts how often it is read; each page has nothing. */
function source() {
  const reads: unknown[] = [];
  let trouble: PersistenceError | undefined;
  const read: SnapshotSource = {
    async summaries(query) {
      reads.push(query);
      if (trouble !== undefined) throw trouble;
      return { items: [] };
    },
    breakers: () => [],
  };
  return {
    snapshots: new Snapshots(read),
    reads,
    fail(error: PersistenceError | undefined) {
      trouble = error;
    },
  };
}

test('readers that come at the same time, or 500 transitions later, share one', async () => {
  const { snapshots, reads } = source();
  const [one, other] = await Promise.all([snapshots.of({}, 100), snapshots.of({}, 100)]);
  const later = await snapshots.of({}, 600);
  assert.is(one, other);
  assert.is(one, later);
  assert.is(one.position, 100);
  assert.is(reads.length, 1);
});

test('one that is older than that, or younger than who asks, serves nobody', async () => {
  const { snapshots, reads } = source();
  await snapshots.of({}, 100);
  assert.is((await snapshots.of({}, 601)).position, 601);
  assert.is((await snapshots.of({}, 600)).position, 600);
  assert.is(reads.length, 3);
});

test('each filter has its own, and the one that was used least lately is forgotten', async () => {
  const { snapshots, reads } = source();
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) await snapshots.of({ names: [name] }, 1);
  assert.is(reads.length, 5);
  await snapshots.of({ names: ['e'] }, 1);
  assert.is(reads.length, 5);
  await snapshots.of({ names: ['a'] }, 1);
  assert.is(reads.length, 6);
});

test('one that could not be made is tried again by the next', async () => {
  const { snapshots, fail } = source();
  const error = new PersistenceError('the disk is full');
  fail(error);
  assert.is(await rejects(snapshots.of({}, 1), PersistenceError), error);
  fail(undefined);
  assert.is((await snapshots.of({}, 1)).position, 1);
});

test.run();
