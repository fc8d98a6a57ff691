import { useMachine } from '@xstate/react';
import { useEffect, useMemo } from 'react';
import { useClient } from '../../app/client.ts';
import { InspectLink } from '../../app/inspect-link.tsx';
import { NO_QUERY } from '../../app/locations.ts';
import { Link } from '../../app/navigation.tsx';
import { useResource } from '../../app/use-resource.ts';
import { timeTravelMachine } from '../../connection/time-travel-machine.ts';
import type { OperationDetails } from '../../data/wire.ts';
import { Card, Empty, Facts, Skeleton } from '../../design/layout.tsx';
import { ProblemNotice } from '../../design/problem-notice.tsx';
import { detailOf, StateBadge } from '../../design/state-badge.tsx';
import { Ago, At } from '../../design/time.tsx';
import { useTitle } from '../../design/title.ts';
import { OperationChart } from '../charts/operation-chart.tsx';
import { Children } from './children.tsx';
import { Commands } from './commands.tsx';
import { Gantt } from './gantt.tsx';
import { History } from './history.tsx';
import { Moment } from './moment.tsx';
import './operation.css';
import { ErrorChain } from './error-chain.tsx';
import { NextAttempt } from './next-attempt.tsx';
import { ProgressLine } from './progress-line.tsx';
import { Steps } from './steps.tsx';
import { TimeTravel } from './time-travel.tsx';
import { Values } from './values.tsx';

/** One operation: where it is, how it came there, and what can be done. */
export default function Operation({ id }: { readonly id: string }) {
  const { http } = useClient();
  useTitle(id);
  const { data, problem, refresh } = useResource(signal => http.operation(id, signal), {
    rest: 300,
    concerns: ({ updates, gap }) => gap || updates.some(update => update.operation_id === id),
  });
  if (data !== undefined) {
    return (
      <>
        {problem !== null && <ProblemNotice problem={problem} onRetry={refresh} />}
        <Known operation={data} onCommand={refresh} />
      </>
    );
  }
  if (problem === null) return <Skeleton lines={10} />;
  if (problem.status !== 404) return <ProblemNotice problem={problem} onRetry={refresh} />;
  return (
    <Empty title="There is no such operation" isPage>
      <p>
        Its id is <span className="mono">{id}</span>. It may have been removed, as operations are
        after their retention.
      </p>
      <Link to={{ view: 'operations', query: NO_QUERY, key: '' }}>All operations</Link>
    </Empty>
  );
}

interface KnownProps {
  readonly operation: OperationDetails;
  readonly onCommand: () => void;
}

function Known({ operation, onCommand }: KnownProps) {
  const { history, path } = operation;
  const [travel, send] = useMachine(timeTravelMachine, { input: { length: history.length } });
  useEffect(() => send({ type: 'grow', length: history.length }), [send, history.length]);
  const isLive = travel.matches('live');
  const index = isLive ? history.length - 1 : Math.min(travel.context.index, history.length - 1);
  const past = useMemo(() => history.slice(0, index + 1), [history, index]);
  return (
    <>
      <header className="operation-head">
        <nav className="small" aria-label="Breadcrumb">
          <Link to={{ view: 'operations', query: NO_QUERY, key: '' }}>Operations</Link>
          <span className="muted"> / {operation.function_name}</span>
        </nav>
        <div className="page-head">
          <div className="operation-title">
            <h1 className="mono">{operation.operation_id}</h1>
            <StateBadge state={operation.state} detail={detailOf(path)} large />
          </div>
          <Commands operation={operation} path={path} onAnswer={onCommand} />
        </div>
        <NextAttempt operation={operation} path={path} />
        <ProgressLine id={operation.operation_id} state={operation.state} />
      </header>
      <TimeTravel
        history={history}
        index={index}
        isLive={isLive}
        isPlaying={travel.matches('playing')}
        send={send}
      />
      <Moment history={past} isLive={isLive} />
      <Card
        title="Chart"
        aside={<InspectLink filter={{ operation: operation.operation_id, key: '' }} />}
      >
        <OperationChart history={history} index={index} />
      </Card>
      <Gantt
        operation={operation}
        index={index}
        isLive={isLive}
        onSeek={at => send({ type: 'seek', index: at })}
      />
      <div className="operation-grid">
        <History
          history={history}
          index={index}
          isLive={isLive}
          onSeek={at => send({ type: 'seek', index: at })}
        />
        <div className="operation-column">
          <ErrorChain error={operation.error} state={operation.state} />
          <Children operation={operation} />
          <Steps steps={operation.steps} />
          <Values operation={operation} />
          <About operation={operation} />
        </div>
      </div>
    </>
  );
}

function About({ operation }: { readonly operation: OperationDetails }) {
  return (
    <Card title="About it">
      <Facts
        facts={[
          { name: 'Definition', value: operation.function_name },
          ...(operation.parent_id === null
            ? []
            : [
                {
                  name: 'Part of',
                  value: (
                    <Link to={{ view: 'operation', id: operation.parent_id }}>
                      {operation.parent_id}
                    </Link>
                  ),
                },
              ]),
          { name: 'Attempts begun', value: operation.attempt },
          {
            name: 'Breaker',
            value:
              operation.breaker_key === '' ? (
                'none'
              ) : (
                <Link to={{ view: 'breakers', key: operation.breaker_key }}>
                  {operation.breaker_key}
                </Link>
              ),
          },
          { name: 'Created', value: <At at={operation.created_at} /> },
          { name: 'Updated', value: <Ago at={operation.updated_at} /> },
        ]}
      />
    </Card>
  );
}
