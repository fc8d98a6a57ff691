import { from, map, Subject, VirtualTimeScheduler } from 'rxjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../services/errors.ts';
import type { Feed, FeedItem, OperationTransition, Transition } from '../../../services/ports.ts';
import { conflateByOperation, forOperation, forState } from '../../../services/stream/operators.ts';
import { watch } from '../../../services/stream/watch.ts';
import { failing } from '../runtime/support/functions.ts';
import { inWorld } from '../runtime/support/world.ts';
import { positions, Reader, Source } from './support/source.ts';

const test = suite('streams');

test(
  'what subscribers throw, reject with or pipe into reaches no operation and no other subscriber, and is logged',
  inWorld(async ({ boot, settle, logged }) => {
    const recovery = await boot();
    const told: string[] = [];
    const scheduler = new VirtualTimeScheduler();
    const boom = () => {
      throw new TypeError('boom');
    };
    recovery.transitions$.subscribe(boom);
    recovery.transitions$.subscribe(async () => boom());
    recovery.transitions$.pipe(map(boom)).subscribe();
    recovery.transitions$
      .pipe(forState('success'), conflateByOperation(1, scheduler))
      .subscribe(boom);
    recovery.transitions$.subscribe({ next() {}, complete: boom });
    // A promise that never settles.
    recovery.transitions$.subscribe(() => new Promise(() => {}));
    recovery.progress$.subscribe(boom);
    recovery.transitions$.subscribe(({ to }) => told.push(to));
    const work = recovery.operation('work', async (_: unknown, op) => op.progress(1));
    await work.run(null);
    await settle();
    scheduler.flush();
    assert.equal(told, ['pending', 'in_progress', 'success']);
    assert.is(logged.length, 3 + 3 + 1 + 1 + 1);
    assert.equal(new Set(logged), new Set(['a subscriber of a stream threw an error']));
  }),
);

test(
  'handle.transitions$ tells an operation from its first transition to its end, whenever one subscribes',
  inWorld(async ({ boot, clock, settle, disk }) => {
    const recovery = await boot();
    const work = recovery.operation('work', failing(1).fn);
    const handle = await work.start('x', { id: 'one' });
    await work.start('y', { id: 'other' });
    await settle();
    const told: OperationTransition[] = [];
    let ended = 0;
    const observer = {
      next: (transition: OperationTransition) => told.push(transition),
      complete: () => ended++,
    };
    handle.transitions$.subscribe(observer);
    await settle();
    assert.is(told.at(-1)?.to, 'recovering');
    await clock.advance(60_000);
    await handle.result();
    await settle();
    assert.equal(told, await disk.history('one'));
    assert.is(ended, 1);
    told.length = 0;
    (await recovery.get('one'))?.transitions$.subscribe(observer);
    await settle();
    assert.equal(told, await disk.history('one'));
    assert.is(ended, 2);
  }),
);

test('an operation that was tried again is not over at its first end, wherever a page of its past ends', async () => {
  const page = (position: number, to: OperationTransition['to'], live: boolean): FeedItem => ({
    kind: 'transitions',
    transitions: [transition(position, 'a', to)],
    skipped: 0,
    live,
    position,
  });
  async function* pages() {
    yield page(1, 'exhausted', false);
    yield page(2, 'success', true);
    assert.unreachable('it was read beyond its end');
  }
  const told: number[] = [];
  const all = watch(() => pages() as unknown as Feed);
  await all.forEach(({ position }) => void told.push(position));
  assert.equal(told, [1, 2]);
});

test(
  'breakers$ tells each breaker as it is when it has changed',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const told: unknown[] = [];
    recovery.breakers$.subscribe(view => told.push([view.key, view.state, 'reset' in view]));
    await recovery.forceBreaker('host', 'isolated');
    await settle();
    assert.equal(told, [['host', 'isolated', false]]);
  }),
);

test(
  'a reader that goes on from its position over crashes sees what the disk has, each transition once and in order',
  inWorld(async ({ boot, clock, settle, crash, disk }) => {
    const seen: number[] = [];
    for (let life = 0; life < 6; life++) {
      const recovery = await boot();
      const feed = recovery.feed({ since: seen.at(-1) ?? 0 });
      const reader = new Reader(feed);
      const work = recovery.operation('work', failing(2).fn);
      await recovery.resume();
      for (let index = 0; index < 5; index++) await work.start(index, { id: `${life}-${index}` });
      await settle();
      // Killed amid retries, with a commit under way.
      await clock.advance(1_000 * (life % 3));
      disk.hold();
      void work.start(9).catch(() => {});
      await settle();
      crash();
      disk.release();
      await reader.stop();
      seen.push(...positions(reader.told));
    }
    const last = await boot();
    const reader = new Reader(last.feed({ since: seen.at(-1) ?? 0 }));
    await settle();
    await reader.stop();
    seen.push(...positions(reader.told));
    const all = await last.transitions({ limit: 10_000 });
    assert.ok(all.length > 100);
    assert.equal(seen, positions(all));
  }),
);

test('nothing is made for anybody while nobody subscribes', () => {
  const { streams } = new Source();
  const untouchable = new Proxy([] as never[], {
    get: () => assert.unreachable('a transition was looked at'),
  });
  streams.publish(untouchable, untouchable);
  const subscription = streams.transitions$.subscribe();
  const feed = streams.feed();
  subscription.unsubscribe();
  void feed.return();
  streams.publish(untouchable, untouchable);
});

const transition = (position: number, owner: string, to: Transition['to']): Transition =>
  owner.startsWith('!')
    ? ({ kind: 'breaker', position, key: owner, to } as Transition)
    : ({ kind: 'operation', position, operationId: owner, to } as Transition);

test('forOperation and forState let through what they are named for', () => {
  const told: number[] = [];
  const all = from([
    transition(1, 'a', 'pending'),
    transition(2, 'b', 'pending'),
    transition(3, '!a', 'open'),
    transition(4, 'a', 'failed'),
  ]);
  all.pipe(forOperation('a')).subscribe(({ position }) => told.push(position));
  all.pipe(forState('open', 'failed')).subscribe(({ position }) => told.push(position * 10));
  assert.equal(told, [1, 4, 30, 40]);
});

test('conflateByOperation tells the latest of each operation once in its time, and the rest at the end', () => {
  const scheduler = new VirtualTimeScheduler();
  const source = new Subject<Transition>();
  const told: [number, number[]][] = [];
  let heard: Transition[] = [];
  let complete = false;
  source.pipe(conflateByOperation(100, scheduler)).subscribe({
    next: transition => heard.push(transition),
    complete: () => {
      complete = true;
    },
  });
  const at = (ms: number, act: () => void) => scheduler.schedule(act, ms);
  const note = (ms: number) =>
    at(ms, () => {
      told.push([ms, positions(heard)]);
      heard = [];
    });
  at(0, () => source.next(transition(1, 'a', 'pending')));
  at(50, () => source.next(transition(2, 'b', 'pending')));
  at(60, () => source.next(transition(3, 'a', 'failed')));
  at(90, () => source.next(transition(4, '!a', 'open')));
  note(99);
  note(101);
  at(500, () => source.next(transition(5, 'a', 'pending')));
  at(510, () => source.complete());
  note(511);
  scheduler.flush();
  assert.equal(told, [
    [99, []],
    [101, [2, 3, 4]],
    [511, [5]],
  ]);
  assert.ok(complete);
  for (const ms of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(
      () => conflateByOperation(ms),
      (error: unknown) => error instanceof ConfigError,
    );
  }
});

test.run();
