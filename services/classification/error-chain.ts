import { isArray, isErrorLike, read } from '../safe-access.ts';

/** Errors of one chain that are looked at. */
const MAX_ERRORS = 50;
/** Parts of one aggregate that are looked at. */
const MAX_PARTS = 20;

/** An error with those that hang on it. */
export interface Link {
  readonly error: unknown;
  readonly cause: Link | undefined;
  /** Of an AggregateError. */
  readonly parts: readonly Link[];
}

/** An error with its causes and parts; each once, so that cycles end, and not more than are worth a look. */
export function chainOf(error: unknown): Link {
  const seen = new Set<unknown>();
  const link = (at: unknown): Link => {
    seen.add(at);
    const fresh = (value: unknown) =>
      value !== undefined && value !== null && seen.size < MAX_ERRORS && !seen.has(value);
    const cause = read(at, 'cause');
    const linkedCause = fresh(cause) ? link(cause) : undefined;
    const parts: Link[] = [];
    const errors = read(at, 'errors');
    if (isArray(errors)) {
      for (let index = 0; index < MAX_PARTS; index++) {
        const part = read(errors, String(index));
        if (fresh(part) && isErrorLike(part)) parts.push(link(part));
      }
    }
    return { error: at, cause: linkedCause, parts };
  };
  return link(error);
}

/** Every error of a chain, the outermost first. */
export function* errorsOf(link: Link): Generator<unknown> {
  yield link.error;
  if (link.cause) yield* errorsOf(link.cause);
  for (const part of link.parts) yield* errorsOf(part);
}
