import { ErrorCategory } from '../ports.ts';

/** What a table says about an error. */
export interface Entry {
  readonly category: ErrorCategory;
  /** Only where it differs from what the category says. */
  readonly retryable?: boolean;
}

/** A verdict of the built-in rules: an entry, and the rule that led to it. */
export interface Match extends Entry {
  readonly rule: string;
}

export const NETWORK: Entry = { category: ErrorCategory.NETWORK };
export const TIMEOUT: Entry = { category: ErrorCategory.TIMEOUT };
export const VALIDATION: Entry = { category: ErrorCategory.VALIDATION };
export const PERMISSION: Entry = { category: ErrorCategory.PERMISSION };
/** Nobody knows what it is; another try may show. */
export const UNKNOWN: Entry = { category: ErrorCategory.UNKNOWN };
/** Something is short that comes back by itself. */
export const RESOURCE: Entry = { category: ErrorCategory.RESOURCE };
/** Something is short that only a person brings back. */
export const USED_UP: Entry = { category: ErrorCategory.RESOURCE, retryable: false };
/** Nobody knows what it is, but waiting does not change it. */
export const FINAL: Entry = { category: ErrorCategory.UNKNOWN, retryable: false };

/** A table from lists of keys, written as words. */
export function table(...rows: readonly (readonly [Entry, string])[]): ReadonlyMap<string, Entry> {
  return new Map(
    rows.flatMap(([entry, keys]) =>
      keys
        .trim()
        .split(/\s+/)
        .map(key => [key, entry] as const),
    ),
  );
}
