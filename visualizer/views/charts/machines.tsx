import { useMemo } from 'react';
import { useClient } from '../../app/client.ts';
import { InspectLink } from '../../app/inspect-link.tsx';
import { Link } from '../../app/navigation.tsx';
import { useResource } from '../../app/use-resource.ts';
import { arrowCounts, type ChartModel } from '../../chart/index.ts';
import { counted } from '../../data/numbers.ts';
import type { ArrowCount } from '../../data/wire.ts';
import { Card, Empty, Skeleton } from '../../design/layout.tsx';
import { ProblemNotice } from '../../design/problem-notice.tsx';
import { useTitle } from '../../design/title.ts';
import { ArrowTable } from './arrow-table.tsx';
import './machines.css';
import { Picture } from './picture.tsx';
import { useMachines } from './use-machines.ts';

/** The charts that everything here follows, and how often each of their arrows was taken. */
export default function Machines({ name }: { readonly name: string }) {
  const { http } = useClient();
  const { models, problem } = useMachines();
  const arrows = useResource(http.arrows, {
    rest: 5_000,
    concerns: ({ updates, breakers }) => updates.length > 0 || breakers.length > 0,
  });
  const names = [...(models?.keys() ?? [])];
  const shown = name === '' ? (names[0] ?? '') : name;
  const model = models?.get(shown);
  useTitle(shown === '' ? 'Machines' : `${shown} · Machines`);
  return (
    <>
      <div className="page-head">
        <h1>Machines</h1>
        <InspectLink filter={{ operation: '', key: '' }} />
        <nav className="tabs" aria-label="Machines">
          {names.map(each => (
            <Link
              key={each}
              to={{ view: 'machines', name: each }}
              aria-current={each === shown ? 'page' : undefined}
            >
              {each}
            </Link>
          ))}
        </nav>
      </div>
      {problem !== null && <ProblemNotice problem={problem} onRetry={() => location.reload()} />}
      {arrows.problem !== null && (
        <ProblemNotice problem={arrows.problem} onRetry={arrows.refresh} />
      )}
      {models === undefined && problem === null && <Skeleton lines={10} />}
      {models !== undefined && model === undefined && (
        <Empty title="There is no such machine">
          <p className="mono">{name}</p>
        </Empty>
      )}
      {model !== undefined && <One key={shown} name={shown} model={model} arrows={arrows.data} />}
    </>
  );
}

interface OneProps {
  readonly name: string;
  readonly model: ChartModel;
  readonly arrows: readonly ArrowCount[] | undefined;
}

function One({ name, model, arrows }: OneProps) {
  const counts = useMemo(() => {
    const rows = (arrows ?? []).filter(({ machine }) => machine === name);
    return arrowCounts(model, rows);
  }, [model, arrows, name]);
  return (
    <>
      <Card
        title="Chart"
        aside={
          <span className="small muted numbers">
            {counted(model.arrows.size, 'arrow')}, {counts.never.length} never taken, by what the
            store holds
          </span>
        }
      >
        <Picture
          model={model}
          counts={counts.counts}
          label={`The chart of ${name}, with how often each arrow was taken; the same stands in the table below`}
        />
      </Card>
      <ArrowTable model={model} counts={counts} />
    </>
  );
}
