import { ConfigError } from '../../services/errors.ts';
import type { Logger, OperationContext } from '../../services/ports.ts';

export interface RecordingContext extends OperationContext {
  /** What `progress` was called with. */
  readonly progressed: unknown[];
  /** The messages of every log line. */
  readonly logged: string[];
  /** What `onUndo` was called with. */
  readonly registered: readonly (readonly [name: string, input: unknown])[];
}

/** An operation context without a runtime: steps are kept in the given map, the rest is recorded. */
export function recordingContext({
  signal = new AbortController().signal,
  steps = new Map<string, unknown>(),
}: {
  readonly signal?: AbortSignal;
  readonly steps?: Map<string, unknown>;
} = {}): RecordingContext {
  const progressed: unknown[] = [];
  const logged: string[] = [];
  const registered: [name: string, input: unknown][] = [];
  const line = (_fields: unknown, message: string) => void logged.push(message);
  const log: Logger = { debug: line, info: line, warn: line, error: line };
  return {
    id: 'op-1',
    name: 'test',
    attempt: 1,
    hedge: 0,
    deadline: undefined,
    signal,
    progressed,
    logged,
    log,
    child: async () => {
      throw new ConfigError('there is no runtime that could begin a child');
    },
    registered,
    onUndo: async (name, input) => void registered.push([name, input]),
    progress: value => void progressed.push(value),
    step: async <T>(name: string, fn: () => T | PromiseLike<T>): Promise<T> => {
      if (!steps.has(name)) steps.set(name, await fn());
      return steps.get(name) as T;
    },
  };
}
