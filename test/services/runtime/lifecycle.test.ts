import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RecoveryClosedError } from '../../../services/errors.ts';
import { Lifecycle } from '../../../services/runtime/lifecycle.ts';

const test = suite('lifecycle of a recovery');
const turn = () => new Promise(resolve => setImmediate(resolve));

test('what begins during a hold begins after it, in order and a few at a time', async () => {
  const lifecycle = new Lifecycle();
  const begun: number[] = [];
  lifecycle.hold();
  for (let n = 0; n < 200; n++) lifecycle.begin(() => begun.push(n));
  assert.is(begun.length, 0);
  lifecycle.release();
  assert.ok(begun.length < 200, 'all in one turn');
  lifecycle.begin(() => begun.push(200));
  for (let turns = 0; turns < 10; turns++) await turn();
  assert.equal(
    begun,
    Array.from({ length: 201 }, (_, n) => n),
  );
  lifecycle.begin(() => begun.push(201));
  assert.is(begun.length, 202);
});

test('nothing begins once it closes, held before or not', async () => {
  const lifecycle = new Lifecycle();
  const begun: string[] = [];
  lifecycle.hold();
  lifecycle.begin(() => begun.push('held'));
  lifecycle.close();
  lifecycle.release();
  lifecycle.begin(() => begun.push('late'));
  await turn();
  assert.equal(begun, []);
  assert.throws(
    () => lifecycle.refuseWhenClosed(),
    (error: unknown) => error instanceof RecoveryClosedError,
  );
});

test.run();
