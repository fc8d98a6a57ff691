import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Transition } from '../../../services/ports.ts';
import { LatestPosition, latestPosition } from '../../../services/stream/latest-position.ts';

const test = suite('the latest position');

test('is found in few reads, whatever was pruned', async () => {
  const some = fc.uniqueArray(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(some, fc.nat(1_100_000), async (positions, from) => {
      let reads = 0;
      const sorted = positions.toSorted((a, b) => a - b);
      const read = async ({ since = 0 }) => {
        assert.ok(++reads < 100, 'too many reads');
        const position = sorted.find(candidate => candidate > since);
        return position === undefined ? [] : [{ position } as Transition];
      };
      assert.is(await latestPosition(read, from), Math.max(from, ...sorted));
    }),
    { numRuns: 500, seed: 8 },
  );
});

test('takes one read once it was heard of, and finds what others have written', async () => {
  const positions = [3, 700];
  let reads = 0;
  const latest = new LatestPosition(async ({ since = 0 }) => {
    reads++;
    return positions.filter(p => p > since).map(position => ({ position }) as Transition);
  });
  assert.is(await latest.find(), 700);
  reads = 0;
  positions.push(900);
  latest.heard(900);
  assert.is(await latest.find(), 900);
  assert.is(reads, 1);
  positions.push(5_000);
  assert.is(await latest.find(), 5_000);
  positions.splice(0);
  assert.is(await latest.find(), 5_000);
});

test.run();
