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

/** Transitions that are shown at once, around the moment that is looked at; an operation may have thousands. */
const WINDOW = 200;

/** Every transition with its reason, the newest first. */
export function History({ history, index, isLive, onSeek }: HistoryProps) {
  const current = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (index >= 0 && !isLive) current.current?.scrollIntoView({ block: 'nearest' });
  }, [index, isLive]);
  const last = Math.min(history.length - 1, index + WINDOW / 2);
  const first = Math.max(0, last - WINDOW + 1);
  const shown = history.slice(first, last + 1).map((update, offset) => ({
    update,
    at: first + offset,
  }));
  return (
    <Card
      title="History"
      aside={
        <span className="small muted numbers">
          {history.length > WINDOW
            ? `${first + 1} to ${last + 1} of ${history.length} transitions`
            : counted(history.length, 'transition')}
        </span>
      }
    >
      <ol className="history" reversed>
        {shown.toReversed().map(({ update, at }) => (
          <li
            key={update.seq}
            ref={at === index ? current : undefined}
            aria-current={at === index ? 'step' : undefined}
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
        ))}
      </ol>
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
