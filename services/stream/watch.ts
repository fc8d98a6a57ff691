import { Observable, type Subscriber } from 'rxjs';
import type { Feed, OperationTransition } from '../ports.ts';

/** One operation's transitions, from its first to its end. @param open a feed of that operation, from the beginning */
export function watch(open: () => Feed): Observable<OperationTransition> {
  return new Observable(subscriber => {
    const feed = open();
    void tell(feed, subscriber);
    return () => void feed.return();
  });
}

async function tell(feed: Feed, subscriber: Subscriber<OperationTransition>): Promise<void> {
  let last: OperationTransition | undefined;
  try {
    for await (const item of feed) {
      if (item.kind !== 'transitions') continue;
      for (const transition of item.transitions as readonly OperationTransition[]) {
        last = transition;
        subscriber.next(transition);
      }
      // Only the last of all says whether it is over: an operator may have had it tried again.
      if (item.live && last !== undefined && FINAL.has(last.to)) break;
    }
    subscriber.complete();
  } catch (error) {
    subscriber.error(error);
  }
}

const FINAL: ReadonlySet<OperationTransition['to']> = new Set(['success', 'failed', 'exhausted']);
