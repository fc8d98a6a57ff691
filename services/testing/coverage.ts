import type { Unsubscribable } from 'rxjs';
import type { AnyStateMachine, AnyTransitionDefinition, InspectionEvent } from 'xstate';
import { breakerMachine } from '../../machines/breaker/machine.ts';
import { operationMachine } from '../../machines/operation/machine.ts';
import type { Inspectable } from '../ports.ts';
import { type Arrow, arrowOf, arrowsOf } from './arrows.ts';

/** How often arrows were taken, by machine and by the arrow's key. JSON-safe. */
export type ArrowCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Paths that were lived, by how they were. JSON-safe. */
export interface LifeCounts {
  /** Without a cut. */
  readonly paths: number;
  /** With their process cut at a point of a commit. */
  readonly crashes: number;
  /** Real milliseconds that all of them took; several processes take theirs at the same time. */
  readonly took: number;
}

/** An arrow of a chart, and how often it was taken. */
export interface CountedArrow extends Omit<Arrow, 'definition'> {
  readonly count: number;
}

/** How much of a chart was taken. */
export interface MachineCoverage {
  readonly machine: string;
  readonly drawn: number;
  readonly taken: number;
  /** In the order of the chart. */
  readonly arrows: readonly CountedArrow[];
}

const CHARTS: readonly AnyStateMachine[] = [operationMachine, breakerMachine];

/** Counts the arrows that living actors take. */
export class ArrowCoverage {
  readonly #machines: readonly AnyStateMachine[];
  readonly #counts = new Map<string, Map<string, number>>();

  /** @param machines whose arrows count. @default the operation's and the breaker's */
  constructor(machines: readonly AnyStateMachine[] = CHARTS) {
    this.#machines = machines;
    for (const { id } of machines) this.#counts.set(id, new Map());
  }

  /** Counts what the actors of a recovery do from now on. */
  follow(recovery: Inspectable): Unsubscribable {
    return recovery.inspect(event => this.see(event));
  }

  /** Counts what an inspection event tells of; for actors that are in no recovery. */
  see(event: InspectionEvent): void {
    if (event.type !== '@xstate.microstep') return;
    for (const transition of event._transitions) this.took(transition);
  }

  took(transition: AnyTransitionDefinition): void {
    const counts = this.#counts.get(transition.source.machine.id);
    if (counts === undefined) return;
    const { key } = arrowOf(transition);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  /** Adds what others have counted. */
  add(others: ArrowCounts): void {
    for (const [machine, arrows] of Object.entries(others)) {
      const counts = this.#counts.get(machine);
      if (counts === undefined) continue;
      for (const [key, count] of Object.entries(arrows)) {
        counts.set(key, (counts.get(key) ?? 0) + count);
      }
    }
  }

  counts(): ArrowCounts {
    const machines = [...this.#counts].map(([id, arrows]) => [id, Object.fromEntries(arrows)]);
    return Object.fromEntries(machines);
  }

  report(): readonly MachineCoverage[] {
    return this.#machines.map(machine => {
      const counts = this.#counts.get(machine.id);
      const arrows = arrowsOf(machine).map(({ definition: _, ...arrow }) => ({
        ...arrow,
        count: counts?.get(arrow.key) ?? 0,
      }));
      const taken = arrows.filter(({ count }) => count > 0).length;
      return { machine: machine.id, drawn: arrows.length, taken, arrows };
    });
  }
}

/** The share of all arrows that was taken, in per cent. */
export function percentageOf(report: readonly MachineCoverage[]): number {
  const drawn = report.reduce((sum, machine) => sum + machine.drawn, 0);
  const taken = report.reduce((sum, machine) => sum + machine.taken, 0);
  return drawn === 0 ? 100 : (100 * taken) / drawn;
}
