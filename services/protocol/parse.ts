import type { z } from 'zod';
import { isArray, isPlainObject } from '../safe-access.ts';
import { type Fault, type Problem, unfit } from './problem.ts';

/** A message that has arrived: its value, or what is wrong with it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

/** Levels of arrays and objects. */
const MAX_DEPTH = 100;
const MAX_FAULTS = 20;
/** Characters of a name that are repeated. */
const MAX_NAME = 100;

/** Checks what somebody else has sent. Never throws; what is refused names each place. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  message: unknown,
): Parsed<z.infer<Schema>> {
  try {
    // First, since a schema may overlook what only a later reader would fall over.
    const dangerous = danger(message);
    if (dangerous !== undefined) return { ok: false, problem: unfit([dangerous]) };
    const result = schema.safeParse(message);
    if (result.success) return { ok: true, value: result.data };
    const faults = result.error.issues.flatMap(faultsOf).slice(0, MAX_FAULTS);
    return { ok: false, problem: unfit(faults) };
  } catch {
    // Not something that a wire could have brought, such as a getter that throws.
    return { ok: false, problem: unfit([{ pointer: '', detail: 'cannot be read' }]) };
  }
}

/** The first thing that is not JSON, is nested too deep, or would pollute a prototype when it is merged into something. Without recursion: it may be deep. */
function danger(message: unknown): Fault | undefined {
  const open: { value: unknown; pointer: string; depth: number }[] = [
    { value: message, pointer: '', depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, pointer, depth } = next;
    if (typeof value !== 'object' || value === null) {
      if (!isJsonScalar(value)) return { pointer: shortened(pointer), detail: 'is not JSON' };
      continue;
    }
    if (!isArray(value) && !isPlainObject(value))
      return { pointer: shortened(pointer), detail: 'is not JSON' };
    if (depth === MAX_DEPTH) {
      return { pointer: shortened(pointer), detail: `is nested deeper than ${MAX_DEPTH} levels` };
    }
    for (const [key, member] of Object.entries(value)) {
      const at = `${pointer}/${segment(key)}`;
      if (pollutes(key, member)) return { pointer: shortened(at), detail: 'is a forbidden name' };
      open.push({ value: member, pointer: at, depth: depth + 1 });
    }
  }
  return undefined;
}

/** `constructor` is a word that data may use, unless it leads to a prototype. */
function pollutes(key: string, member: unknown): boolean {
  if (key === '__proto__') return true;
  return key === 'constructor' && isPlainObject(member) && Object.hasOwn(member, 'prototype');
}

/** `undefined` as well: a member that is left out. */
const isJsonScalar = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const pointer = issue.path.map(step => `/${segment(String(step))}`).join('');
  if (issue.code !== 'unrecognized_keys') {
    return [{ pointer: shortened(pointer), detail: issue.message }];
  }
  return issue.keys.map(key => ({
    pointer: shortened(`${pointer}/${segment(key)}`),
    detail: 'is not a known member',
  }));
}

/** A step of a JSON pointer (RFC 6901). */
const segment = (key: string): string =>
  (key.length > MAX_NAME ? `${key.slice(0, MAX_NAME)}…` : key)
    .replaceAll('~', '~0')
    .replaceAll('/', '~1');

const shortened = (pointer: string): string =>
  pointer.length > 2 * MAX_NAME ? `${pointer.slice(0, 2 * MAX_NAME)}…` : pointer;
