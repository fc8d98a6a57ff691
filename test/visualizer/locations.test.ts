import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addressOf,
  basePathOf,
  NO_QUERY,
  type Place,
  placeOf,
  tokenIn,
} from '../../visualizer/app/locations.ts';

const placeAt = (address: string, base = ''): Place =>
  placeOf(new URL(address, 'http://localhost'), base);

const PLACES: readonly Place[] = [
  { view: 'overview' },
  { view: 'operations', query: NO_QUERY, key: '' },
  {
    view: 'operations',
    query: {
      states: ['failed', 'exhausted'],
      names: ['a b', 'c&d'],
      since: '24h',
      until: '',
      sort: '-updatedAt',
    },
    key: 'https://host/?q=1#x',
  },
  { view: 'operation', id: 'a/b?c#d %' },
  { view: 'operation', id: '<img src=x onerror=alert(1)>' },
  { view: 'breakers', key: '' },
  { view: 'breakers', key: 'key & = # + %' },
  { view: 'machines', name: '' },
  { view: 'machines', name: 'breaker' },
];

for (const base of ['', '/recovery', '/a/b']) {
  test(`every place has an address that leads back to it, under ${JSON.stringify(base)}`, () => {
    for (const place of PLACES) {
      const address = addressOf(place, base);
      assert.ok(address.startsWith(`${base}/`), address);
      assert.equal(placeAt(address, base), place, address);
    }
  });
}

test('a breaker’s key stands in the fragment, which no server sees', () => {
  const url = new URL(addressOf({ view: 'breakers', key: 'tenant-42' }, ''), 'http://localhost');
  assert.not.match(url.pathname + url.search, 'tenant');
  assert.match(url.hash, 'tenant-42');
});

test('what leads nowhere is nowhere, and never an error', () => {
  for (const address of ['/elsewhere', '/operations/a/b', '/machines/a/b/c']) {
    assert.equal(placeAt(address), { view: 'nowhere' }, address);
  }
  assert.equal(placeAt('/recoveryother', '/recovery'), { view: 'nowhere' });
  assert.equal(placeOf({ pathname: '/operations/%E0%A4%A', search: '', hash: '' }, ''), {
    view: 'operation',
    id: '%E0%A4%A',
  });
});

test('a state that does not exist is no filter', () => {
  const place = placeAt('/operations?state=failed&state=__proto__&state=');
  assert.equal(place.view === 'operations' && place.query.states, ['failed']);
});

test('a token is taken out of the fragment, and the rest stays', () => {
  assert.equal(tokenIn('#token=abc%2F1'), { token: 'abc/1', rest: '' });
  assert.equal(tokenIn('#key=a&token=abc'), { token: 'abc', rest: '#key=a' });
  assert.equal(tokenIn('#key=a'), { token: null, rest: '#key=a' });
  assert.equal(tokenIn(''), { token: null, rest: '' });
});

test('a base path has no slash at its end', () => {
  assert.equal(['', '/', '/recovery', '/recovery/', null].map(basePathOf), [
    '',
    '',
    '/recovery',
    '/recovery',
    '',
  ]);
});

test.run();
