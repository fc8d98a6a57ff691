import { AttemptOverError, ConfigError } from '../errors.ts';
import { toStrictJson } from '../json.ts';
import type { CommitLog } from './commit-log.ts';
import type { LiveOperation } from './live-operation.ts';

/** The call that registers something to be taken back. */
export interface RegisteringCall {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  /** Throws when nothing that the call does counts any more. */
  refuseStep(): void;
}

/** Notes what is to be taken back if the operation ends badly; resolves when that is durable. */
export async function registerUndo(
  operation: LiveOperation,
  call: RegisteringCall,
  log: CommitLog,
  name: string,
  given: unknown,
): Promise<void> {
  call.refuseStep();
  const known = Object.keys(operation.policy.undo);
  if (!known.includes(name)) {
    const names = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
    throw new ConfigError(
      `operation "${operation.name}" has no undo ${JSON.stringify(name) ?? String(name)}: ${names}`,
    );
  }
  const what = `the input of undo "${name}"`;
  const input = toStrictJson(given, what);
  operation.secrets?.refuse(input, what);
  const event = { type: 'undo.registered', name, input } as const;
  if (!operation.actor.getSnapshot().can(event)) throw new AttemptOverError(call);
  operation.actor.send(event);
  log.touch(operation);
  await log.durable();
  // Where the call is over by now its undo is called without it: it must not go on and do what would be left.
  call.refuseStep();
}
