import type {
  AttemptOutcome,
  FallbackOutcome,
  UndoOutcome,
} from '../../machines/operation/types.ts';
import type { CallObserver, ObservedCallEnd, RecoveryObserver } from '../ports.ts';

/** An observer, and what it follows a call with. */
interface Follower {
  readonly observer: RecoveryObserver;
  readonly call: CallObserver;
}

/** Told what an observer has thrown. */
export type ObserverFault = (observer: RecoveryObserver, error: unknown) => void;

/** Those who follow one call, as if they were one. What they throw reaches neither the call nor each other. */
export class FollowedCall {
  readonly #followers: readonly Follower[];
  readonly #fault: ObserverFault;

  private constructor(followers: readonly Follower[], fault: ObserverFault) {
    this.#followers = followers;
    this.#fault = fault;
  }

  /** Asks each observer what it follows a call with; undefined when none does. */
  static of<One extends { readonly observer: RecoveryObserver }>(
    asked: readonly One[],
    ask: (one: One) => CallObserver | undefined,
    fault: ObserverFault,
  ): FollowedCall | undefined {
    const followers: Follower[] = [];
    for (const one of asked) {
      const { observer } = one;
      try {
        const call = ask(one);
        if (call !== undefined) followers.push({ observer, call });
      } catch (error) {
        fault(observer, error);
      }
    }
    return followers.length === 0 ? undefined : new FollowedCall(followers, fault);
  }

  /** Calls the function within what they wrap around it. */
  run<T>(fn: () => T): T {
    let outcome: { readonly value: T } | { readonly thrown: unknown } | undefined;
    let call = once(() => {
      try {
        outcome = { value: fn() };
      } catch (thrown) {
        outcome = { thrown };
      }
    });
    for (const follower of this.#followers) call = this.#wrapped(follower, call);
    call();
    const known = outcome as unknown as { readonly value: T } | { readonly thrown: unknown };
    if ('thrown' in known) throw known.thrown;
    return known.value;
  }

  #wrapped({ observer, call: follower }: Follower, call: () => void): () => void {
    return once(() => {
      try {
        follower.wrap?.(call);
      } catch (error) {
        this.#fault(observer, error);
      }
      // Whatever became of the wrapper.
      call();
    });
  }

  stepBegan(name: string): FollowedCall | undefined {
    return this.#part(call => call.stepBegan?.(name));
  }

  hedgeBegan(): FollowedCall | undefined {
    return this.#part(call => call.hedgeBegan?.());
  }

  #part(ask: (call: CallObserver) => CallObserver | undefined): FollowedCall | undefined {
    return FollowedCall.of(this.#followers, ({ call }) => ask(call), this.#fault);
  }

  ended(end: ObservedCallEnd): void {
    for (const { observer, call } of this.#followers) {
      try {
        call.ended?.(end);
      } catch (error) {
        this.#fault(observer, error);
      }
    }
  }
}

function once(fn: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    fn();
  };
}

/** The end of a call, as those who follow it are told of it. */
export function endOf(outcome: AttemptOutcome | FallbackOutcome | UndoOutcome): ObservedCallEnd {
  switch (outcome.kind) {
    case 'succeeded':
      return 'hedged' in outcome ? { kind: 'succeeded', hedged: true } : { kind: 'succeeded' };
    case 'failed': {
      const { kind, error } = outcome;
      return 'verdict' in outcome
        ? { kind, error, category: outcome.verdict.category }
        : { kind, error };
    }
    default:
      return { kind: 'suspended' };
  }
}
