import { useClient } from '../../app/client.ts';
import { Link } from '../../app/navigation.tsx';
import { useResource } from '../../app/use-resource.ts';
import { isFinal } from '../../data/states.ts';
import type { OperationDetails, Summary } from '../../data/wire.ts';
import { Card } from '../../design/layout.tsx';
import { ProblemNotice } from '../../design/problem-notice.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { ProgressLine } from './progress-line.tsx';

/** Milliseconds after which children are looked for again: the first is known to nobody when its parent's page is opened. */
const LOOK = 2_000;

/** The operations that are parts of this one, where it has any. */
export function Children({ operation }: { readonly operation: OperationDetails }) {
  const { http } = useClient();
  const id = operation.operation_id;
  const { data, problem, refresh } = useResource(signal => http.children(id, signal), {
    rest: 500,
    every: isFinal(operation.state) ? null : LOOK,
    concerns: ({ updates, gap }) =>
      gap || updates.some(({ operation_id: other }) => other === id || other.startsWith(`${id}/`)),
  });
  if (data === undefined) {
    return problem === null ? null : <ProblemNotice problem={problem} onRetry={refresh} />;
  }
  if (data.operations.length === 0) return null;
  const children = data.operations.toReversed();
  return (
    <Card
      title="Children"
      aside={
        <span className="small muted numbers">
          {children.filter(({ state }) => isFinal(state)).length} of {children.length}
          {data.next === undefined ? '' : ' or more'} ended
        </span>
      }
    >
      <ol className="steps">
        {children.map(child => (
          <Child key={child.operation_id} parent={id} child={child} />
        ))}
      </ol>
    </Card>
  );
}

function Child({ parent, child }: { readonly parent: string; readonly child: Summary }) {
  const { operation_id: id, state } = child;
  const name = id.startsWith(`${parent}/`) ? id.slice(parent.length + 1) : id;
  return (
    <li>
      <p className="steps-head">
        <Link className="mono" to={{ view: 'operation', id }}>
          {name}
        </Link>
        <span className="small muted">{child.function_name}</span>
        <StateBadge state={state} />
      </p>
      {!isFinal(state) && <ProgressLine id={id} state={state} />}
    </li>
  );
}
