import type { KeyboardEvent } from 'react';
import { useTenthWhile } from '../../app/use-now.ts';
import { placeOf, type Scale, type Span, scaleOf, spansOf, ticksOf } from '../../data/gantt.ts';
import { isFinal } from '../../data/states.ts';
import { duration, instantOf } from '../../data/time.ts';
import type { OperationDetails } from '../../data/wire.ts';
import { Card } from '../../design/layout.tsx';
import { useNarrow } from '../../design/use-narrow.ts';
import './gantt.css';
import { GanttLegend } from './gantt-legend.tsx';

export interface GanttProps {
  readonly operation: OperationDetails;
  readonly index: number;
  readonly isLive: boolean;
  readonly onSeek: (index: number) => void;
}

/** How many marks there are at most, and where the words of the last one still have room. */
const WIDE = { most: 6, last: 0.93 };
const NARROW = { most: 3, last: 0.75 };

/** Rows that are drawn; of an operation with more attempts the latest. */
const MOST_ROWS = 24;

/** How its time was spent: a row for each attempt and what came before it. */
export function Gantt({ operation, index, isLive, onSeek }: GanttProps) {
  const { history, state } = operation;
  const isOver = isFinal(state);
  const now = useTenthWhile(!isOver);
  const scale = scaleOf(history, isOver, now);
  const rows = rowsOf(spansOf(history));
  const shown = rows.slice(-MOST_ROWS);
  const moment = history[index];
  const cursor = isLive || moment === undefined ? null : (instantOf(moment.timestamp) ?? null);
  const keys = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    onSeek(index + by);
  };
  return (
    <Card
      title="Timeline"
      aside={
        <span className="small muted numbers">
          {duration(scale.to - scale.from)} in all
          {rows.length > shown.length && ` · the last ${shown.length} of ${rows.length} attempts`}
        </span>
      }
    >
      {/* biome-ignore-start lint/a11y: one stop for its bars, whose arrow keys go through the transitions */}
      <div
        className="gantt"
        onKeyDown={keys}
        role="group"
        tabIndex={0}
        aria-label="Attempts and waits over time; the arrow keys go through the transitions"
      >
        <Axis scale={scale} />
        {shown.map(row => (
          <div key={row.attempt} className="gantt-row">
            <span className="gantt-name small muted numbers">
              {row.attempt === 0 ? 'Waiting' : `Attempt ${row.attempt}`}
            </span>
            <div className="gantt-track">
              {row.spans.map(span => (
                <Bar
                  key={span.index}
                  span={span}
                  scale={scale}
                  now={isOver ? scale.to : now}
                  isCurrent={span.index === index}
                  onSeek={onSeek}
                />
              ))}
            </div>
          </div>
        ))}
        {cursor !== null && (
          <div className="gantt-over" aria-hidden="true">
            <span className="gantt-cursor" style={{ left: percentOf(placeOf(cursor, scale)) }} />
          </div>
        )}
      </div>
      {/* biome-ignore-end lint/a11y: as above */}
      <GanttLegend />
    </Card>
  );
}

function Axis({ scale }: { readonly scale: Scale }) {
  const { most, last } = useNarrow() ? NARROW : WIDE;
  return (
    <div className="gantt-row gantt-axis" aria-hidden="true">
      <span />
      <div className="gantt-track">
        {ticksOf(scale, most)
          .filter(offset => offset < last * (scale.to - scale.from))
          .map(offset => (
            <span
              key={offset}
              className="gantt-tick numbers"
              style={{ left: percentOf(placeOf(scale.from + offset, scale)) }}
            >
              {offset === 0 ? '0' : duration(offset)}
            </span>
          ))}
      </div>
    </div>
  );
}

interface BarProps {
  readonly span: Span;
  readonly scale: Scale;
  readonly now: number;
  readonly isCurrent: boolean;
  readonly onSeek: (index: number) => void;
}

function Bar({ span, scale, now, isCurrent, onSeek }: BarProps) {
  const to = span.to ?? now;
  const left = placeOf(span.from, scale);
  const width = placeOf(to, scale) - left;
  const words = `${WORDS[span.kind]}${span.outcome === null ? '' : `, ${span.outcome}`}: ${duration(to - span.from)}${span.to === null ? ' so far' : ''}`;
  return (
    <button
      type="button"
      // By keyboard the slider and the history go to the same moments, without a stop at each bar.
      tabIndex={-1}
      className="gantt-bar"
      data-kind={span.kind}
      data-outcome={span.outcome ?? (span.to === null ? 'running' : '')}
      aria-current={isCurrent ? 'step' : undefined}
      aria-label={words}
      title={words}
      style={{ left: percentOf(left), width: percentOf(width) }}
      onClick={() => onSeek(span.index)}
    />
  );
}

const WORDS: Readonly<Record<Span['kind'], string>> = {
  queued: 'Queued',
  attempt: 'Attempt',
  fallback: 'Fallback',
  undo: 'Undo',
  wait: 'Backoff',
  blocked: 'Blocked',
  paused: 'Paused',
};

interface Row {
  readonly attempt: number;
  readonly spans: readonly Span[];
}

/** A wait after an attempt stands in that attempt's row. */
function rowsOf(spans: readonly Span[]): readonly Row[] {
  const rows = new Map<number, Span[]>();
  for (const span of spans) {
    const row = rows.get(span.attempt);
    if (row === undefined) rows.set(span.attempt, [span]);
    else row.push(span);
  }
  return [...rows].map(([attempt, row]) => ({ attempt, spans: row }));
}

const percentOf = (share: number): string => `${100 * share}%`;
