import { createActor, fromTransition } from 'xstate';
import type { PermitGranted } from '../../machines/permit.ts';
import { resolveConfig } from '../../services/config.ts';
import { resolveBreaker } from '../../services/runtime/breaker-policy.ts';
import { Breakers } from '../../services/runtime/breakers.ts';
import type { CommitLog } from '../../services/runtime/commit-log.ts';
import { Lifecycle } from '../../services/runtime/lifecycle.ts';
import { type BreakerContender, type BreakerKind, SETTINGS } from '../breaker-contender.ts';

/** What is written is the store's cost, which the sections before measure; here nothing is. */
const log = { record() {}, touchBreaker() {}, forgetBreaker() {} } as unknown as CommitLog;

const breakers = new Breakers({
  log,
  clock: { now: Date.now, setTimeout, clearTimeout: clearTimeout as (handle: unknown) => void },
  logger: { debug() {}, info() {}, warn() {}, error() {} },
  lifecycle: new Lifecycle(),
  random: Math.random,
  maxBreakers: () => Number.POSITIVE_INFINITY,
});

/** The breaker actor of a key with its host, as an operation acquires it. */
function acquire(key: string, kind: BreakerKind) {
  const { threshold, failureRatio, size, duration, buckets, minimumCalls, openTimeout } = SETTINGS;
  const options = {
    consecutive: { kind, threshold },
    count: { kind, failureRatio, size, minimumCalls },
    time: { kind, failureRatio, duration, buckets, minimumCalls },
  }[kind];
  const policy = resolveBreaker(
    { breaker: key, breakerOptions: { ...options, openTimeout } },
    resolveConfig({ env: {} }),
  );
  return breakers.acquire(key, policy);
}

export const breaker: BreakerContender = {
  guard(kind) {
    // A key has the settings that it was first used with.
    const actor = acquire(`guarded by ${kind}`, kind);
    let granted: PermitGranted | undefined;
    // Stands for the operation, whose own step at the answer is not the breaker's cost.
    const operation = createActor(
      fromTransition((state: null, event: { readonly type: string }) => {
        granted = event.type === 'permit.granted' ? (event as PermitGranted) : undefined;
        return state;
      }, null),
    ).start();
    const give = (outcome: 'success' | 'failure', generation: number) =>
      actor.send({
        type: 'permit.return',
        operationId: 'guarded',
        generation,
        outcome,
        at: Date.now(),
      });
    return async fn => {
      granted = undefined;
      actor.send({
        type: 'permit.request',
        operationId: 'guarded',
        from: operation,
        at: Date.now(),
        trigger: 'start',
      });
      const permit = granted as PermitGranted | undefined;
      if (permit === undefined) throw new RangeError('refused');
      try {
        const result = await fn();
        give('success', permit.generation);
        return result;
      } catch (error) {
        give('failure', permit.generation);
        throw error;
      }
    };
  },
  hold(kind, keys) {
    for (let key = 0; key < keys; key++) acquire(`host-${key}`, kind);
  },
};
