import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Http } from '../../visualizer/connection/http.ts';
import { Hub } from '../../visualizer/connection/hub.ts';
import { EVERYTHING } from '../../visualizer/data/filter.ts';
import { OperationsTable } from '../../visualizer/data/operations-table.ts';
import { NEWEST_FIRST } from '../../visualizer/data/row-view.ts';
import type { Summary } from '../../visualizer/data/wire.ts';
import { iso, summary, update } from './support/wire.ts';

const page = (operations: readonly Summary[], next?: string): Response =>
  Response.json(next === undefined ? { operations } : { operations, next });

function tableOf(pages: readonly Response[]) {
  const asked: string[] = [];
  const left = [...pages];
  const http = new Http({
    base: '/recovery',
    token: () => 'secret',
    onUnauthorised: () => {},
    fetch: async url => {
      asked.push(String(url));
      return left.shift() ?? page([]);
    },
  });
  const hub = new Hub(60_000);
  // Every slice is one step, and every pause lets others have a turn.
  const table = new OperationsTable(http, hub, {
    budget: 0,
    pause: () => new Promise(resolve => setImmediate(resolve)),
  });
  const until = (wanted: () => boolean) =>
    new Promise<void>(resolve => {
      const check = () => wanted() && resolve();
      table.subscribe(check);
      check();
    });
  const shown = () => [...table.view.rows()].map(row => table.store.idOf(row));
  return { table, hub, asked, until, shown };
}

test('reads every page and shows the newest first', async () => {
  const { table, asked, until, shown } = tableOf([
    page([summary('b', { created_at: iso(2) })], 'next one'),
    page([summary('a', { created_at: iso(1) })]),
  ]);
  assert.equal(asked, [], 'nothing is read before somebody looks');
  table.start();
  await until(() => table.state().phase === 'complete');
  assert.equal(shown(), ['b', 'a']);
  assert.equal(asked, [
    '/recovery/api/operations?fields=summary&limit=1000',
    '/recovery/api/operations?fields=summary&limit=1000&cursor=next%20one',
  ]);
});

test('what happens changes the rows', async () => {
  const { table, hub, until, shown } = tableOf([page([summary('a')])]);
  table.start();
  await until(() => table.state().phase === 'complete');
  await table.arrange({ ...NEWEST_FIRST, filter: { ...EVERYTHING, states: ['in_progress'] } });
  assert.equal(shown(), []);
  hub.updated(update('a', { state: 'in_progress' }));
  hub.flush();
  assert.equal(shown(), ['a']);
});

test('what comes while an order is worked out waits, and is not lost', async () => {
  const { table, hub, until, shown } = tableOf([
    page(Array.from({ length: 3_000 }, (_, each) => summary(`op-${each}`))),
  ]);
  table.start();
  await until(() => table.state().phase === 'complete');
  const arranged = table.arrange({
    ...NEWEST_FIRST,
    filter: { ...EVERYTHING, states: ['failed'] },
  });
  hub.updated(update('op-7', { state: 'failed' }));
  hub.flush();
  assert.is(table.store.count('failed'), 0, 'the rows do not change under the sort');
  await arranged;
  assert.equal(shown(), ['op-7']);
});

test('only the last of several orders is shown', async () => {
  const { table, until, shown } = tableOf([
    page([summary('a', { attempt: 1 }), summary('b', { attempt: 2 })]),
  ]);
  table.start();
  await until(() => table.state().phase === 'complete');
  const sortedBy = (descending: boolean) => ({
    ...NEWEST_FIRST,
    sorting: { column: 'attempt' as const, descending },
  });
  await Promise.all([table.arrange(sortedBy(false)), table.arrange(sortedBy(true))]);
  assert.equal(shown(), ['b', 'a']);
  assert.not(table.state().isSorting);
});

test.run();
