import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OperationTransition, Transition } from '../../../services/ports.ts';
import { historyProblems, positionProblems } from '../../../services/testing/history-rules.ts';
import { Ledger } from '../../../services/testing/ledger.ts';

const test = suite('what paths look after');

const states = [null, 'pending', 'in_progress', 'recovering', 'in_progress', 'success'] as const;
const whole = states.slice(1).map(
  (to, index): OperationTransition => ({
    kind: 'operation',
    position: index + 1,
    operationId: 'a',
    name: 'work',
    seq: index + 1,
    from: states[index] ?? null,
    to: to as OperationTransition['to'],
    event: 'test',
    attempt: [0, 1, 1, 2, 2][index] as number,
    reason: null,
    at: 0,
  }),
);
const changed = (index: number, change: Partial<OperationTransition>): readonly Transition[] =>
  whole.map((transition, at) => (at === index ? { ...transition, ...change } : transition));

test('a whole history has no problem', () => {
  assert.equal([...positionProblems(whole), ...historyProblems(whole)], []);
});

test('gaps and repeats of positions and numbers are found', () => {
  assert.equal(positionProblems(changed(2, { position: 4 })), [
    'position 4 stands where 3 belongs',
  ]);
  assert.match(historyProblems(changed(2, { seq: 4 })).join(), 'transition 4 follows 2');
  assert.match(historyProblems(whole.slice(1)).join(), 'begins with transition 2 from pending');
});

test('transitions that do not follow one another are found', () => {
  assert.equal(historyProblems(changed(3, { from: 'pending' })), [
    'operation "a": transition 4 leaves pending, and it was recovering',
  ]);
  assert.match(historyProblems(changed(3, { attempt: 3 })).join(), 'attempt 3 follows 1');
});

test('what has ended has ended, unless it is retried', () => {
  const more = { seq: 6, position: 6, from: 'success', to: 'pending' } as const;
  const after = (event: string) =>
    historyProblems([...whole, { ...(whole[4] as OperationTransition), ...more, event }]);
  assert.equal(after('due'), ['operation "a": it was success, and due followed']);
  assert.equal(after('retry'), []);
});

test('calls, starts and ends that nothing durable is behind are found', () => {
  const ledger = new Ledger({ disk: { commits: [], tries: 0 } as never, store: {} as never });
  const op = { id: 'a', attempt: 1, hedge: 0 } as never;
  ledger.called({ name: 'work', kind: 'function', op });
  ledger.called({ name: 'work', kind: 'function', op });
  ledger.started('a');
  ledger.ended('a');
  assert.equal(ledger.problems, [
    'the function of "a" was called for attempt 1 while nothing, attempt 0, was durable',
    'the function of "a" was called for attempt 1 while nothing, attempt 0, was durable',
    '"a" was called twice for attempt 1',
    'start() of "a" was answered before it was durable',
    'result() of "a" was told while it was undefined',
  ]);
});

test('a step that runs again, and one that is told too early, are found', async () => {
  const steps = [{ operationId: 'a', name: 'one', result: '1', attempt: 1, at: 0 }];
  const commits = [{ operations: [], steps, transitions: [], breakers: [] }];
  const ledger = new Ledger({ disk: { commits, tries: 1 } as never, store: {} as never });
  const step = async (_: string, fn: () => unknown) => fn();
  const op = ledger.watched({ id: 'a', step } as never);
  await op.step('one', () => 1);
  await op.step('two', () => 2);
  assert.equal(ledger.problems, [
    'step "one" of "a" ran again',
    'step "two" of "a" was told before it was durable',
  ]);
});

test.run();
