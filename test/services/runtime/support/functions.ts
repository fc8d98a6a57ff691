import type { OperationContext } from '../../../../services/ports.ts';

/** An error that a retry may mend. */
export const transient = (message = 'reset by peer') =>
  Object.assign(new Error(message), { code: 'ECONNRESET' });

/** An error that no retry mends. */
export const permanent = (message = 'not allowed') =>
  Object.assign(new Error(message), { code: 'EACCES' });

/** A promise and what settles it. */
export function deferred<T = void>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** A function that fails so many times, then gives its input back; counts its calls. */
export function failing(times: number, error: () => unknown = transient) {
  const calls: { readonly input: unknown; readonly attempt: number }[] = [];
  const fn = async (input: unknown, op: OperationContext) => {
    calls.push({ input, attempt: op.attempt });
    if (calls.length <= times) throw error();
    return input;
  };
  return { fn, calls };
}

/** A function that runs until the test ends it, or its signal does. */
export function hanging() {
  const calls: {
    readonly op: OperationContext;
    readonly end: (value?: unknown) => void;
    readonly fail: (error: unknown) => void;
  }[] = [];
  const fn = (_input: unknown, op: OperationContext) => {
    const { promise, resolve, reject } = deferred<unknown>();
    op.signal.addEventListener('abort', () => reject(op.signal.reason));
    calls.push({ op, end: resolve, fail: reject });
    return promise;
  };
  return { fn, calls };
}

/** A function that runs until the test ends it, whatever its signal says. */
export function stubborn() {
  const calls: {
    readonly input: unknown;
    readonly op: OperationContext;
    readonly end: (value?: unknown) => void;
    readonly fail: (error: unknown) => void;
  }[] = [];
  const fn = (input: unknown, op: OperationContext) => {
    const { promise, resolve, reject } = deferred<unknown>();
    calls.push({ input, op, end: resolve, fail: reject });
    return promise;
  };
  return { fn, calls };
}

/** A function that never ends, whatever its signal says. */
export function deaf() {
  const calls: OperationContext[] = [];
  const fn = (_input: unknown, op: OperationContext) => {
    calls.push(op);
    return new Promise<never>(() => {});
  };
  return { fn, calls };
}
