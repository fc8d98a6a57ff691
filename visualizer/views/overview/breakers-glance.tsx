import { useClient } from '../../app/client.ts';
import { Link } from '../../app/navigation.tsx';
import { useResource } from '../../app/use-resource.ts';
import { BREAKER_STATES } from '../../data/states.ts';
import { instantOf } from '../../data/time.ts';
import type { Breaker } from '../../data/wire.ts';
import { Card, Empty, Skeleton } from '../../design/layout.tsx';
import { ProblemNotice } from '../../design/problem-notice.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Countdown } from '../../design/time.tsx';
import { GaugeBar } from '../breakers/gauge-bar.tsx';

const FEW = 8;

/** Those that let nothing through first. */
const URGENCY = ['open', 'isolated', 'half_open', 'metrics_only', 'forced_closed', 'closed'];

/** The breakers, the troubled ones first. */
export function BreakersGlance() {
  const { http } = useClient();
  const { data, problem, refresh } = useResource(http.breakers, {
    rest: 2_000,
    every: 5_000,
    concerns: ({ breakers }) => breakers.length > 0,
  });
  const sorted = [...(data ?? [])].sort(
    (a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) || b.failures - a.failures,
  );
  return (
    <Card title="Breakers" aside={data !== undefined && <Summary breakers={data} />}>
      {problem !== null && <ProblemNotice problem={problem} onRetry={refresh} />}
      {data === undefined && problem === null && <Skeleton lines={5} />}
      {data !== undefined && data.length === 0 && (
        <Empty title="No breaker yet">
          <p>One appears with the first operation of its key.</p>
        </Empty>
      )}
      <ul className="glance">
        {sorted.slice(0, FEW).map(breaker => (
          <Glance key={breaker.key} breaker={breaker} />
        ))}
      </ul>
      {sorted.length > FEW && (
        <Link className="small" to={{ view: 'breakers', key: '' }}>
          All {sorted.length} breakers
        </Link>
      )}
    </Card>
  );
}

function Glance({ breaker }: { readonly breaker: Breaker }) {
  const openUntil = instantOf(breaker.open_until);
  return (
    <li>
      <Link className="glance-key" to={{ view: 'breakers', key: breaker.key }}>
        {breaker.key}
      </Link>
      <StateBadge state={breaker.state} />
      <span className="glance-gauge">
        {openUntil === null ? (
          <GaugeBar breaker={breaker} />
        ) : (
          <span className="small muted">
            tries again <Countdown until={openUntil} lead="in " />
          </span>
        )}
      </span>
    </li>
  );
}

function Summary({ breakers }: { readonly breakers: readonly Breaker[] }) {
  const counts = BREAKER_STATES.map(state => ({
    state,
    count: breakers.filter(breaker => breaker.state === state).length,
  }));
  return (
    <span className="small muted numbers">
      {counts
        .filter(({ count }) => count > 0)
        .map(({ state, count }) => `${count} ${state.replace('_', ' ')}`)
        .join(' · ')}
    </span>
  );
}
