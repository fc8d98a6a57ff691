import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Batch, Hub } from '../../visualizer/connection/hub.ts';
import { update } from './support/wire.ts';

function listening() {
  const hub = new Hub(60_000);
  const batches: Batch[] = [];
  const end = hub.listen(batch => batches.push(batch));
  return { hub, batches, end };
}

test('hands on in batches what has come, in order', () => {
  const { hub, batches } = listening();
  for (let position = 1; position <= 1_000; position += 1) {
    hub.updated(update('a', { position }));
  }
  assert.is(batches.length, 0);
  hub.flush();
  assert.equal(batches[0]?.updates.map(({ position }) => position).slice(0, 3), [1, 2, 3]);
  assert.is(batches[0]?.updates.length, 1_000);
  hub.flush();
  assert.is(batches[1]?.updates.length, 0);
});

test('knows the last position, however it came', () => {
  const { hub } = listening();
  assert.is(hub.position, null);
  hub.reached(4);
  hub.updated(update('a', { position: 7 }));
  assert.is(hub.position, 7);
  hub.conflated(12);
  assert.is(hub.position, 12);
  hub.flush();
});

test('keeps only the latest progress of an operation', () => {
  const { hub, batches } = listening();
  for (const value of [1, 2, 3]) {
    hub.progressed({ operation_id: 'a', function_name: 'f', attempt: 1, value, timestamp: '' });
  }
  hub.flush();
  assert.equal(
    batches[0]?.progress.map(({ value }) => value),
    [3],
  );
});

test('says where something may be missing, once', () => {
  const { hub, batches } = listening();
  hub.snapshotTaken({ position: 3, operations: [], breakers: [], more: true });
  hub.flush();
  hub.updated(update('a'));
  hub.flush();
  assert.equal(
    batches.map(({ gap }) => gap),
    [true, false],
  );
});

test('a snapshot of an earlier position is of another store', () => {
  const { hub, batches } = listening();
  hub.updated(update('a', { position: 900 }));
  hub.snapshotTaken({ position: 5, operations: [], breakers: [], more: false });
  assert.is(hub.position, 5);
  hub.flush();
  assert.ok(batches[0]?.anew);
  hub.snapshotTaken({ position: 6, operations: [], breakers: [], more: false });
  hub.flush();
  assert.not(batches[1]?.anew);
});

test('who has stopped listening hears nothing', () => {
  const { hub, batches, end } = listening();
  end();
  hub.subscribed();
  hub.flush();
  assert.equal(batches, []);
});

test.run();
