import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KeptAnswer } from '../../../adapters/http/kept-answer.ts';
import { Timeline } from '../../../adapters/http/timeline.ts';
import type { OperationTransition, Transition } from '../../../services/ports.ts';
import { timelineBucketSchema } from '../../../services/protocol.ts';
import { breakerTransition, moved } from '../../contract/persistence-rows.ts';
import { rejects } from '../../support/rejects.ts';

const test = suite('http timeline and kept answers');

const MINUTE = 60_000;

function timeline(start = 1_000_000_000) {
  const clock = { now: start };
  const line = new Timeline(() => clock.now);
  const commit = (...transitions: Partial<OperationTransition>[]) =>
    line.committed({
      transitions: transitions.map(
        parts => ({ ...moved('a', 1), position: 1, ...parts }) as Transition,
      ),
    });
  return { clock, line, commit };
}

const NOTHING = {
  started: 0,
  succeeded: 0,
  failed: 0,
  exhausted: 0,
  retries: 0,
  recovery_time: null,
};

test('counts by five seconds what has become durable', () => {
  const { clock, line, commit } = timeline();
  commit({ event: 'create', to: 'pending' }, { event: 'create', to: 'pending' });
  commit({ to: 'recovering', reason: { kind: 'retry', message: 'm' } });
  clock.now += 4_999;
  commit({ to: 'success' });
  clock.now += 1;
  commit({ to: 'failed' }, { to: 'exhausted' }, { to: 'exhausted' }, { to: 'in_progress' });
  line.committed({ transitions: [{ ...breakerTransition('k', 1), position: 2 }] });
  line.ended({ recoveryTime: undefined });
  line.ended({ recoveryTime: 1_000 });
  line.ended({ recoveryTime: 2_000 });
  clock.now += 10_000;
  const read = line.read();
  assert.equal(read, [
    { at: '1970-01-12T13:46:40.000Z', ...NOTHING, started: 2, succeeded: 1, retries: 1 },
    { at: '1970-01-12T13:46:45.000Z', ...NOTHING, failed: 1, exhausted: 2, recovery_time: 1_500 },
    { at: '1970-01-12T13:46:50.000Z', ...NOTHING },
    { at: '1970-01-12T13:46:55.000Z', ...NOTHING },
  ]);
  for (const bucket of read) timelineBucketSchema.parse(bucket);
});

test('remembers a quarter of an hour, without gaps', () => {
  const { clock, line, commit } = timeline();
  commit({ event: 'create' });
  clock.now += 15 * MINUTE - 5_000;
  assert.is(line.read().length, 180);
  assert.is(line.read()[0]?.started, 1);
  clock.now += 5_000;
  assert.is(line.read().length, 180);
  assert.is(
    line.read().reduce((sum, { started }) => sum + started, 0),
    0,
  );
});

test('goes on where its clock is corrected, and begins anew where it is set', () => {
  const { clock, line, commit } = timeline();
  commit({ event: 'create' });
  clock.now -= 1;
  commit({ event: 'create' });
  assert.equal(
    line.read().map(({ started }) => started),
    [2],
  );
  clock.now -= 60 * MINUTE;
  commit({ event: 'create' });
  assert.equal(
    line.read().map(({ at, started }) => [at, started]),
    [['1970-01-12T12:46:35.000Z', 1]],
  );
  clock.now += 1_000 * 60 * MINUTE;
  assert.is(line.read().length, 1);
});

test('is bounded and in order, whatever its clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -2_000_000, max: 2_000_000 })), steps => {
      const { clock, line, commit } = timeline();
      for (const step of steps) {
        clock.now += step;
        commit({ event: 'create' });
        const instants = line.read().map(({ at }) => Date.parse(at));
        assert.ok(instants.length <= 180);
        for (let at = 1; at < instants.length; at++) {
          assert.is((instants[at] as number) - (instants[at - 1] as number), 5_000);
        }
      }
    }),
    { numRuns: 300, seed: 3 },
  );
});

test('an answer is worked out once for all who ask meanwhile, and kept for its time', async () => {
  const clock = { now: 0 };
  const open: ((answer: number) => void)[] = [];
  const answer = new KeptAnswer(
    () => new Promise<number>(resolve => open.push(resolve)),
    5_000,
    () => clock.now,
  );
  const asked = [answer.get(), answer.get(), answer.get()];
  assert.is(open.length, 1);
  open[0]?.(7);
  assert.equal(await Promise.all(asked), [7, 7, 7]);
  clock.now = 4_999;
  assert.is(await answer.get(), 7);
  assert.is(open.length, 1);
  clock.now = 5_000;
  const later = answer.get();
  assert.is(open.length, 2);
  open[1]?.(8);
  assert.is(await later, 8);
});

test('a failure reaches all who asked, and is not kept', async () => {
  let fails = true;
  const answer = new KeptAnswer(async () => {
    if (fails) throw new RangeError('no');
    return 1;
  }, 5_000);
  await Promise.all([rejects(answer.get(), RangeError), rejects(answer.get(), RangeError)]);
  fails = false;
  assert.is(await answer.get(), 1);
});

test.run();
