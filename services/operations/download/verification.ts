import type { Algorithm, Digests } from './digests.ts';
import type { Order } from './input.ts';

/** What a file's content is held against. */
export interface Expectation {
  readonly algorithm: Algorithm;
  readonly expected: string;
  /** Who says so. */
  readonly by: 'input' | 'server';
}

/** The input's word goes before the server's, and the shorter one before the longer one; undefined where nobody says anything. */
export function expectationOf(order: Order, told: Digests = {}): Expectation | undefined {
  if (order.sha256 !== undefined) {
    return { algorithm: 'sha256', expected: order.sha256, by: 'input' };
  }
  if (told.sha256 !== undefined) {
    return { algorithm: 'sha256', expected: told.sha256, by: 'server' };
  }
  if (told.sha512 === undefined) return undefined;
  return { algorithm: 'sha512', expected: told.sha512, by: 'server' };
}

/** SHA-256 is the file's name in results and records, whatever it is held against. */
export function algorithmsFor(order: Order, told: Digests | undefined): readonly Algorithm[] {
  return expectationOf(order, told)?.algorithm === 'sha512' ? ['sha256', 'sha512'] : ['sha256'];
}
