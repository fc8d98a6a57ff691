import { breakerMachine } from '../../machines/breaker/machine.ts';
import { operationMachine } from '../../machines/operation/machine.ts';
import { type ChartJson, chartJson } from './chart-json.ts';
import { mermaidOf } from './mermaid.ts';

export type { ChartJson } from './chart-json.ts';

/** A chart, for tools and people. */
export interface Chart {
  readonly name: string;
  /** What `createMachine` and Stately's editor take. */
  readonly config: ChartJson;
  /** A Mermaid `stateDiagram-v2`. */
  readonly mermaid: string;
}

/** The charts that this library runs on. */
export const charts = (): readonly Chart[] =>
  [operationMachine, breakerMachine].map(machine => ({
    name: machine.id,
    config: chartJson(machine),
    mermaid: mermaidOf(machine),
  }));
