import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from '../../app/theme.ts';
import { clockTime } from '../../data/time.ts';

export interface Series {
  readonly label: string;
  /** Name of the custom property with its colour. */
  readonly color: string;
  /** Dashes, so that lines can be told apart without their colour. */
  readonly dash?: readonly number[];
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
  /** There is not always a value, so each is marked. */
  readonly isSparse?: boolean;
}

export interface TimeSeriesProps {
  /** Of the chart, for those who do not see it. */
  readonly label: string;
  /** Epoch milliseconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** The scale reaches at least so far. @default 1 */
  readonly least?: number;
}

const HEIGHT = 168;
/** Seconds. */
const SHOWN = 15 * 60;

/** Lines over time. The data come in place; the chart is made anew only for another theme or other series. */
export function TimeSeries({ label, times, series, format, least = 1 }: TimeSeriesProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme();
  const shape = series.map(({ label: name, color }) => `${name}${color}`).join();
  const data = useMemo<uPlot.AlignedData>(
    () => [times.map(at => at / 1_000), ...series.map(({ values }) => [...values])],
    [times, series],
  );
  const latest = useRef({ series, format, data });
  latest.current = { series, format, data };

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme or shape is another chart
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const { series: first, data: firstData } = latest.current;
    const chart = new uPlot(
      optionsOf(first, value => latest.current.format(value), element.clientWidth, least),
      firstData,
      element,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [theme, shape, least]);

  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <figure className="series">
      <div ref={host} className="series-plot" role="img" aria-label={label} />
      <figcaption className="series-legend numbers">
        {series.map(({ label: name, color, values, dash }) => (
          <span key={name}>
            <svg width="22" height="8" aria-hidden="true">
              <line
                x1="0"
                x2="22"
                y1="4"
                y2="4"
                stroke={`var(${color})`}
                strokeWidth="2.5"
                strokeDasharray={dash?.join(' ')}
              />
            </svg>
            {name} <strong>{lastOf(values, format)}</strong>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function lastOf(values: readonly (number | null)[], format: (value: number) => string): string {
  const last = values.findLast(value => value !== null);
  return last === undefined || last === null ? '–' : format(last);
}

function optionsOf(
  series: readonly Series[],
  format: (value: number) => string,
  width: number,
  least: number,
): uPlot.Options {
  const styles = getComputedStyle(document.documentElement);
  const color = (name: string) => styles.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--text-muted'),
    font: `11px ${color('--font')}`,
    grid: { stroke: color('--border'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: { range: (_, __, last) => [last - SHOWN, last] },
      y: { range: (_, __, most) => [0, Math.max(least, (most ?? 0) * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        values: (_, ticks) => ticks.map(tick => clockTime(tick * 1_000, false).slice(0, 5)),
      },
      { ...axis, size: 54, values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...series.map(({ label, color: name, dash, isFilled, isSparse }) => ({
        label,
        stroke: color(name),
        width: 2,
        points: { show: isSparse === true, size: 5 },
        spanGaps: true,
        ...(dash === undefined ? {} : { dash: [...dash] }),
        ...(isFilled === true ? { fill: `${color(name)}22` } : {}),
      })),
    ],
  };
}
