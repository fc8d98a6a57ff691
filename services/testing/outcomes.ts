import { ErrorCategory } from '../../machines/vocabulary.ts';
import { toStrictJson } from '../json.ts';
import { Problems } from '../problems.ts';

/**
 * What may become of an operation:
 * - `success`: the function is called and gives what it gives, or is stood in for by `returns`; so is an undo
 * - a category, or an error: an attempt or an undo fails with such an error; what the policy makes of it is the policy's
 * - `hang`: an attempt, a fallback or an undo runs into its `timeout`, or an attempt into the operation's deadline
 * - `crash`: the process dies during an attempt, a fallback or an undo; `shutdown`: it is closed
 * - `cancel`, `pause` (and goes on), by an operator; once it takes back, a cancel changes nothing
 * - `open`: the breaker lets nothing through when it asks
 * - `busy`: no slot is free, be it of the recovery, the definition or the operation's key
 * - `locked`: another operation has its lock
 * - `deadline`: its total time is over while it waits
 * - `broken`: the actor that makes the attempt, or calls the undo, breaks, which only a defect of this library could bring about
 */
export type OutcomeName =
  | 'success'
  | ErrorCategory
  | 'hang'
  | 'crash'
  | 'shutdown'
  | 'cancel'
  | 'pause'
  | 'open'
  | 'busy'
  | 'locked'
  | 'deadline'
  | 'broken';

/** An error of the test's own. */
export interface FailingOutcome {
  /** Names it in descriptions. @default the error's message */
  readonly name?: string;
  readonly error: Error;
}

/** The function is not called, and gives this; strict JSON. */
export interface ReturningOutcome {
  readonly returns: unknown;
}

/** An attempt or a fallback registers an undo, as by `op.onUndo(undo, input)`, before it comes to its end; several in the order in which they are named. */
export interface RegisteringOutcome {
  /** One of the definition's undos. */
  readonly undo: string;
  /** Strict JSON. @default undefined */
  readonly input?: unknown;
}

export type PathOutcome = OutcomeName | FailingOutcome | ReturningOutcome | RegisteringOutcome;

/** What is asked for unless told otherwise. */
export const DEFAULT_OUTCOMES: readonly OutcomeName[] = [
  'success',
  'network',
  'validation',
  'hang',
  'crash',
  'shutdown',
  'cancel',
  'pause',
  'open',
  'busy',
  'locked',
  'deadline',
];

/** An error as a function of a user's might throw it. */
class SimulatedError extends Error {
  readonly code: string | undefined;

  constructor(message: string, { name = 'Error', code }: { name?: string; code?: string } = {}) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

const SIMULATED: Readonly<Record<ErrorCategory, () => Error>> = {
  network: () => new SimulatedError('the connection was reset', { code: 'ECONNRESET' }),
  timeout: () => new SimulatedError('the other side was silent', { code: 'ETIMEDOUT' }),
  validation: () => new SimulatedError('that is not valid', { name: 'ValidationError' }),
  permission: () => new SimulatedError('that is not allowed', { code: 'EACCES' }),
  resource: () => new SimulatedError('no space is left', { code: 'ENOSPC' }),
  unknown: () => new SimulatedError('something went wrong'),
};

/** A way in which an attempt fails. */
export interface Failure {
  readonly name: string;
  readonly error: Error;
}

/** An undo that is registered, with its input as JSON text. */
export interface Registration {
  readonly name: string;
  readonly input: string | null;
}

/** The outcomes as they are gone by. */
export interface Outcomes {
  readonly names: ReadonlySet<OutcomeName>;
  readonly failures: readonly Failure[];
  /** Set where the function is stood in for. */
  readonly returning: ReturningOutcome | undefined;
  /** In the order in which they are registered. */
  readonly registrations: readonly Registration[];
}

const CATEGORIES: readonly string[] = Object.values(ErrorCategory);
const NAMES = [...new Set<string>([...DEFAULT_OUTCOMES, ...CATEGORIES, 'broken'])];

/** @throws ConfigError that lists every outcome that there is not */
export function resolveOutcomes(given: readonly PathOutcome[] = DEFAULT_OUTCOMES): Outcomes {
  const problems = new Problems();
  if (!problems.check(Array.isArray(given), 'outcomes', given, 'must be a list')) {
    problems.throwIfAny('operationPaths');
  }
  const names = new Set<OutcomeName>();
  const failures: Failure[] = [];
  const registrations: Registration[] = [];
  let returning: ReturningOutcome | undefined;
  for (const outcome of given) {
    if (typeof outcome === 'string') {
      const known = NAMES.includes(outcome);
      if (!problems.check(known, 'outcomes', outcome, `must be among ${NAMES.join(', ')}`))
        continue;
      if (CATEGORIES.includes(outcome)) {
        failures.push({ name: outcome, error: SIMULATED[outcome as ErrorCategory]() });
      } else names.add(outcome);
    } else if (typeof outcome === 'object' && outcome !== null && 'returns' in outcome) {
      returning = outcome;
      names.add('success');
    } else if (typeof outcome === 'object' && outcome !== null && 'undo' in outcome) {
      const registration = registrationOf(outcome, problems);
      if (registration !== undefined) registrations.push(registration);
    } else if (outcome?.error instanceof Error) {
      failures.push({ name: outcome.name ?? outcome.error.message, error: outcome.error });
    } else {
      const kinds = 'a name, { error }, { returns } or { undo }';
      problems.check(false, 'outcomes', outcome, `must be ${kinds}`);
    }
  }
  const isAny = names.size + failures.length > 0 || problems.has('outcomes');
  problems.check(isAny, 'outcomes', given, 'must name at least one');
  problems.throwIfAny('operationPaths');
  return { names, failures, returning, registrations };
}

function registrationOf(
  { undo: name, input: given }: RegisteringOutcome,
  problems: Problems,
): Registration | undefined {
  try {
    return { name, input: toStrictJson(given, `the input of undo "${String(name)}"`) };
  } catch {
    problems.check(false, 'outcomes', name, 'must have an input that is strict JSON');
    return undefined;
  }
}

/** @param known undos that the definition has @throws ConfigError that lists every undo that it does not have */
export function refuseUnknownUndos({ registrations }: Outcomes, known: readonly string[]): void {
  const problems = new Problems();
  const names = known.length === 0 ? 'of which it has none' : `which are ${known.join(', ')}`;
  for (const { name } of registrations) {
    const problem = `must name undos of the operation, ${names}`;
    problems.check(known.includes(name), 'outcomes', name, problem);
  }
  problems.throwIfAny('operationPaths');
}
