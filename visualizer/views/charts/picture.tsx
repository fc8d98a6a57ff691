import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import {
  Chart,
  type ChartLayout,
  type ChartModel,
  type ChartProps,
  canvasMeasure,
  type Direction,
  directionFor,
  layoutChart,
} from '../../chart/index.ts';
import { problemInWords, problemOf } from '../../connection/problem-error.ts';
import { Notice, Skeleton } from '../../design/layout.tsx';
import './picture.css';

export type PictureProps = Pick<ChartProps, 'model' | 'label' | 'counts'> &
  Partial<Pick<ChartProps, 'active' | 'taken' | 'latest'>>;

/** Always the same, so that nothing is drawn anew for it. */
const NOWHERE = { active: [], taken: new Set<string>(), latest: [] };

/** A chart, laid out where it is wanted: only then is the layout engine loaded. */
export function Picture(props: PictureProps) {
  const place = useRef<HTMLDivElement>(null);
  const { layout, problem } = useLayout(
    props.model,
    props.counts !== undefined,
    useDirection(place),
  );
  return (
    <div ref={place} className="picture">
      {problem !== null ? (
        <Notice tone="problem">{problem}</Notice>
      ) : layout === undefined ? (
        <Skeleton lines={9} />
      ) : (
        <Chart {...NOWHERE} {...props} layout={layout} />
      )}
    </div>
  );
}

/** Which way suits the width of the place; `undefined` until that is known. */
function useDirection(place: { readonly current: HTMLElement | null }): Direction | undefined {
  const [direction, setDirection] = useState<Direction>();
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    const watcher = new ResizeObserver(() => setDirection(directionFor(element.clientWidth)));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [place]);
  return direction;
}

interface Laid {
  readonly layout: ChartLayout | undefined;
  readonly problem: string | null;
}

const NOT_YET: Laid = { layout: undefined, problem: null };

function useLayout(model: ChartModel, badges: boolean, direction: Direction | undefined): Laid {
  const [laid, setLaid] = useState(NOT_YET);
  useEffect(() => {
    if (direction === undefined) return;
    let isThere = true;
    layoutChart(model, { measure: canvasMeasure, badges, direction }).then(
      layout => isThere && setLaid({ layout, problem: null }),
      error => isThere && setLaid({ layout: undefined, problem: problemInWords(problemOf(error)) }),
    );
    return () => {
      isThere = false;
    };
  }, [model, badges, direction]);
  return laid;
}
