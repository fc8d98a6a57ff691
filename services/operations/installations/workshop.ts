import type { OperationContext } from '../../ports.ts';
import type { Workshop } from './command.ts';
import type { Place } from './place.ts';

/** What an installation is doing. */
export type Phase = 'resolve' | 'clone' | 'dependencies' | 'verify' | 'swap' | 'remove';

/** A progress value of the operations. */
export interface InstallationProgress {
  readonly phase: Phase;
  /** Phases that are over. */
  readonly done: number;
  /** Phases in all. */
  readonly total: number;
  /** The latest line of the program that runs; absent where it has said nothing. */
  readonly line?: string;
}

export const PHASES: readonly Phase[] = ['resolve', 'clone', 'dependencies', 'verify', 'swap'];
/** Milliseconds between two lines, so at most ten a second. */
const INTERVAL = 100;

/** Tells how far an installation is. */
export class Telling {
  readonly #op: OperationContext;
  readonly #phases: readonly Phase[];
  #phase: Phase;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(op: OperationContext, phases: readonly Phase[] = PHASES) {
    this.#op = op;
    this.#phases = phases;
    this.#phase = phases[0] as Phase;
  }

  begin(phase: Phase): void {
    this.#phase = phase;
    this.#op.progress(this.#progress());
    this.#op.log.debug({ phase }, 'phase begins');
  }

  line(line: string): void {
    const now = performance.now();
    if (now - this.#toldAt < INTERVAL) return;
    this.#toldAt = now;
    this.#op.progress({ ...this.#progress(), line });
  }

  #progress(): InstallationProgress {
    const done = this.#phases.indexOf(this.#phase);
    return { phase: this.#phase, done, total: this.#phases.length };
  }
}

/** Where an attempt's programs run. */
export function workshopOf(
  place: Place,
  op: OperationContext,
  telling: Telling,
  {
    commandTimeout: timeout,
    killGrace: grace,
  }: {
    readonly commandTimeout: number;
    readonly killGrace: number;
  },
): Workshop {
  const { id: operationId, signal, log } = op;
  return { place, operationId, signal, timeout, grace, log, told: line => telling.line(line) };
}
