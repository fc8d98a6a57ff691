/** Work that can stop anywhere: it yields whenever it could make room for something else. */
export type Work<Result> = Generator<undefined, Result>;

export interface Slicing {
  /** Milliseconds that a slice may take. @default 8 */
  readonly budget?: number;
  readonly now?: () => number;
  /** Lets others have their turn. @default a timer */
  readonly pause?: () => Promise<void>;
  /** The work is given up at the next pause. */
  readonly signal?: AbortSignal;
}

const BUDGET = 8;

/** Does work in slices, so that none holds up the page. Resolves to `undefined` where it was given up. */
export async function inSlices<Result>(
  work: Work<Result>,
  slicing: Slicing = {},
): Promise<Result | undefined> {
  const { budget = BUDGET, now = () => performance.now(), pause = nextTurn, signal } = slicing;
  for (;;) {
    const until = now() + budget;
    do {
      const { done, value } = work.next();
      if (done) return value as Result;
    } while (now() < until);
    await pause();
    if (signal?.aborted) return undefined;
  }
}

const nextTurn = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));
