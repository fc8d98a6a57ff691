import { useMemo, useState } from 'react';
import { useClient } from '../../app/client.ts';
import { Link } from '../../app/navigation.tsx';
import { useResource } from '../../app/use-resource.ts';
import { BREAKER_STATES } from '../../data/states.ts';
import type { Breaker } from '../../data/wire.ts';
import { Icon } from '../../design/icons.tsx';
import { Empty, Skeleton } from '../../design/layout.tsx';
import { ProblemNotice } from '../../design/problem-notice.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { useTitle } from '../../design/title.ts';
import { BreakerDetails } from './breaker-details.tsx';
import './breakers.css';
import { GaugeBar } from './gauge-bar.tsx';

/** Every breaker, and one of them closely. */
export default function Breakers({ selected }: { readonly selected: string }) {
  const { http } = useClient();
  useTitle(selected === '' ? 'Breakers' : `${selected} · Breakers`);
  const { data, problem, refresh } = useResource(http.breakers, {
    rest: 500,
    every: 3_000,
    concerns: ({ breakers, updates, gap }) => breakers.length > 0 || updates.length > 0 || gap,
  });
  const [text, setText] = useState('');
  const shown = useMemo(() => fitting(data ?? [], text), [data, text]);
  const breaker = data?.find(({ key }) => key === selected);
  return (
    <>
      <div className="page-head">
        <h1>Breakers</h1>
        <search className="search breakers-search">
          <Icon name="search" size={14} />
          <input
            type="search"
            className="input"
            aria-label="Search breakers by key or state"
            placeholder="Search keys and states"
            value={text}
            onChange={event => setText(event.target.value)}
          />
        </search>
      </div>
      {problem !== null && <ProblemNotice problem={problem} onRetry={refresh} />}
      {data === undefined && problem === null && <Skeleton lines={8} />}
      {data?.length === 0 && (
        <Empty title="No breaker yet">
          <p>
            One appears with the first operation of its key: the name of the definition, or what its{' '}
            <code>breaker</code> option says.
          </p>
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <div className="breakers" data-one={selected !== ''}>
          <List breakers={shown} selected={selected} />
          {selected !== '' &&
            (breaker === undefined ? (
              <Empty title="Nothing has used this breaker yet">
                <p className="mono">{selected}</p>
              </Empty>
            ) : (
              <BreakerDetails key={breaker.key} breaker={breaker} onOrder={refresh} />
            ))}
        </div>
      )}
    </>
  );
}

/** Rows that are drawn at once; with more, somebody searches. */
const MOST = 500;

function List({
  breakers,
  selected,
}: {
  readonly breakers: readonly Breaker[];
  readonly selected: string;
}) {
  if (breakers.length === 0) return <Empty title="No breaker fits" />;
  return (
    <nav aria-label="Breakers" className="card breakers-list">
      <ul>
        {breakers.slice(0, MOST).map(breaker => (
          <li key={breaker.key}>
            <Link
              to={{ view: 'breakers', key: breaker.key }}
              aria-current={breaker.key === selected ? 'true' : undefined}
            >
              <span className="breakers-key">{breaker.key}</span>
              <StateBadge state={breaker.state} />
              <GaugeBar breaker={breaker} />
            </Link>
          </li>
        ))}
      </ul>
      {breakers.length > MOST && (
        <p className="small muted">
          {MOST} of {breakers.length}; search for the others.
        </p>
      )}
    </nav>
  );
}

function fitting(breakers: readonly Breaker[], text: string): readonly Breaker[] {
  const part = text.trim().toLowerCase();
  const urgency = (breaker: Breaker) => BREAKER_STATES.indexOf(breaker.state);
  return breakers
    .filter(
      ({ key, state }) =>
        key.toLowerCase().includes(part) || state.replaceAll('_', ' ').includes(part),
    )
    .toSorted((a, b) => Number(urgency(a) === 0) - Number(urgency(b) === 0));
}
