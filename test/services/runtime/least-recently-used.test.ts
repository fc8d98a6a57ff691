import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LeastRecentlyUsed, type Link } from '../../../services/runtime/least-recently-used.ts';

const test = suite('least recently used');

const item = (name: string) => ({ name, previous: null, next: null }) as Link & { name: string };

function rest(list: LeastRecentlyUsed<Link & { name: string }>): string {
  let names = '';
  for (let next = list.shift(); next !== undefined; next = list.shift()) names += next.name;
  return names;
}

test('the first to leave is the one that came first', () => {
  const list = new LeastRecentlyUsed<Link & { name: string }>();
  for (const name of 'abc') list.add(item(name));
  assert.is(list.size, 3);
  assert.is(rest(list), 'abc');
  assert.is(list.size, 0);
  assert.is(list.shift(), undefined);
});

test('one that is taken out leaves the others in order, wherever it stood', () => {
  for (const gone of 'abc') {
    const list = new LeastRecentlyUsed<Link & { name: string }>();
    const items = [...'abc'].map(item);
    for (const one of items) list.add(one);
    for (const one of items) if (one.name === gone) list.remove(one);
    list.add(item('d'));
    assert.is(list.size, 3);
    assert.is(rest(list), 'abcd'.replace(gone, ''));
  }
});

test('one that was taken out may come back, as the last', () => {
  const list = new LeastRecentlyUsed<Link & { name: string }>();
  const [a, b] = [item('a'), item('b')];
  list.add(a);
  list.add(b);
  list.remove(a);
  list.add(a);
  assert.is(rest(list), 'ba');
});

test.run();
