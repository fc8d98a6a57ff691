import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Endings } from '../../../adapters/cli/workplace/endings.ts';
import type { OperationDetails } from '../../../adapters/cli/workplace/workplace.ts';
import { ServerUnreachableError } from '../../../adapters/http-client/index.ts';
import {
  CircuitOpenError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  OperationNotFoundError,
  RecoveryClosedError,
} from '../../../services/errors.ts';
import type { RecoveryState } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';

const test = suite('cli endings at a server');

function details(state: RecoveryState, reason: object | null = null, more: object = {}) {
  return {
    view: { id: 'x', name: 'job', state, attempt: 2, ...more },
    history: [{ reason }],
    steps: [],
  } as unknown as OperationDetails;
}

/** Endings of one operation, which is found as the answers say, the last one again and again. */
function endings(...answers: (OperationDetails | Error)[]) {
  let asked = 0;
  const all = new Endings(async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer as OperationDetails;
  }, 1);
  return { all, asked: () => asked };
}

const away = new ServerUnreachableError('http://server.test', 'away');

test('gives the output of one that has ended well, whether it is heard before, after or not at all', async () => {
  const done = details('success', null, { output: { a: 1 } });
  const known = endings(done);
  assert.equal(await known.all.wait('x', 'success'), { a: 1 });
  const before = endings(done);
  before.all.heard('x', 'success');
  assert.equal(await before.all.wait('x', 'pending'), { a: 1 });
  const after = endings(done);
  const waiting = after.all.wait('x', 'pending');
  after.all.heard('x', 'in_progress');
  assert.is(after.asked(), 0);
  after.all.heard('x', 'success');
  assert.equal(await waiting, { a: 1 });
  const missed = endings(done);
  const overheard = missed.all.wait('x', 'pending');
  missed.all.lookAtAll();
  assert.equal(await overheard, { a: 1 });
});

test('gives the error that a handle would give', async () => {
  const cases = [
    ['failed', { kind: 'not_retryable', message: 'no' }, OperationFailedError],
    ['failed', { kind: 'cancelled', message: 'enough' }, OperationCancelledError],
    ['failed', { kind: 'circuit_open', message: 'open' }, CircuitOpenError],
    ['failed', null, OperationFailedError],
    [
      'exhausted',
      { kind: 'limit', message: 'ran out', limit: 'maxRetries' },
      OperationExhaustedError,
    ],
  ] as const;
  for (const [state, reason, type] of cases) {
    const cause = { name: 'Error', message: 'why' };
    const { all } = endings(details(state, reason, { error: cause }));
    const error = await rejects(all.wait('x', state), type);
    assert.is(error.details.message, reason?.message ?? 'no reason was kept');
    assert.equal(error.cause, cause);
    assert.equal([error.details.operationId, error.details.attempt], ['x', 2]);
  }
});

test('goes on waiting where somebody has let it try again meanwhile', async () => {
  const { all, asked } = endings(details('pending'), details('success', null, { output: 7 }));
  const waiting = all.wait('x', 'failed');
  await new Promise(resolve => setImmediate(resolve));
  assert.is(asked(), 1);
  all.heard('x', 'success');
  assert.is(await waiting, 7);
});

test('looks again where an end is heard while an older answer is on its way', async () => {
  let answer: (found: OperationDetails) => void = () => {};
  const first = new Promise<OperationDetails>(resolve => {
    answer = resolve;
  });
  const answers = [first, Promise.resolve(details('success', null, { output: 7 }))];
  const all = new Endings(() => answers.shift() as Promise<OperationDetails>);
  const waiting = all.wait('x', 'pending');
  all.lookAtAll();
  all.heard('x', 'success');
  answer(details('in_progress'));
  assert.is(await waiting, 7);
});

test('asks a server that has just gone away again, and gives up what is not there', async () => {
  const { all } = endings(away, away, details('success', null, { output: 7 }));
  assert.is(await all.wait('x', 'success'), 7);
  const gone = endings(new OperationNotFoundError('x'));
  await rejects(gone.all.wait('x', 'success'), OperationNotFoundError);
});

test('waits for nothing any more when nobody hears', async () => {
  const { all } = endings(away);
  const waiting = [all.wait('x', 'pending'), all.wait('y', 'success')];
  all.fail(new RecoveryClosedError());
  for (const each of waiting) await rejects(each, RecoveryClosedError);
});

test.run();
