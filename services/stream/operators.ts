import {
  asyncScheduler,
  filter,
  type MonoTypeOperatorFunction,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';
import { ConfigError } from '../errors.ts';
import type { OperationTransition, Transition } from '../ports.ts';
import { ownerOf } from './feed-buffer.ts';

/** Only the transitions of one operation, or of several: `transitions$.pipe(forOperation('portrait-1'))`. */
export function forOperation(
  ...ids: readonly string[]
): OperatorFunction<Transition, OperationTransition> {
  const wanted = new Set(ids);
  return filter(
    (transition): transition is OperationTransition =>
      transition.kind === 'operation' && wanted.has(transition.operationId),
  );
}

/** Only the transitions into these states, be they of operations or of breakers: `transitions$.pipe(forState('failed', 'open'))`. */
export function forState<T extends Transition>(
  ...states: readonly Transition['to'][]
): MonoTypeOperatorFunction<T> {
  const wanted = new Set<string>(states);
  return filter(({ to }) => wanted.has(to));
}

/**
 * At most one transition of each operation and breaker in `ms` milliseconds: the latest, in the order of their positions. What waits is told
 * before the source's end is.
 * @throws ConfigError for a time that is not a finite number > 0
 */
export function conflateByOperation<T extends Transition>(
  ms: number,
  scheduler: SchedulerLike = asyncScheduler,
): MonoTypeOperatorFunction<T> {
  if (!(Number.isFinite(ms) && ms > 0)) {
    throw new ConfigError(`conflateByOperation: ms must be a finite number > 0, got ${String(ms)}`);
  }
  return source =>
    new Observable<T>(subscriber => {
      const latest = new Map<string, T>();
      let timer: Subscription | undefined;
      const tell = () => {
        timer = undefined;
        const transitions = [...latest.values()];
        latest.clear();
        for (const transition of transitions) subscriber.next(transition);
      };
      const subscription = source.subscribe({
        next: transition => {
          const owner = ownerOf(transition);
          // Deleted first, so that it goes to the end.
          latest.delete(owner);
          latest.set(owner, transition);
          timer ??= scheduler.schedule(tell, ms);
        },
        error: error => subscriber.error(error),
        complete: () => {
          tell();
          subscriber.complete();
        },
      });
      return () => {
        timer?.unsubscribe();
        subscription.unsubscribe();
      };
    });
}
