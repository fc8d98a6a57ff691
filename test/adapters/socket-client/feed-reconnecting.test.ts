import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerRefusedError, ServerUnreachableError } from '../../../adapters/http-client/index.ts';
import { ValidationError } from '../../../services/errors.ts';
import { problem, refusal } from './support/fake-server.ts';
import { bench } from './support/reading.ts';

const test = suite('a feed that loses its server');

test('subscribes again after it was dropped, over the same connection and when the server wants it back', async () => {
  const { server, clock, reading } = bench();
  server.begin(0);
  server.say('live', { position: 0 });
  server.update(4);
  server.say('dropped', { reason: 'too slow', position: 6, retry_after: 7_000 });
  assert.equal(server.asked.length, 2);
  await clock.advance(7_099);
  assert.equal(server.asked.length, 2);
  await clock.advance(1);
  assert.equal(server.asked, ['connect', {}, { since: 6 }]);
  server.answer({ ok: true, result: { position: 6 } });
  server.update(7);
  assert.equal(reading.positions, [4, 7]);
  assert.equal(
    reading.items.find(({ kind }) => kind === 'dropped'),
    {
      kind: 'dropped',
      reason: 'too slow',
      position: 6,
      retryAfter: 7_000,
    },
  );
  server.say('live', { position: 7 });
  // Whatever it says, it is left alone for a second.
  server.say('dropped', { reason: 'too slow', position: 7, retry_after: 0 });
  await clock.advance(1_099);
  assert.equal(server.asked.length, 3);
  await clock.advance(1);
  assert.equal(server.asked.length, 4);
  reading.leave();
});

test('waits twice as long before each further try, up to a limit, and anew once it was live', async () => {
  const { server, clock, reading } = bench();
  server.begin(0);
  server.say('live', { position: 0 });
  server.say('disconnect', 'transport close');
  const waits: number[] = [];
  const connects = () => server.asked.filter(asked => asked === 'connect').length;
  for (let tries = 0; tries < 6; tries++) {
    const [before, from] = [connects(), clock.now()];
    while (connects() === before) await clock.advance(10);
    waits.push(clock.now() - from);
    server.say('connect_error', new Error('websocket error'));
  }
  assert.equal(waits, [100, 200, 400, 800, 1_000, 1_000]);
  await clock.advance(1_000);
  server.begin(0);
  server.say('live', { position: 0 });
  server.say('disconnect', 'transport close');
  const before = connects();
  await clock.advance(100);
  assert.is(connects(), before + 1);
  assert.is(reading.end, undefined);
  reading.leave();
});

test('draws its waits, so that not all clients come back at once', async () => {
  const { server, clock, reading } = bench({ random: () => 0 });
  server.begin(0);
  server.say('live', { position: 0 });
  server.say('disconnect', 'transport close');
  await clock.advance(50);
  assert.is(server.asked.at(-1), 'connect');
  reading.leave();
});

test('ends where it is refused: at once, and after it was live', async () => {
  for (const live of [false, true]) {
    const { server, clock, reading } = bench();
    if (live) {
      server.begin(0);
      server.say('live', { position: 0 });
      server.say('disconnect', 'transport close');
      await clock.advance(100);
    }
    server.say('connect_error', refusal(401, 'UNAUTHORIZED'));
    assert.instance(reading.end, ServerRefusedError);
    assert.match((reading.end as Error).message, 'wants a token');
    assert.is(server.asked.at(-1), 'disconnect');
    assert.is(clock.pending, 0);
  }
});

test('ends where its subscription is refused', () => {
  const { server, reading } = bench();
  server.say('connect');
  server.answer({ ok: false, problem: problem(400, 'VALIDATION') });
  assert.instance(reading.end, ValidationError);
});

test('tries again where a refusal may pass by', async () => {
  const { server, clock, reading } = bench();
  server.say('connect');
  server.answer({ ok: false, problem: problem(429, 'RATE_LIMITED') });
  await clock.advance(1_100);
  assert.equal(server.asked, ['connect', {}, {}]);
  server.fallSilent();
  await clock.advance(1_200);
  assert.equal(server.asked.length, 4);
  server.answer({ ok: true, result: { position: 0 } });
  server.say('live', { position: 0 });
  server.say('disconnect', 'transport close');
  await clock.advance(100);
  server.say('connect_error', refusal(503, 'RECOVERY_CLOSED'));
  await clock.advance(200);
  server.begin(0);
  assert.is(reading.end, undefined);
  assert.is(reading.way.at(-1), 'catching_up');
  reading.leave();
});

test('ends where the first connection does not come about, and says why', () => {
  const error = Object.assign(new Error('websocket error'), {
    description: { error: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) },
  });
  const refused = bench();
  refused.server.say('connect_error', error);
  assert.instance(refused.reading.end, ServerUnreachableError);
  assert.match((refused.reading.end as Error).message, 'connection was refused');
  const other = bench();
  other.server.say('connect_error', new Error('websocket error'));
  assert.match((other.reading.end as Error).message, 'no WebSocket comes about');
});

test.run();
