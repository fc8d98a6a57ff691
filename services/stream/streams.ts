import { filter, map, type Observable, Subject } from 'rxjs';
import type {
  BreakerView,
  Feed,
  FeedOptions,
  Logger,
  OperationTransition,
  Progress,
  Recovery,
  Transition,
  TransitionWrite,
} from '../ports.ts';
import { GuardedObservable } from './guarded-observable.ts';
import { Snapshots } from './snapshots.ts';
import { TransitionFeed } from './transition-feed.ts';
import { watch } from './watch.ts';

/** What streams read, and who knows the breakers. */
export type StreamSource = Pick<
  Recovery,
  'transitions' | 'position' | 'summaries' | 'breakers' | 'breaker'
>;

/** What happens, for whoever wants to know. Costs nothing where nobody does. */
export class Streams {
  readonly #source: StreamSource;
  readonly #snapshots: Snapshots;
  readonly #logger: Logger;
  readonly #transitions = new Subject<Transition>();
  /** The same, each commit at once. */
  readonly #commits = new Subject<readonly Transition[]>();
  readonly #progress = new Subject<Progress>();
  readonly transitions$: Observable<Transition>;
  readonly progress$: Observable<Progress>;
  readonly breakers$: Observable<BreakerView>;

  /** @param source asked for nothing before somebody subscribes */
  constructor(source: StreamSource, logger: Logger) {
    this.#source = source;
    this.#snapshots = new Snapshots(source);
    this.#logger = logger;
    this.transitions$ = new GuardedObservable(this.#transitions, this.#report);
    this.progress$ = new GuardedObservable(this.#progress, this.#report);
    const breakers = this.#transitions.pipe(
      filter(transition => transition.kind === 'breaker'),
      map(({ key }) => this.#view(key)),
      filter(view => view !== undefined),
    );
    this.breakers$ = new GuardedObservable(breakers, this.#report);
  }

  /** These are durable. */
  publish(transitions: readonly TransitionWrite[], positions: readonly number[]): void {
    if (!this.#transitions.observed && !this.#commits.observed) return;
    if (transitions.length === 0) return;
    const commit = transitions.map((transition, index) => ({
      ...transition,
      position: positions[index] as number,
    }));
    this.#commits.next(commit);
    if (!this.#transitions.observed) return;
    for (const transition of commit) this.#transitions.next(transition);
  }

  #view(key: string): BreakerView | undefined {
    const handle = this.#source.breaker(key);
    if (handle === undefined) return undefined;
    // A view is plain data; orders stay with who asks for a handle.
    const { forceOpen, forceClosed, metricsOnly, reset, ...view } = handle;
    return view;
  }

  progressed(progress: Progress): void {
    this.#progress.next(progress);
  }

  feed(options?: FeedOptions): Feed {
    return new TransitionFeed(this.#source, this.#snapshots, this.#commits, options);
  }

  /** See `OperationHandle.transitions$`. */
  of(id: string): Observable<OperationTransition> {
    const open = () => this.feed({ since: 0, ids: [id], slow: 'reread' });
    return new GuardedObservable(watch(open), this.#report);
  }

  close(): void {
    this.#commits.complete();
    this.#transitions.complete();
    this.#progress.complete();
  }

  readonly #report = (error: unknown): void => {
    try {
      this.#logger.error({ err: error }, 'a subscriber of a stream threw an error');
    } catch {
      // A logger that throws has nobody left to tell.
    }
  };
}

/** What the commit log does with transitions that have become durable. */
export function published(
  metrics: { happened(transition: TransitionWrite): void },
  streams: Streams,
) {
  return (transitions: readonly TransitionWrite[], positions: readonly number[]): void => {
    for (const transition of transitions) metrics.happened(transition);
    streams.publish(transitions, positions);
  };
}
