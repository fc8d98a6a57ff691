import { useEffect, useState } from 'react';
import {
  Chart,
  type ChartLayout,
  type ChartModel,
  type ChartProps,
  canvasMeasure,
  type Direction,
  layoutChart,
} from '../../chart/index.ts';
import { problemInWords, problemOf } from '../../connection/problem-error.ts';
import { Notice, Skeleton } from '../../design/layout.tsx';
import { useNarrow } from '../../design/use-narrow.ts';
import './picture.css';

export type PictureProps = Pick<ChartProps, 'model' | 'label' | 'counts'> &
  Partial<Pick<ChartProps, 'active' | 'taken' | 'latest'>>;

/** Always the same, so that nothing is drawn anew for it. */
const NOWHERE = { active: [], taken: new Set<string>(), latest: [] };

/** A chart, laid out where it is wanted: only then is the layout engine loaded. */
export function Picture(props: PictureProps) {
  const { layout, problem } = useLayout(
    props.model,
    props.counts !== undefined,
    useNarrow() ? 'DOWN' : 'RIGHT',
  );
  if (problem !== null) return <Notice tone="problem">{problem}</Notice>;
  return (
    <div className="picture">
      {layout === undefined ? (
        <Skeleton lines={9} />
      ) : (
        <Chart {...NOWHERE} {...props} layout={layout} />
      )}
    </div>
  );
}

interface Laid {
  readonly layout: ChartLayout | undefined;
  readonly problem: string | null;
}

const NOT_YET: Laid = { layout: undefined, problem: null };

function useLayout(model: ChartModel, badges: boolean, direction: Direction): Laid {
  const [laid, setLaid] = useState(NOT_YET);
  useEffect(() => {
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
