import { type ErrorCode, PersistenceError } from '../../services/errors.ts';
import type { FrameKind } from './redo-format.ts';
import type { RedoStart } from './redo-log.ts';
import type { SqlValue } from './sqlite.ts';

/** What goes between the main thread, the log thread and the SQL thread. */

/** An error on its way between threads. */
export interface WireError {
  readonly message: string;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly cause?: string;
}

export interface LogSettings {
  readonly path: string;
  readonly checkpointBytes: number;
  readonly checkpointInterval: number;
}

/** Main to log. */
export type LogRequest =
  | {
      readonly id: number;
      readonly type: FrameKind;
      readonly payload: string;
      readonly count: number;
    }
  | {
      readonly id: number;
      readonly type: 'start';
      readonly start: RedoStart;
      readonly imageBytes: number;
    }
  | { readonly id: number; readonly type: 'close' };

/** Main to SQL. `after`: the last frame that has to be seen. */
export type SqlRequest =
  | { readonly id: number; readonly type: 'open' }
  | {
      readonly id: number;
      readonly type: 'rows';
      readonly sql: string;
      readonly values: readonly SqlValue[];
      readonly after: number;
    }
  | { readonly id: number; readonly type: 'pruned'; readonly after: number }
  | { readonly id: number; readonly type: 'close'; readonly ending: Ending };

export type Request = LogRequest | SqlRequest;

export interface Durable {
  readonly sequence: number;
  readonly position: number;
  readonly redoBytes: number;
}

/** What the log thread leaves behind: the generation for a last image, or the number of a redo file without a frame. */
export type Ending = { readonly image: number } | { readonly emptyRedo: number };

export interface Opened {
  readonly start: RedoStart;
  readonly imageBytes: number;
  readonly warnings: readonly string[];
}

/** Answers and notices to main. */
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireError }
  | { readonly notice: 'checkpoint'; readonly imageBytes: number; readonly redoBytes: number }
  | { readonly notice: 'checkpoint-failed'; readonly error: WireError }
  | { readonly notice: 'broken'; readonly error: WireError };

/** Log to SQL. */
export type ToSql =
  | {
      readonly type: 'frame';
      readonly kind: FrameKind;
      readonly sequence: number;
      readonly position: number;
      readonly count: number;
      /** The frame as it is on disk. */
      readonly frame: Uint8Array;
    }
  | { readonly type: 'checkpoint'; readonly generation: number };

/** SQL to log. */
export type ToLog =
  | { readonly type: 'checkpointed'; readonly generation: number; readonly imageBytes: number }
  | { readonly type: 'checkpoint-failed'; readonly error: WireError };

export function toWire(error: unknown): WireError {
  if (error instanceof PersistenceError) {
    const { message, code, details, cause } = error;
    return { message, code, details, ...(cause === undefined ? {} : { cause: String(cause) }) };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { message: `the store failed: ${text}`, code: 'PERSISTENCE', details: {}, cause: text };
}

export function fromWire({ message, code, details, cause }: WireError): PersistenceError {
  return new PersistenceError(message, {
    code: code as Extract<ErrorCode, 'PERSISTENCE' | `STORE_${string}`>,
    details,
    ...(cause === undefined ? {} : { cause }),
  });
}
