import { lazy, Suspense } from 'react';
import { useClient } from '../../app/client.ts';
import { Link } from '../../app/navigation.tsx';
import { useResource } from '../../app/use-resource.ts';
import { bytes, compact, grouped } from '../../data/numbers.ts';
import { OPERATION_STATES, toneOf, wordsOf } from '../../data/states.ts';
import { duration } from '../../data/time.ts';
import type { Overview as OverviewData } from '../../data/wire.ts';
import { StateIcon } from '../../design/icons.tsx';
import { Card, Facts, Notice, Skeleton } from '../../design/layout.tsx';
import { ProblemNotice } from '../../design/problem-notice.tsx';
import { useTitle } from '../../design/title.ts';
import { Attention } from './attention.tsx';
import { BreakersGlance } from './breakers-glance.tsx';
import { FirstOperation } from './first-operation.tsx';
import './overview.css';

const SeriesCards = lazy(() => import('./series-card.tsx'));

/** How it goes as a whole, and what needs somebody first. */
export default function Overview() {
  const { http } = useClient();
  useTitle('Overview');
  const { data, problem, refresh } = useResource(http.overview, {
    rest: 2_000,
    every: 5_000,
    concerns: ({ updates, breakers, gap }) => updates.length > 0 || breakers.length > 0 || gap,
  });
  return (
    <>
      <div className="page-head">
        <h1>Overview</h1>
      </div>
      {problem !== null && <ProblemNotice problem={problem} onRetry={refresh} />}
      {data === undefined ? problem === null && <Skeleton lines={8} /> : <Whole data={data} />}
    </>
  );
}

function Whole({ data }: { readonly data: OverviewData }) {
  const total = OPERATION_STATES.reduce((sum, state) => sum + (data.counts[state] ?? 0), 0);
  const isEmpty = total === 0;
  return (
    <>
      {!data.persistence.healthy && (
        <Notice tone="problem">
          The store does not work, so nothing new is accepted
          {data.persistence.problem === null ? '' : `: ${data.persistence.problem}`}
        </Notice>
      )}
      <Counts counts={data.counts} />
      {isEmpty ? (
        <FirstOperation definitions={data.definitions} />
      ) : (
        <div className="overview-grid">
          <Attention attention={data.attention} />
          <BreakersGlance />
        </div>
      )}
      <Suspense fallback={<Skeleton lines={6} />}>
        <SeriesCards buckets={data.timeline} />
      </Suspense>
      <Figures data={data} />
    </>
  );
}

function Counts({ counts }: { readonly counts: OverviewData['counts'] }) {
  return (
    <ul className="counts" aria-label="Operations by state">
      {OPERATION_STATES.map(state => (
        <li key={state} data-tone={toneOf(state)}>
          <Link
            to={{
              view: 'operations',
              query: { states: [state], names: [], since: '', until: '', sort: '' },
              key: '',
            }}
          >
            <span className="counts-name">
              <StateIcon state={state} />
              {wordsOf(state)}
            </span>
            <span className="counts-number numbers">{compact(counts[state] ?? 0)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Figures({ data }: { readonly data: OverviewData }) {
  const { metrics, persistence } = data;
  const figure = (name: keyof typeof metrics) => compact(metrics[name]);
  const waiting = data.backlog.pending + data.backlog.retrying;
  const average = metrics.average_recovery_time;
  return (
    <Card title="Since the process began">
      <div className="figures">
        <Facts
          facts={[
            { name: 'Started', value: figure('started') },
            { name: 'Succeeded', value: figure('succeeded') },
            { name: 'Recovered', value: figure('recovered') },
          ]}
        />
        <Facts
          facts={[
            { name: 'Attempts', value: figure('attempts') },
            { name: 'Retries', value: figure('retries') },
            { name: 'Interruptions', value: figure('interruptions') },
          ]}
        />
        <Facts
          facts={[
            { name: 'Breaker trips', value: figure('breaker_trips') },
            {
              name: 'Recovery time',
              value: average === 0 ? '–' : duration(average),
            },
            { name: 'Waiting for a slot', value: grouped(waiting) },
          ]}
        />
        <Facts
          facts={[
            { name: 'Live here', value: grouped(data.active) },
            {
              name: 'Store',
              value: persistence.healthy
                ? `healthy${persistence.bytes === null ? '' : `, ${bytes(persistence.bytes)}`}`
                : 'not healthy',
            },
            { name: 'Position', value: compact(data.position) },
          ]}
        />
      </div>
    </Card>
  );
}
