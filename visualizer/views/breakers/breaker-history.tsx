import { counted } from '../../data/numbers.ts';
import { explained } from '../../data/reasons.ts';
import type { BreakerUpdate } from '../../data/wire.ts';
import { Card, Empty } from '../../design/layout.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { At } from '../../design/time.tsx';

/** What it went through, the newest first. */
export function BreakerHistory({ history }: { readonly history: readonly BreakerUpdate[] }) {
  return (
    <Card
      title="History"
      aside={<span className="small muted numbers">{counted(history.length, 'transition')}</span>}
    >
      {history.length === 0 ? (
        <Empty title="It has been closed since it was first used" />
      ) : (
        <ol className="breaker-history">
          {history.map(({ seq, state, from_state, timestamp, reason, event }) => (
            <li key={seq}>
              <span className="moment-move">
                {from_state !== null && from_state !== state && (
                  <>
                    <StateBadge state={from_state} />
                    <span className="muted" aria-hidden="true">
                      →
                    </span>
                    <span className="visually-hidden">to</span>
                  </>
                )}
                <StateBadge state={state} />
              </span>
              <span className="small muted numbers">
                <At at={timestamp} />
              </span>
              <p className="small">
                {explained(reason, event)}
                {typeof reason?.by === 'string' && <span className="muted"> · by {reason.by}</span>}
              </p>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
