import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../../adapters/system/system-clock.ts';

const test = suite('system clock');

test('it tells the time of day', () => {
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 1_000);
});

test('a timer fires once, later; a cleared one does not', async () => {
  const fired: string[] = [];
  const cleared = systemClock.setTimeout(() => fired.push('cleared'), 1);
  await new Promise<void>(resolve => {
    systemClock.setTimeout(() => {
      fired.push('kept');
      resolve();
    }, 5);
    systemClock.clearTimeout(cleared);
    assert.equal(fired, []);
  });
  assert.equal(fired, ['kept']);
});

test.run();
