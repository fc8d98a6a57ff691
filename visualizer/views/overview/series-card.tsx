import { useMemo } from 'react';
import { duration } from '../../data/time.ts';
import type { TimelineBucket } from '../../data/wire.ts';
import { Card } from '../../design/layout.tsx';
import { TimeSeries } from './time-series.tsx';
import { timelineOf } from './timeline.ts';

const perSecond = (value: number): string =>
  value === 0 ? '0' : value < 10 ? value.toFixed(1) : String(Math.round(value));

/** The last fifteen minutes. */
export default function SeriesCards({ buckets }: { readonly buckets: readonly TimelineBucket[] }) {
  const timeline = useMemo(() => timelineOf(buckets), [buckets]);
  const flow = useMemo(
    () => [
      {
        label: 'Started',
        color: '--state-in-progress',
        values: timeline.started,
        dash: [2, 3],
      },
      {
        label: 'Succeeded',
        color: '--state-success',
        values: timeline.succeeded,
        isFilled: true,
      },
    ],
    [timeline],
  );
  const trouble = useMemo(
    () => [
      { label: 'Retries', color: '--state-recovering', values: timeline.retries, isFilled: true },
      {
        label: 'Failed and exhausted',
        color: '--state-failed',
        values: timeline.unsuccessful,
        dash: [6, 3],
      },
    ],
    [timeline],
  );
  const recovery = useMemo(
    () => [
      {
        label: 'From the first trouble to success, on average',
        color: '--state-exhausted',
        values: timeline.recovery,
        isSparse: true,
      },
    ],
    [timeline],
  );
  const { times } = timeline;
  return (
    <div className="series-cards">
      <Card title="Throughput" aside={<span className="small muted">a second, 15 minutes</span>}>
        <TimeSeries
          label="Operations started and succeeded each second, over the last 15 minutes"
          times={times}
          series={flow}
          format={perSecond}
        />
      </Card>
      <Card title="Retries and failures" aside={<span className="small muted">a second</span>}>
        <TimeSeries
          label="Retries and unsuccessful ends each second, over the last 15 minutes"
          times={times}
          series={trouble}
          format={perSecond}
        />
      </Card>
      <Card title="Recovery time" aside={<span className="small muted">on average</span>}>
        <TimeSeries
          label="How long recoveries took on average, over the last 15 minutes"
          times={times}
          series={recovery}
          format={duration}
          least={1_000}
        />
      </Card>
    </div>
  );
}
