import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ArrowRow, CountedTransitions } from '../../../adapters/sqljs/count-transitions.ts';

const test = suite('counts of the transitions in a sql.js store');

const FIRST: ArrowRow = ['operation\n\npending\ncreate\ncreated', 3, 9];
const LATER: ArrowRow = ['breaker\nclosed\nopen\nfailure\n', 2, 20];

/** Reads that are answered when the test says so. */
function reads() {
  const asked: { readonly since: number; readonly answer: (rows: ArrowRow[]) => void }[] = [];
  const read = (since: number) =>
    new Promise<ArrowRow[]>(answer => {
      asked.push({ since, answer });
    });
  return { asked, read };
}
const turn = () => new Promise(resolve => setImmediate(resolve));

test('are of what came since the last time only', async () => {
  const { asked, read } = reads();
  const counted = new CountedTransitions();
  const first = counted.upToDate(read);
  asked[0]?.answer([FIRST]);
  const created = { kind: 'operation', from: null, to: 'pending', event: 'create' };
  assert.equal(await first, [{ ...created, reasonKind: 'created', count: 3 }]);
  const second = counted.upToDate(read);
  assert.is(asked[1]?.since, 9);
  asked[1]?.answer([LATER]);
  assert.equal(await second, [
    { ...created, reasonKind: 'created', count: 3 },
    { kind: 'breaker', from: 'closed', to: 'open', event: 'failure', reasonKind: null, count: 2 },
  ]);
  const [mine] = await second;
  Reflect.set(mine as object, 'count', 99);
  const third = counted.upToDate(read);
  asked[2]?.answer([]);
  assert.is((await third)[0]?.count, 3);
});

test('begin anew where something was removed, also amid the very first read', async () => {
  const { asked, read } = reads();
  const counted = new CountedTransitions();
  const counting = counted.upToDate(read);
  counted.forget();
  asked[0]?.answer([FIRST]);
  await turn();
  assert.is(asked[1]?.since, 0);
  asked[1]?.answer([LATER]);
  assert.equal(
    (await counting).map(({ count }) => count),
    [2],
  );
  const again = counted.upToDate(read);
  assert.is(asked[2]?.since, 20);
  asked[2]?.answer([]);
  assert.equal(
    (await again).map(({ count }) => count),
    [2],
  );
});

test('are not doubled by two who count at once', async () => {
  const { asked, read } = reads();
  const counted = new CountedTransitions();
  const both = [counted.upToDate(read), counted.upToDate(read)];
  asked[0]?.answer([FIRST]);
  asked[1]?.answer([FIRST]);
  await turn();
  assert.is(asked[2]?.since, 9);
  asked[2]?.answer([]);
  for (const counts of await Promise.all(both)) assert.is(counts[0]?.count, 3);
});

test.run();
