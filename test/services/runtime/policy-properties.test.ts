import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OperationTransition, Reason } from '../../../services/ports.ts';
import { drawsOf } from '../../../services/runtime/draws.ts';
import { many } from '../../support/extent.ts';
import {
  actions,
  behaviours,
  type Given,
  IDS,
  lives,
  MAX_DELAY,
  PolicyStory,
  policies,
} from './support/policy-story.ts';

/** Hundreds of worlds in simulated time. */
export const suiteTimeout = 120_000;

const test = suite('properties of policies');
const RUNS = { seed: 20_260_301, numRuns: many(300, 75), endOnFailure: false };
const FINAL = /^(success|failed|exhausted)$/;

/** The retries of one life of an operation, and what each of its transitions must be true of. */
function checkLife(life: readonly OperationTransition[], policy: Given): void {
  const seed = life[0]?.reason?.seed as number;
  const retries = life.filter(({ reason }) => reason?.kind === 'retry');
  for (const [index, { reason, at, seq }] of retries.entries()) {
    const { delay = -1, dueAt = 0, draw, retryAfter = 0 } = reason ?? {};
    assert.ok(Number.isInteger(delay) && delay >= retryAfter, `${delay} under ${retryAfter}`);
    assert.ok(delay <= Math.max(MAX_DELAY, retryAfter), `${delay} over ${MAX_DELAY}`);
    assert.is(dueAt, at + delay);
    if (draw !== undefined) assert.is(draw, drawsOf(seed, index + 1)());
    if (policy.longRetryAfter === 'end') assert.ok(retryAfter <= MAX_DELAY);
    if (policy.totalTimeout !== undefined) {
      assert.ok(dueAt < (life[0]?.at as number) + policy.totalTimeout);
    }
    // Nothing but an order to pause or cancel, or the death of the process, comes before it is due.
    const next = life.find(transition => transition.seq === seq + 1);
    if (next?.event === 'due') assert.ok(next.at >= dueAt, `due at ${next.at}, not ${dueAt}`);
  }
  checkCounts(retries, life.at(-1)?.reason, policy);
  if (policy.resetAfter === undefined) checkGrowth(retries, policy);
  const fallen = life.findIndex(({ event }) => event.startsWith('fallback.'));
  const after = life.slice(fallen).map(({ attempt }) => attempt);
  if (fallen >= 0) assert.is(new Set(after).size, 1, 'no attempt follows a fallback');
}

const isTimeout = ({ reason }: OperationTransition) => reason?.category === 'timeout';

/** No count is above its limit, and one that ran out has reached it. */
function checkCounts(
  retries: readonly OperationTransition[],
  end: Reason | null | undefined,
  { maxRetries, ownRetries }: Given,
): void {
  const own = ownRetries === undefined ? [] : retries.filter(isTimeout);
  const shared = retries.length - own.length;
  assert.ok(own.length <= (ownRetries ?? 0));
  assert.ok(shared <= maxRetries);
  if (end?.limit !== 'maxRetries') return;
  const isOwn = ownRetries !== undefined && end.category === 'timeout';
  assert.equal(isOwn ? own.length : shared, isOwn ? ownRetries : maxRetries);
}

/** Without jitter and a server's wishes, the delays of one count and strategy grow as its formula says. */
function checkGrowth(retries: readonly OperationTransition[], { ownRetries, jitter }: Given): void {
  const own = ownRetries === undefined ? [] : retries.filter(isTimeout);
  for (const [index, { reason }] of own.entries()) assert.is(reason?.delay, 200 + 250 * index);
  const shared = retries.filter(retry => !own.includes(retry));
  for (const [index, { reason }] of shared.entries()) {
    if (reason?.retryAfter !== undefined) continue;
    const linear = 200 + 250 * index;
    const exponential = Math.min(MAX_DELAY, 300 * 2 ** index);
    if (reason?.category === 'timeout') assert.is(reason.delay, linear);
    else if (jitter === 'none') assert.is(reason?.delay, exponential);
  }
}

function checkHistory(history: readonly OperationTransition[], output: unknown): void {
  assert.equal(
    history.map(({ seq }) => seq),
    history.map((_, index) => index + 1),
  );
  assert.equal(
    history.map(({ from }) => from),
    [null, ...history.slice(0, -1).map(({ to }) => to)],
  );
  const last = history.at(-1);
  if (last?.to === 'success') {
    const stoodIn = last.reason?.kind === 'fallback';
    assert.is(output, stoodIn ? 'instead: done' : 'done');
  }
}

test('every operation ends, with delays, draws, counts and a history that fit, whatever fails, hangs, dies or is ordered', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(policies, behaviours, actions, async (policy, list, script) => {
      const story = new PolicyStory(policy, list);
      try {
        await story.boot();
        for (const action of script) await story.act(action);
        await story.calmDown();
        assert.equal(story.quarantined, []);
        for (const id of IDS) {
          const operation = await story.operation(id);
          if (operation === undefined) continue;
          const { view, history } = operation;
          assert.match(view.state, FINAL, `${id}: ${JSON.stringify(history.at(-1))}`);
          checkHistory(history, view.output);
          for (const life of lives(history)) checkLife(life, policy);
          for (const { reason, event } of history) {
            seen
              .add(event)
              .add(reason?.kind ?? '')
              .add(reason?.limit ?? '');
          }
        }
      } finally {
        story.world.crash();
      }
    }),
    RUNS,
  );
  // What was to be proved has come up at all.
  for (const word of [
    'maxRetries',
    'maxInterruptions',
    'totalTimeout',
    'retryAfter',
    'fallback',
    'fallback.failed',
    'fallback.interrupted',
    'fallback.suspended',
    'budget',
    'budget_empty',
    'circuit_open',
    'gate.expired',
    'cancelled',
    'operator_retry',
  ]) {
    assert.ok(seen.has(word), `no ${word} in any story`);
  }
});

test.run();
