import { type KeyboardEvent, useId, useMemo, useRef } from 'react';
import { Box, isFrame, Title } from './box.tsx';
import type { ArrowCount } from './counts.ts';
import { Edge, EdgeLabel, TipShapes } from './edge.tsx';
import { description, lit, type Marks } from './marks.ts';
import type { ChartModel } from './model.ts';
import type { ChartLayout } from './placement.ts';
import { useActiveInView } from './use-active-in-view.ts';
import { useZoom, type Zoom } from './use-zoom.ts';
import './chart.css';

export interface ChartProps {
  readonly model: ChartModel;
  readonly layout: ChartLayout;
  /** Paths of active states; those around them are lit too. */
  readonly active: readonly string[];
  /** Ids of the arrows that were taken. */
  readonly taken: ReadonlySet<string>;
  /** Ids of those that were taken last; a dot runs along them. */
  readonly latest: readonly string[];
  /** How often arrows were taken, by id; needs a layout with `badges`. What is not in it was never taken. @default nothing is counted */
  readonly counts?: ReadonlyMap<string, ArrowCount>;
  /** Arrows taken less often are faded. @default 1 */
  readonly threshold?: number;
  /** Name of the picture, for those who do not see it. */
  readonly label: string;
}

/** A statechart, with where one is and which ways were gone. */
export function Chart(props: ChartProps) {
  const { model, layout, active, taken, latest, counts, threshold = 1, label } = props;
  const marks = useMemo<Marks>(
    () => ({ active: lit(active), taken, latest, counts, threshold }),
    [active, taken, latest, counts, threshold],
  );
  const view = useRef<HTMLElement>(null);
  const zoom = useZoom(view, layout);
  const leaf = layout.boxes.find(({ id, kind }) => kind !== 'compound' && marks.active.has(id));
  useActiveInView(view, leaf, zoom);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+') zoom.grow();
    else if (event.key === '-') zoom.shrink();
    else if (event.key === '0') zoom.fit();
  };
  return (
    <div className="chart">
      <ZoomTools zoom={zoom} />
      <section
        className="chart-view"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
        tabIndex={0}
        ref={view}
        onKeyDown={onKeyDown}
      >
        <Picture model={model} layout={layout} marks={marks} label={label} scale={zoom.scale} />
      </section>
    </div>
  );
}

function ZoomTools({ zoom }: { readonly zoom: Zoom }) {
  return (
    <fieldset className="chart-tools" aria-label="Zoom">
      <button
        type="button"
        className="chart-tool"
        aria-label="Zoom out"
        disabled={!zoom.canShrink}
        onClick={zoom.shrink}
      >
        −
      </button>
      <button
        type="button"
        className="chart-tool"
        aria-label="Zoom in"
        disabled={!zoom.canGrow}
        onClick={zoom.grow}
      >
        +
      </button>
      <button type="button" className="chart-tool" aria-label="Fit to width" onClick={zoom.fit}>
        fit
      </button>
    </fieldset>
  );
}

interface PictureProps {
  readonly model: ChartModel;
  readonly layout: ChartLayout;
  readonly marks: Marks;
  readonly label: string;
  readonly scale: number;
}

function Picture({ model, layout, marks, label, scale }: PictureProps) {
  const id = useId();
  const tips = { usual: `${id}usual`, taken: `${id}taken` };
  const { width, height, boxes, edges } = layout;
  const frames = boxes.filter(isFrame);
  const others = boxes.filter(box => !isFrame(box));
  return (
    <svg
      className="chart-picture"
      role="img"
      aria-labelledby={`${id}name`}
      aria-describedby={`${id}words`}
      width={width * scale}
      height={height * scale}
      viewBox={`0 0 ${width} ${height}`}
    >
      <title id={`${id}name`}>{label}</title>
      <desc id={`${id}words`}>{description(model, marks)}</desc>
      <TipShapes {...tips} />
      {frames.map(box => (
        <Box key={box.id} model={model} box={box} marks={marks} tip={tips.usual} />
      ))}
      {edges.map(edge => (
        <Edge key={edge.id} edge={edge} marks={marks} tips={tips} />
      ))}
      {frames.map(box => (
        <Title key={box.id} box={box} active={marks.active.has(box.id)} />
      ))}
      {others.map(box => (
        <Box key={box.id} model={model} box={box} marks={marks} tip={tips.usual} />
      ))}
      {edges.map(edge => (
        <EdgeLabel key={edge.id} model={model} edge={edge} marks={marks} />
      ))}
    </svg>
  );
}
