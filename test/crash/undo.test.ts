import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SqlJsPersistence } from '../../adapters/sqljs/index.ts';
import type { OperationTransition } from '../../services/ports.ts';
import { Life, type Place, withPlace } from './lives.ts';

/** Processes, one after the other. */
export const suiteTimeout = 60_000;

const test = suite('SIGKILL and undo');
const program = new URL('./undo-program.js', import.meta.url);

/** One life that dies by its own hand, and one that goes on with what it left. */
async function twoLives({ store, journal }: Place, mode: string): Promise<void> {
  const first = new Life(store, journal, 0, mode, program);
  first.go();
  const death = await first.ended;
  assert.is(death.signal, 'SIGKILL', death.err);
  const second = new Life(store, journal, 1, 'finish', program);
  second.go();
  const end = await second.ended;
  assert.is(end.code, 0, end.err);
}

async function stored({ store: path }: Place) {
  const store = new SqlJsPersistence({ path });
  await store.open();
  const row = await store.find('x');
  const history = (await store.transitions({ operationId: 'x' })) as OperationTransition[];
  await store.close();
  return { row, last: history.at(-1), events: history.map(({ event }) => event) };
}

const told = async (place: Place) =>
  (await place.notes()).map(({ what, detail }) => `${what} ${detail}`);

test('killed amid an undo: it is called again, those before it follow, and what is done is not called again', () =>
  withPlace(async place => {
    await twoLives(place, 'amid');
    assert.equal(await told(place), [
      'made a',
      'made b',
      'made c',
      'undo c',
      'undone c',
      'undo b',
      'undo b',
      'undone b',
      'undo a',
      'undone a',
    ]);
    const { row, last, events } = await stored(place);
    assert.is(row?.state, 'failed');
    assert.is(last?.reason?.kind, 'not_retryable');
    assert.equal(last?.reason?.undo, { left: 0, done: 3, failed: [] });
    assert.is(events.filter(event => event === 'undo.interrupted').length, 1);
    assert.not.ok(events.includes('cancel'));
  }));

test('killed between a registration and its effect: the undo is called, though nothing was made', () =>
  withPlace(async place => {
    await twoLives(place, 'between');
    const lines = await told(place);
    assert.equal(lines.slice(0, 2), ['made a', 'made b']);
    assert.not.ok(lines.slice(0, 2).includes('made c'));
    assert.equal(
      lines.filter(line => line.startsWith('undone')),
      ['undone c', 'undone b', 'undone a'],
    );
    const { row, last } = await stored(place);
    assert.is(row?.state, 'failed');
    assert.is(last?.reason?.undo?.done, 3);
  }));

test.run();
