import { drawingOf } from './drawing.ts';
import { loadElk } from './elk.ts';
import { type Direction, elkGraph, type GraphStyle } from './elk-graph.ts';
import type { Measure } from './fonts.ts';
import { crossings, passes } from './geometry.ts';
import type { ChartModel } from './model.ts';
import { type ChartLayout, placed } from './placement.ts';

export interface LayoutOptions {
  readonly measure: Measure;
  /** @default 'RIGHT' */
  readonly direction?: Direction;
  /**
   * Whether there is room for counts.
   * @default false
   */
  readonly badges?: boolean;
}

/** What suits a place of that width, in pixels. */
export const directionFor = (width: number): Direction => (width < 1_000 ? 'DOWN' : 'RIGHT');

/** Elk's order within a layer depends on luck; so many orders are tried. */
const TRIES = 6;
/** What a crossing is worth in pixels of the picture's width. */
const CROSSING = 20;

interface Known extends GraphStyle {
  readonly layout: Promise<ChartLayout>;
}
const known = new WeakMap<ChartModel, Known[]>();

/** Works out a chart's picture, once for each model, direction and measure. */
export function layoutChart(model: ChartModel, options: LayoutOptions): Promise<ChartLayout> {
  const { measure, direction = 'RIGHT', badges = false } = options;
  const before = known.get(model) ?? [];
  const same = before.find(
    each => each.measure === measure && each.direction === direction && each.badges === badges,
  );
  if (same !== undefined) return same.layout;
  const layout = bestOf(model, { measure, direction, badges });
  known.set(model, [...before, { measure, direction, badges, layout }]);
  layout.catch(() => {
    const others = known.get(model)?.filter(each => each.layout !== layout) ?? [];
    known.set(model, others);
  });
  return layout;
}

async function bestOf(model: ChartModel, style: GraphStyle): Promise<ChartLayout> {
  const elk = await loadElk();
  const drawing = drawingOf(model);
  let best: ChartLayout | undefined;
  for (let seed = 1; seed <= TRIES; seed++) {
    const graph = elkGraph(model, drawing, style, seed);
    const layout = placed(drawing, graph, await elk.layout(graph.root), style);
    if (best === undefined || cost(layout) < cost(best)) best = layout;
  }
  return best as ChartLayout;
}

/** Places scroll down more readily than across. */
function cost({ width, height, boxes, edges }: ChartLayout): number {
  const lines = edges.map(({ points }) => points);
  const struck = boxes.map(({ title }) => passes(lines, title));
  const spoilt = crossings(lines) + 2 * struck.reduce((sum, count) => sum + count, 0);
  return width + height / 2 + CROSSING * spoilt;
}
