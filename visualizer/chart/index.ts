/** The statecharts as pictures: read from JSON, laid out, followed along a history, drawn. */
export { canvasMeasure } from './canvas-measure.ts';
export { Chart, type ChartProps } from './chart.tsx';
export { ChartError } from './chart-error.ts';
export { type ArrowCount, type ArrowCounts, arrowCounts, type CountRow } from './counts.ts';
export type { Direction } from './elk-graph.ts';
export type { RecordedTransition } from './evidence.ts';
export { directionFor, type LayoutOptions, layoutChart } from './layout.ts';
export {
  type ChartArrow,
  type ChartModel,
  type ChartNode,
  chartModel,
  leafOf,
  lineage,
} from './model.ts';
export type { ChartLayout } from './placement.ts';
export { type Replay, type ReplayStep, replay } from './replay.ts';
