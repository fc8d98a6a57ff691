import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../services/errors.ts';
import type { FeedItem } from '../../../services/ports.ts';
import { positions, Reader, Source, turns } from './support/source.ts';

const test = suite('feeds');

async function opened(): Promise<Source> {
  const source = new Source();
  await source.store.open();
  return source;
}

async function item<Kind extends FeedItem['kind']>(
  feed: AsyncIterator<FeedItem, undefined>,
  kind: Kind,
): Promise<Extract<FeedItem, { kind: Kind }>> {
  const { value } = await feed.next();
  assert.is(value?.kind, kind);
  return value as Extract<FeedItem, { kind: Kind }>;
}

test('without `since` it begins with what happens from then on', async () => {
  const source = await opened();
  await source.commit(['a']);
  const feed = source.feed();
  await source.commit(['b', 'c']);
  const { transitions, live, position } = await item(feed, 'transitions');
  assert.equal([positions(transitions), live, position], [[2, 3], true, 3]);
  assert.is(source.reads, 0);
});

test('the item that ends a replay says so, also where nothing was missed', async () => {
  const source = await opened();
  await source.commit(['a']);
  const all = await item(source.feed({ since: 0 }), 'transitions');
  assert.equal([all.transitions.length, all.live], [1, true]);
  const none = await item(source.feed({ since: 1 }), 'transitions');
  assert.equal([none.transitions.length, none.live, none.position], [0, true, 1]);
});

test('a reader that does not read makes no more than the limit wait, however much happens', async () => {
  const source = await opened();
  const feeds = [
    source.feed({ limit: 10 }),
    source.feed({ limit: 10, slow: 'reread' }),
    source.feed({ limit: 10, since: 0 }),
  ];
  for (let index = 0; index < 500; index++) {
    await source.commit([`operation-${index}`, 'same']);
    for (const feed of feeds) assert.ok(feed.waiting <= 10, `${feed.waiting} wait`);
  }
});

test('a slow reader gets the latest transition of each operation, in order, and how many were left out', async () => {
  const source = await opened();
  const feed = source.feed({ limit: 4 });
  await source.commit(['a', 'b', 'a', 'b', 'a', '!k', 'b', '!k']);
  const { transitions, skipped } = await item(feed, 'transitions');
  assert.equal([positions(transitions), skipped], [[5, 7, 8], 5]);
  await source.commit(['a', 'a']);
  const after = await item(feed, 'transitions');
  assert.equal([positions(after.transitions), after.skipped], [[9, 10], 0]);
});

test('a reader that is too slow even for that is dropped with a reason, and goes on from its position', async () => {
  const source = await opened();
  const feed = source.feed({ limit: 3 });
  await source.commit(['z']);
  await item(feed, 'transitions');
  await source.commit(['a', 'a', 'b', 'c', 'd']);
  assert.is(feed.waiting, 0);
  const { reason, position } = await item(feed, 'dropped');
  assert.match(reason, 'too slow');
  assert.equal(await feed.next(), { done: true, value: undefined });
  const { transitions } = await item(source.feed({ since: position }), 'transitions');
  assert.equal(positions(transitions), [2, 3, 4, 5, 6]);
});

test('one slow reader takes nothing from the others', async () => {
  const source = await opened();
  source.feed({ limit: 1 });
  const reader = new Reader(source.feed({ limit: 100 }));
  for (let index = 0; index < 50; index++) await source.commit([`operation-${index}`]);
  await turns(5);
  await reader.stop();
  assert.is(reader.told.length, 50);
  assert.equal(new Set(reader.skipped), new Set([0]));
});

test('a slow reader that asks for everything gets it from the store', async () => {
  const source = await opened();
  const feed = source.feed({ limit: 3, slow: 'reread' });
  await source.commit(['a', 'b', 'c', 'd', 'e']);
  const { transitions, live } = await item(feed, 'transitions');
  assert.equal([positions(transitions), live], [[1, 2, 3, 4, 5], true]);
});

test('more than the limit that happens during the last read is read too, and nobody is dropped for it', async () => {
  const source = await opened();
  await source.commit(['a']);
  const feed = source.feed({ since: 0, limit: 3 });
  source.readLatency = 10;
  const first = item(feed, 'transitions');
  await turns(2);
  await source.commit(['b', 'c', 'd', 'e', 'f']);
  assert.equal(positions((await first).transitions), [1]);
  const { transitions, live } = await item(feed, 'transitions');
  assert.equal([positions(transitions), live], [[2, 3, 4, 5, 6], true]);
});

test('one that comes with a position of another store gets a snapshot, and then what happens', async () => {
  const source = await opened();
  await source.commit(['a', 'b']);
  for (const options of [{}, { ids: ['a'] }]) {
    const feed = source.feed({ since: 900, ...options });
    const first = await item(feed, 'snapshot');
    const { position } = await source.all().then(all => all.at(-1) as { position: number });
    assert.is(first.position, position);
    await source.commit(['a']);
    const later = [...(await item(feed, 'transitions')).transitions];
    if (later.length === 0) later.push(...(await item(feed, 'transitions')).transitions);
    assert.equal(positions(later), [position + 1]);
    await feed.return();
  }
});

test('one that is further behind than maxReplay gets a snapshot, and then what came after it', async () => {
  const source = await opened();
  await source.commit(Array(30).fill('a'));
  const feed = source.feed({ since: 5, maxReplay: 20 });
  await source.commit(['b']);
  const { position, operations, more } = await item(feed, 'snapshot');
  assert.equal([position, operations, more], [31, [], false]);
  await source.commit(['c']);
  const { transitions } = await item(feed, 'transitions');
  assert.equal(positions(transitions), [32]);
  await item(source.feed({ since: 12, maxReplay: 20 }), 'transitions');
});

test('the feed of a single operation has all of its past, however long ago', async () => {
  const source = await opened();
  await source.commit(['a', ...Array(50).fill('b'), 'a']);
  const feed = source.feed({ since: 0, maxReplay: 10, ids: ['a'] });
  const { transitions } = await item(feed, 'transitions');
  assert.equal(positions(transitions), [1, 52]);
});

test('filters hold for what was missed and for what comes', async () => {
  const source = await opened();
  const told = async (filter: object) => {
    const feed = source.feed({ since: before, ...filter });
    const missed = await item(feed, 'transitions');
    return [...positions(missed.transitions)].map(position => position - before);
  };
  let before = 0;
  await source.commit(['a', 'b', '!k', '!l', 'a']);
  assert.equal(await told({}), [1, 2, 3, 4, 5]);
  assert.equal(await told({ ids: ['a', 'x'] }), [1, 5]);
  assert.equal(await told({ keys: ['!l'] }), [4]);
  assert.equal(await told({ keys: ['!k'], ids: ['b'] }), [2, 3]);
  assert.equal(await told({ names: ['n'] }), [1, 2, 5]);
  assert.equal(await told({ states: ['failed'] }), []);
  assert.equal(await told({ states: ['pending', 'failed'] }), [1, 2, 5]);
  const live = source.feed({ ids: ['b'] });
  before = 5;
  await source.commit(['a', '!k', 'b']);
  assert.equal(positions((await item(live, 'transitions')).transitions), [8]);
});

test('return() ends a feed that waits, and closing ends all of them', async () => {
  const source = await opened();
  const [left, open] = [source.feed(), source.feed({ since: 0 })];
  const waiting = left.next();
  await left.return();
  assert.equal(await waiting, { done: true, value: undefined });
  await item(open, 'transitions');
  const last = open.next();
  source.restart();
  assert.equal(await last, { done: true, value: undefined });
});

test('every option that cannot be used is named', async () => {
  const source = await opened();
  const bad = { since: -1, limit: 0, slow: 'never', ids: 'a', states: ['gone'], sinse: 1 };
  assert.throws(
    () => source.feed(bad as never),
    (error: unknown) => {
      assert.instance(error, ConfigError);
      const problems = (error as ConfigError).details.problems as { option: string }[];
      assert.equal(
        problems.map(({ option }) => option).sort(),
        ['ids', 'limit', 'since', 'sinse', 'slow', 'states.0'].sort(),
      );
      return true;
    },
  );
});

test.run();
