import { SimulatedClock } from '../../../../adapters/testing/index.ts';
import type { RecoveryOptions } from '../../../../create-recovery.ts';
import type { DurableRecovery } from '../../../../services/recovery.ts';
import { FixedDelayStrategy } from '../../../../services/strategies/index.ts';
import type { Sent } from './inspector-message.ts';

/** In inputs, metadata and errors of the operation; nobody else may hear of it. */
export const SECRET = 'hunter2';

/** A recovery whose retries come when a test lets time pass: 1,000 ms after a failure. */
export function timed(): { readonly clock: SimulatedClock; readonly options: RecoveryOptions } {
  const clock = new SimulatedClock({ now: 1_000_000 });
  return { clock, options: { clock, strategy: new FixedDelayStrategy({ delay: 1_000 }) } };
}

const leaky = () =>
  Object.assign(new TypeError(`no route for ${SECRET}`, { cause: new TypeError(SECRET) }), {
    code: 'ECONNRESET',
    details: { [SECRET]: SECRET, token: SECRET },
  });

const defineUnlucky = (recovery: DurableRecovery, name: string) =>
  recovery.operation(name, (_: unknown): Promise<unknown> => Promise.reject(leaky()), {
    maxRetries: 9,
    breaker: name,
    breakerOptions: { threshold: 3, openTimeout: 60_000 },
    whenOpen: 'wait',
  });

/** Starts an operation that is tried three times, opens its breaker, and waits there. */
export async function trip(
  recovery: DurableRecovery,
  clock: SimulatedClock,
  id = 'one',
  name = 'unlucky',
): Promise<void> {
  const unlucky = recovery.definition(name) ?? defineUnlucky(recovery, name);
  const handle = await unlucky.start({ password: SECRET }, { id, metadata: { owner: SECRET } });
  handle.result().catch(() => {});
  await clock.advance(3_000);
}

const BLOCKED = JSON.stringify({ recovering: 'blocked' });

/** Whether a viewer has been told that the operation waits for its breaker. */
export function isBlocked(messages: readonly unknown[], id = 'one', name = 'unlucky'): boolean {
  const actor = named(messages as readonly Sent[], `operation.${name} ${id}`);
  return (messages as readonly Sent[]).some(
    one =>
      one.type === '@xstate.snapshot' &&
      one.sessionId === actor?.sessionId &&
      JSON.stringify(one.snapshot.value) === BLOCKED,
  );
}

type Registration = Extract<Sent, { readonly type: '@xstate.actor' }>;

export const registrations = (messages: readonly Sent[]): readonly Registration[] =>
  messages.filter((one): one is Registration => one.type === '@xstate.actor');

/** The registration of an actor. */
export const named = (messages: readonly Sent[], name: string): Registration | undefined =>
  registrations(messages).find(one => one.name === name);

/** The living actors, when the operation waits. */
const WAITING = ['breaker.unlucky', 'gate', 'operation.unlucky one', 'timer'];

/** Whether a viewer that came late knows all that there is by now. */
export const isCaughtUp = (messages: readonly unknown[]): boolean => {
  const names = registrations(messages as readonly Sent[]).map(({ name }) => name);
  return isBlocked(messages) && WAITING.every(name => names.includes(name));
};

/** The last snapshot that a viewer was told of each actor, by session id. */
export function lastSnapshots(messages: readonly Sent[]): ReadonlyMap<string, unknown> {
  const last = new Map<string, unknown>();
  for (const one of messages) {
    if (one.type !== '@xstate.event') last.set(one.sessionId, one.snapshot);
  }
  return last;
}
