import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { counted } from '../../data/numbers.ts';
import { explained, factsOf } from '../../data/reasons.ts';
import { clockTime, duration, instantOf } from '../../data/time.ts';
import type { RecoveryUpdate } from '../../data/wire.ts';
import { Card } from '../../design/layout.tsx';
import { StateBadge } from '../../design/state-badge.tsx';

export interface HistoryProps {
  readonly history: readonly RecoveryUpdate[];
  readonly index: number;
  readonly isLive: boolean;
  readonly onSeek: (index: number) => void;
}

/** Pixels of a transition before it has been measured. */
const ABOUT = 72;

/** Every transition with its reason, the newest first. An operation may have thousands, so only those in sight are drawn. */
export function History({ history, index, isLive, onSeek }: HistoryProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const last = history.length - 1;
  const virtual = useVirtualizer({
    count: history.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ABOUT,
    getItemKey: row => history[last - row]?.seq ?? row,
    overscan: 6,
  });
  useEffect(() => {
    if (!isLive && index >= 0) virtual.scrollToIndex(last - index, { align: 'auto' });
  }, [virtual, index, isLive, last]);
  return (
    <Card
      title="History"
      aside={<span className="small muted numbers">{counted(history.length, 'transition')}</span>}
    >
      <div ref={scroller} className="history">
        <ol style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index: row, start, key }) => {
            const at = last - row;
            const update = history[at];
            if (update === undefined) return null;
            return (
              <li
                key={key}
                ref={virtual.measureElement}
                data-index={row}
                aria-setsize={history.length}
                aria-posinset={row + 1}
                aria-current={at === index ? 'step' : undefined}
                style={{ transform: `translateY(${start}px)` }}
              >
                <button type="button" className="history-seek" onClick={() => onSeek(at)}>
                  <span className="history-seq numbers small muted">{update.seq}</span>
                  <StateBadge state={update.state} />
                  <span className="history-at numbers small muted">
                    {clockTime(instantOf(update.timestamp) ?? 0)}
                    <Since update={update} before={history[at - 1]} />
                  </span>
                </button>
                <Why update={update} />
              </li>
            );
          })}
        </ol>
      </div>
    </Card>
  );
}

function Since({
  update,
  before,
}: {
  readonly update: RecoveryUpdate;
  readonly before: RecoveryUpdate | undefined;
}) {
  if (before === undefined) return null;
  const since = (instantOf(update.timestamp) ?? 0) - (instantOf(before.timestamp) ?? 0);
  return <span className="history-since"> +{duration(since)}</span>;
}

function Why({ update }: { readonly update: RecoveryUpdate }) {
  const facts = update.reason === null ? [] : factsOf(update.reason);
  return (
    <div className="history-why small">
      <p>{explained(update.reason, update.event)}</p>
      {facts.length > 0 && (
        <p className="muted numbers">
          {facts.map(({ name, value }) => `${name.toLowerCase()} ${value}`).join(' · ')}
        </p>
      )}
    </div>
  );
}
