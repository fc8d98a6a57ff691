import { chainOf } from '../../data/errors.ts';
import { explained, factsOf } from '../../data/reasons.ts';
import { clockTime, duration, instantOf } from '../../data/time.ts';
import type { RecoveryUpdate } from '../../data/wire.ts';
import { Card, Facts } from '../../design/layout.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Chain } from './error-chain.tsx';

export interface MomentProps {
  /** Up to the moment that is looked at. */
  readonly history: readonly RecoveryUpdate[];
  readonly isLive: boolean;
}

/** Why it is where it is, at the moment that is looked at. */
export function Moment({ history, isLive }: MomentProps) {
  const moment = history.at(-1);
  if (moment === undefined) return null;
  const before = history.at(-2);
  const at = instantOf(moment.timestamp) ?? 0;
  const since = before === undefined ? null : at - (instantOf(before.timestamp) ?? at);
  const { reason } = moment;
  const fallback = reason?.fallback;
  return (
    <Card title={isLive ? 'Why it is where it is' : 'Why it was where it was'}>
      <div className="moment">
        <div className="moment-words">
          <p className="moment-move">
            {moment.from_state !== null && moment.from_state !== moment.state && (
              <>
                <StateBadge state={moment.from_state} />
                <span className="muted" aria-hidden="true">
                  →
                </span>
                <span className="visually-hidden">to</span>
              </>
            )}
            <StateBadge state={moment.state} />
          </p>
          <p className="moment-why">{explained(reason, moment.event)}</p>
        </div>
        <Facts
          facts={[
            { name: 'At', value: clockTime(at) },
            ...(since === null ? [] : [{ name: 'After', value: duration(since) }]),
            { name: 'Event', value: <span className="mono">{moment.event}</span> },
            { name: 'Attempt', value: moment.attempt },
            ...(reason === null ? [] : factsOf(reason)),
          ]}
        />
      </div>
      {fallback !== undefined && fallback !== null && (
        <>
          <h3>Its fallback failed, too</h3>
          <Chain links={chainOf(fallback)} />
        </>
      )}
    </Card>
  );
}
