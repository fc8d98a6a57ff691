import { Observable, type Observer, Subscriber, type Subscription } from 'rxjs';

/**
 * Passes on what another observable tells, and reports what its subscribers throw, reject with, or leave without an error handler. RxJS would throw it from
 * a timer, and so end the process with all its operations. What is piped from it is guarded as well.
 */
export class GuardedObservable<T> extends Observable<T> {
  readonly #report: (error: unknown) => void;

  constructor(source: Observable<T>, report: (error: unknown) => void) {
    super(subscriber => source.subscribe(subscriber));
    this.#report = report;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator's own: it brings its errors to whoever subscribed to it.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext);
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === 'object' && observerOrNext !== null
        ? observerOrNext
        : {
            ...(observerOrNext && { next: observerOrNext }),
            ...(error && { error }),
            ...(complete && { complete }),
          };
    return super.subscribe({
      next: value => this.#call(() => observer.next?.(value)),
      error: (reason: unknown) => {
        if (observer.error === undefined) this.#report(reason);
        else this.#call(() => observer.error?.(reason));
      },
      complete: () => this.#call(() => observer.complete?.()),
    });
  }

  /** Declared by `Observable` in ten overloads; whatever they give, an observable among it is guarded. */
  // biome-ignore lint/suspicious/noExplicitAny: the type of an implementation behind overloads
  override pipe(...operators: any[]): any {
    const piped: unknown = (super.pipe as (...operators: unknown[]) => unknown)(...operators);
    return piped instanceof Observable && !(piped instanceof GuardedObservable)
      ? new GuardedObservable(piped, this.#report)
      : piped;
  }

  #call(tell: () => unknown): void {
    try {
      const answer = tell();
      // Of an async function, for whose promise nobody waits.
      if (answer instanceof Promise) answer.catch(this.#report);
    } catch (error) {
      this.#report(error);
    }
  }
}
