import * as assert from 'uvu/assert';

type ErrorClass<E> = abstract new (...args: never[]) => E;

/** Asserts that a promise rejects with an error of that class, and gives the error back. */
export async function rejects<E extends Error>(
  promise: PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
): Promise<E> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    assert.instance(error, errorClass);
    return error as E;
  }
  return assert.unreachable(
    `expected a ${errorClass.name}, but it resolved to ${String(value)}`,
  ) as never;
}
