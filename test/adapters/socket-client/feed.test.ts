import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RecoveryError } from '../../../services/errors.ts';
import { bench, Reading } from './support/reading.ts';

const test = suite('feed of a server');

test('begins from now on, and goes on after the last position that it was told', async () => {
  const { server, clock, reading } = bench({ filter: { ids: ['a'] } });
  assert.equal(server.asked, ['connect']);
  server.begin(7);
  assert.equal(server.asked[1], { ids: ['a'] });
  server.say('live', { position: 7 });
  server.update(8);
  server.update(12);
  server.say('disconnect', 'transport close');
  await clock.advance(100);
  server.begin(12);
  assert.equal(server.asked.at(-1), { ids: ['a'], since: 12 });
  server.say('live', { position: 12 });
  assert.equal(reading.positions, [8, 12]);
  assert.equal(reading.way, [
    'connecting',
    'catching_up',
    'live',
    ...['reconnecting', 'reconnecting', 'catching_up', 'live'],
  ]);
  reading.leave();
});

test('goes on after where it began, also where it was told nothing', async () => {
  const { server, clock, reading } = bench();
  server.begin(7);
  server.say('disconnect', 'transport close');
  await clock.advance(100);
  server.say('connect');
  assert.equal(server.asked.at(-1), { since: 7 });
  reading.leave();
});

test('where it is to begin is for the reader to say', () => {
  const { server, reading } = bench({ since: 3, token: 'token' });
  // Whatever the server takes it for.
  server.begin(100);
  assert.equal(server.asked[1], { since: 3 });
  assert.equal(server.tokens, ['token']);
  server.update(4);
  assert.equal(reading.positions, [4]);
  reading.leave();
});

test('passes on once what it is told twice', () => {
  const { server, reading } = bench();
  server.begin(0);
  for (const position of [1, 2, 2, 1, 3]) server.update(position);
  server.say('breaker_update', {
    key: 'k',
    state: 'open',
    timestamp: new Date(0).toISOString(),
    position: 3,
    seq: 1,
    from_state: 'closed',
    event: 'e',
    reason: null,
  });
  assert.equal(reading.positions, [1, 2, 3]);
  reading.leave();
});

test('what was caught up with without being told counts as known', async () => {
  const { server, clock, reading } = bench();
  server.begin(0);
  server.say('live', { position: 900 });
  server.say('disconnect', 'transport close');
  await clock.advance(100);
  server.say('connect');
  assert.equal(server.asked.at(-1), { since: 900 });
  reading.leave();
});

test('a snapshot moves the position, also back where the server has another store', async () => {
  const { server, clock, reading } = bench({ since: 500 });
  server.begin(500);
  server.say('snapshot', { position: 20, operations: [], breakers: [], more: false });
  server.update(21);
  assert.equal(reading.positions, [21]);
  assert.ok(reading.way.includes('snapshot'));
  server.say('disconnect', 'transport close');
  await clock.advance(100);
  server.say('connect');
  assert.equal(server.asked.at(-1), { since: 21 });
  reading.leave();
});

test('says what was left out, and what is told of progress', () => {
  const { server, reading } = bench();
  server.begin(0);
  // Before the transitions that it is about, with a position behind them.
  server.say('conflated', { skipped: 5, position: 9 });
  server.update(8);
  server.update(9);
  server.say('progress', {
    operation_id: 'x',
    function_name: 'f',
    attempt: 1,
    value: { done: 1 },
    timestamp: new Date(5_000).toISOString(),
  });
  assert.equal(reading.positions, [8, 9]);
  assert.equal(reading.items.at(-4), { kind: 'conflated', skipped: 5 });
  assert.equal(reading.items.at(-1), {
    kind: 'progress',
    progress: { operationId: 'x', name: 'f', attempt: 1, value: { done: 1 }, at: 5_000 },
  });
  reading.leave();
});

test('ends at a message that it does not understand, rather than leave it out', () => {
  const messages: [string, unknown][] = [
    ['recovery_update', { position: 1 }],
    ['breaker_update', null],
    ['progress', 'half'],
    ['snapshot', { position: -1 }],
    ['live', {}],
    ['conflated', { skipped: 0 }],
    ['dropped', undefined],
  ];
  for (const [event, message] of messages) {
    const { server, reading } = bench();
    server.begin(0);
    server.say(event, message);
    assert.instance(reading.end, RecoveryError, event);
    assert.match((reading.end as Error).message, `does not understand ("${event}")`);
  }
  const { server, reading } = bench();
  server.say('connect');
  server.answer('yes');
  assert.match((reading.end as Error).message, '("subscribe")');
});

test('leaves when nobody reads any more, whatever it is doing', async () => {
  const doing: ((it: ReturnType<typeof bench>) => void)[] = [
    () => {},
    ({ server }) => server.say('connect'),
    ({ server }) => server.begin(0),
    ({ server }) => {
      server.begin(0);
      server.say('dropped', { reason: 'r', position: 0, retry_after: 0 });
    },
    ({ server }) => {
      server.begin(0);
      server.say('disconnect', 'transport close');
    },
  ];
  for (const act of doing) {
    const it = bench();
    act(it);
    it.reading.leave();
    assert.is(it.server.asked.at(-1), 'disconnect');
    assert.is(it.clock.pending, 0);
    it.server.update(5);
    await it.clock.advance(10_000);
    assert.equal([it.reading.positions, it.reading.end], [[], undefined]);
  }
});

test('refuses an address and a token that cannot be used before anything else', () => {
  assert.throws(() => new Reading({ url: 'server.test' }), /must begin with http/);
  assert.throws(() => new Reading({ url: 'http://server.test', token: 'a b' }), /characters/);
});

/** What may happen to a connection. */
const happening = fc.constantFrom('tell', 'tell', 'tell', 'repeat', 'break', 'drop', 'live');

test('whatever happens to the connection, each transition comes once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async happenings => {
      const { server, clock, reading } = bench({ since: 0 });
      let told = 0;
      const back = async () => {
        // Connected or not, it has asked where to go on by then.
        await clock.advance(5_000);
        if (server.asked.at(-1) === 'connect') server.say('connect');
        const { since = 0 } = server.asked.at(-1) as { since?: number };
        server.answer({ ok: true, result: { position: since } });
        told = since;
      };
      await back();
      let made = 0;
      for (const each of happenings) {
        if (each === 'tell') {
          made = Math.max(made, told + 1);
          server.update(++told);
        }
        if (each === 'repeat') for (let at = 1; at <= told; at++) server.update(at);
        if (each === 'live') server.say('live', { position: told });
        if (each === 'break' || each === 'drop') {
          // Some of it happened and was never heard.
          made += 2;
          if (each === 'break') server.say('disconnect', 'transport close');
          else server.say('dropped', { reason: 'slow', position: told, retry_after: 0 });
          await back();
        }
      }
      while (told < made) server.update(++told);
      reading.leave();
      assert.equal(
        reading.positions,
        Array.from({ length: made }, (_, index) => index + 1),
      );
    }),
    { numRuns: 100, seed: 11 },
  );
});

test.run();
