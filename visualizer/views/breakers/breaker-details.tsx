import { useMemo } from 'react';
import { useClient } from '../../app/client.ts';
import { InspectLink } from '../../app/inspect-link.tsx';
import { NO_QUERY } from '../../app/locations.ts';
import { Link } from '../../app/navigation.tsx';
import { useResource } from '../../app/use-resource.ts';
import { counted, grouped } from '../../data/numbers.ts';
import { instantOf } from '../../data/time.ts';
import type { Breaker } from '../../data/wire.ts';
import { Card, Facts, Notice, Skeleton } from '../../design/layout.tsx';
import { ProblemNotice } from '../../design/problem-notice.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Countdown } from '../../design/time.tsx';
import { BreakerChart } from '../charts/breaker-chart.tsx';
import { BreakerHistory } from './breaker-history.tsx';
import { BreakerOrders } from './breaker-orders.tsx';
import { BreakerWindow } from './breaker-window.tsx';
import { settingsInWords } from './settings-in-words.ts';

export interface BreakerDetailsProps {
  readonly breaker: Breaker;
  readonly onOrder: () => void;
}

/** One breaker: what it lets through, why, and for how long. */
export function BreakerDetails({ breaker, onOrder }: BreakerDetailsProps) {
  const { http } = useClient();
  const { key } = breaker;
  const { data, problem, refresh } = useResource(signal => http.breakerHistory(key, signal), {
    rest: 500,
    concerns: ({ breakers, gap }) => gap || breakers.some(update => update.key === key),
  });
  const history = useMemo(() => (data ?? []).toReversed(), [data]);
  const openUntil = instantOf(breaker.open_until);
  return (
    <div className="breaker">
      <header className="breaker-head">
        <div className="operation-title">
          <h2 className="breaker-title">{key}</h2>
          <StateBadge state={breaker.state} large />
        </div>
        <BreakerOrders breaker={breaker} onOrder={onOrder} />
      </header>
      {openUntil !== null && (
        <p>
          Lets nothing through; a probe tests the ground <Countdown until={openUntil} lead="in " />
        </p>
      )}
      <OverrideNotice breaker={breaker} />
      <Card title="Chart" aside={<InspectLink filter={{ operation: '', key }} />}>
        <BreakerChart breaker={breaker} history={history} />
      </Card>
      <div className="breaker-grid">
        <BreakerWindow breaker={breaker} />
        <Card title="Figures">
          <Facts
            facts={[
              {
                name: 'Live operations',
                value: (
                  <Link to={{ view: 'operations', query: NO_QUERY, key }}>
                    {grouped(breaker.operations)}
                  </Link>
                ),
              },
              { name: 'Calls looked back on', value: grouped(breaker.calls) },
              {
                name: 'Failed, slow',
                value: `${grouped(breaker.failures)}, ${grouped(breaker.slow)}`,
              },
              { name: 'Openings in a row', value: grouped(breaker.openings) },
              { name: 'Changes of state', value: grouped(breaker.generation) },
              ...settingsInWords(breaker),
            ]}
          />
        </Card>
      </div>
      {problem !== null && <ProblemNotice problem={problem} onRetry={refresh} />}
      {data === undefined ? (
        problem === null && <Skeleton lines={6} />
      ) : (
        <BreakerHistory history={data} />
      )}
    </div>
  );
}

function OverrideNotice({ breaker }: { readonly breaker: Breaker }) {
  const { override } = breaker;
  if (override === null) return null;
  const until = instantOf(override.until);
  return (
    <Notice tone="warning">
      An operator’s order is in force
      {override.by === null ? '' : `, by ${override.by}`}
      {override.reason === null ? '' : `: ${override.reason}`}.{' '}
      {until === null ? (
        'It ends when somebody resets the breaker.'
      ) : (
        <>
          It ends by itself <Countdown until={until} lead="in " />.
        </>
      )}{' '}
      {counted(breaker.operations, 'live operation')} {breaker.operations === 1 ? 'is' : 'are'} of
      this breaker.
    </Notice>
  );
}
