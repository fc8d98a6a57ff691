import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Plan, playWalk } from './support/play.ts';

/** Walks that have broken something once, as short as they could be made. */
const test = suite('walks that found something');

const plan = (...tries: Plan['tries']): Plan => ({ place: 'p1', tries, fallback: [] });

test('a recovery that is closed leaves no timer of one that waits for a lock', async () => {
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'start', id: 0, name: 'locked', plan: plan([{ do: 'fail', how: 'reset' }]) },
    { do: 'start', id: 1, name: 'locked', plan: plan([]) },
    { do: 'close', resume: true },
  ]);
});

test('one that is cancelled while it is only in the store counts as failed', async () => {
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'start', id: 4, name: 'plain', plan: plan([{ do: 'hang', heeds: true }]) },
    { do: 'die', death: 'killed', calls: 0, resume: false },
    { do: 'cancel', of: 'o4' },
    { do: 'resume' },
  ]);
});

test('a child is not begun again while its parent has ended', async () => {
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    {
      do: 'start',
      id: 3,
      name: 'locked',
      plan: plan([{ do: 'child', key: 'x', plan: 2 }]),
    },
    { do: 'advance', ms: 100 },
    { do: 'retry', of: 'o3/x' },
  ]);
});

test('one that goes on before it has begun begins also where the store refuses to note that at first', async () => {
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'start', id: 0, name: 'plain', plan: plan([{ do: 'wait', ms: 180 }]) },
    { do: 'start', id: 1, name: 'plain', plan: plan([]) },
    { do: 'pause', of: 'o1' },
    { do: 'trouble', trouble: 'ENOSPC' },
    { do: 'continue', of: 'o1' },
    { do: 'heal' },
  ]);
});

test('one whose time runs out while it waits for its lock does not wait for it any more while its fallback stands in', async () => {
  const stuck: Plan = {
    place: 'p1',
    tries: [[{ do: 'hang', heeds: false }]],
    fallback: [{ do: 'wait', ms: 180 }],
  };
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'rush', id: 0, count: 2, name: 'standing', plan: stuck },
    { do: 'advance', ms: 5_000 },
  ]);
});

test('one that the breaker refuses while the store refuses to know of it leaves its breaker once', async () => {
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'rush', id: 0, count: 3, name: 'plain', plan: plan([{ do: 'fail', how: 'reset' }]) },
    { do: 'trouble', trouble: 'ENOSPC' },
    { do: 'start', id: 3, name: 'plain', plan: plan([]) },
    { do: 'advance', ms: 1 },
  ]);
});

test('a recovery that is closed waits no longer for a function that did not heed its time-out', async () => {
  await playWalk({ store: 'memory', seed: 0, concurrency: 2 }, [
    { do: 'rush', id: 0, count: 2, name: 'hedged', plan: plan([{ do: 'wait', ms: 1_000 }]) },
    { do: 'advance', ms: 718 },
    { do: 'close', resume: true },
  ]);
});

test('one whose time was over before it had its lock does not have it after a restart, while its fallback stands in', async () => {
  const acts = (fallback: Plan['fallback'], tries: Plan['tries']): Plan => ({
    place: 'p1',
    tries,
    fallback,
  });
  const ledger = await playWalk({ store: 'memory', seed: 0, concurrency: 3 }, [
    { do: 'start', id: 0, name: 'standing', plan: acts([], [[{ do: 'hang', heeds: false }]]) },
    { do: 'start', id: 1, name: 'standing', plan: acts([{ do: 'wait', ms: 450 }], [[]]) },
    { do: 'advance', ms: 5_100 },
    { do: 'die', death: 'killed', calls: 0, resume: true },
    { do: 'start', id: 2, name: 'standing', plan: acts([], [[]]) },
  ]);
  const events = (id: string) => ledger.history(id).map(({ event }) => event);
  assert.ok(events('o1').includes('fallback.interrupted'), events('o1').join(' '));
  assert.not.ok(events('o2').includes('lock.wait'), events('o2').join(' '));
});

test('one that has never had its lock has none either after a restart, while it takes back what its fallback has done', async () => {
  const tries = [[{ do: 'fail', how: 'reset' }]] as const;
  const undo = { do: 'undo', name: 'remove', key: '1', tries } as const;
  const fallback = [undo, { do: 'fail', how: 'denied' }] as const;
  const ledger = await playWalk({ store: 'memory', seed: 0, concurrency: 3 }, [
    { do: 'start', id: 0, name: 'standing', plan: plan([{ do: 'hang', heeds: false }]) },
    { do: 'start', id: 1, name: 'standing', plan: { place: 'p1', tries: [[]], fallback } },
    { do: 'advance', ms: 5_010 },
    { do: 'die', death: 'killed', calls: 0, resume: true },
    { do: 'start', id: 2, name: 'standing', plan: plan([]) },
  ]);
  const events = (id: string) => ledger.history(id).map(({ event }) => event);
  assert.ok(events('o1').includes('undo.failed'), events('o1').join(' '));
  assert.not.ok(events('o2').includes('lock.wait'), events('o2').join(' '));
});

test('one that has ended, but not durably yet, is not told that its time is over', async () => {
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'start', id: 0, name: 'standing', plan: plan([{ do: 'hang', heeds: true }]) },
    { do: 'start', id: 1, name: 'standing', plan: plan([]) },
    { do: 'hold' },
    { do: 'cancel', of: 'o1' },
    { do: 'advance', ms: 5_000 },
  ]);
});

test('what resumes while somebody pauses one of the store reads nothing any more once the recovery is closed', async () => {
  await playWalk({ store: 'sqljs', seed: 0, concurrency: 1 }, [
    { do: 'start', id: 9, name: 'standing', plan: plan([{ do: 'wait', ms: 1_000 }]) },
    { do: 'close', resume: false },
    { do: 'start', id: 4, name: 'whole', plan: plan([{ do: 'child', key: 'x', plan: 0 }]) },
    { do: 'trouble', trouble: 'EIO' },
    { do: 'advance', ms: 434 },
    { do: 'at once', steps: [{ do: 'pause', of: 'o9' }] },
    { do: 'resume' },
    { do: 'close', resume: true },
  ]);
});

test('a child is not retried by itself while its parent takes back, after a restart', async () => {
  const undo = {
    do: 'undo',
    name: 'remove',
    key: '1',
    tries: [[{ do: 'wait', ms: 450 }]],
  } as const;
  const tries = [
    [{ do: 'child', key: 'y', plan: 0 }],
    [undo, { do: 'fail', how: 'denied' }],
  ] as const;
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'configure', values: { concurrency: 2 } },
    { do: 'rush', id: 0, count: 2, name: 'plain', plan: { place: 'p1', tries, fallback: [] } },
    { do: 'die', death: 'killed', calls: 0, resume: true },
    { do: 'retry', of: 'o0/y' },
  ]);
});

test('a timer that fell due while its recovery resumed, and whose operation was paused meanwhile, has nobody to end for', async () => {
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'start', id: 1, name: 'plain', plan: plan([{ do: 'child', key: 'x', plan: 3 }]) },
    { do: 'rush', id: 7, count: 2, name: 'plain', plan: plan([]) },
    { do: 'close', resume: false },
    { do: 'hold' },
    { do: 'cancel', of: 'o8' },
    { do: 'resume' },
    { do: 'at once', steps: [{ do: 'pause', of: 'o1' }] },
    { do: 'release' },
  ]);
});

test('a probe that is cancelled while only the store has it gives its permit back, though its lease goes on', async () => {
  const acts = (tries: Plan['tries']): Plan => ({ place: 'p1', tries, fallback: [] });
  const step = { do: 'step', name: 'a', ms: 1_000, fails: false } as const;
  await playWalk({ store: 'memory', seed: 0, concurrency: 1 }, [
    { do: 'start', id: 0, name: 'waiting', plan: acts([[]]) },
    { do: 'start', id: 1, name: 'waiting', plan: acts([[step], [{ do: 'fail', how: 'reset' }]]) },
    { do: 'advance', ms: 395 },
    { do: 'advance', ms: 666 },
    { do: 'advance', ms: 50 },
    { do: 'set back', ms: 20_000 },
    { do: 'die', death: 'killed', calls: 0, resume: false },
    { do: 'cancel', of: 'o1' },
  ]);
});

test.run();
