/** What a policy says about an error, and what would become of an operation: nothing of it is run. */
import { createRecovery, ExponentialBackoffStrategy } from 'xstate-recovery';

const recovery = await createRecovery();
const pull = recovery.operation('pull', () => {}, {
  maxRetries: 4,
  strategy: new ExponentialBackoffStrategy({ initialDelay: 500, jitter: 'equal' }),
  whenOpen: 'wait',
  breakerOptions: { threshold: 2, openTimeout: 10_000 },
});
const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
const forbidden = Object.assign(new Error('forbidden'), { status: 403 });

console.log(pull.explain(reset, 2).message);
console.log(pull.explain(forbidden).message);

const preview = pull.preview({ outcomes: [reset, reset, 'success'], seed: 1, start: 0 });
for (const { at, attempt, outcome, breaker } of preview.attempts) {
  console.log(`${at} ms: attempt ${attempt} ${outcome}, ${breaker}`);
}
console.log(`${preview.state} after ${preview.endedAt} ms`);
await recovery.close();
