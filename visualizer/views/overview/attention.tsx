import type { ReactNode } from 'react';
import { Link } from '../../app/navigation.tsx';
import { counted } from '../../data/numbers.ts';
import { redactedText } from '../../data/redaction.ts';
import type { Breaker, Overview, Summary } from '../../data/wire.ts';
import { Icon } from '../../design/icons.tsx';
import { Card, Empty } from '../../design/layout.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Ago } from '../../design/time.tsx';

/** Rows of each kind that are told here; the rest is a click away. */
const FEW = 4;

/** What somebody should look at, the most pressing first. */
export function Attention({ attention }: { readonly attention: Overview['attention'] }) {
  const { exhausted, failed, quarantined, breakers } = attention;
  const waiting = Object.entries(attention.undefined_operations);
  const isCalm =
    exhausted.length + failed.length + quarantined.length + breakers.length + waiting.length === 0;
  return (
    <Card title="Needs attention">
      {isCalm ? (
        <Empty title="Nothing does">
          <p>No operation has failed, none is set aside, and every breaker lets calls through.</p>
        </Empty>
      ) : (
        <ul className="attention">
          {quarantined.slice(0, FEW).map(({ operation_id, function_name, why }) => (
            <Item
              key={`q${operation_id}`}
              mark={<Mark tone="failed" words="Set aside" />}
              title={
                <Link to={{ view: 'operation', id: operation_id }}>
                  {function_name} <span className="mono small">{operation_id}</span>
                </Link>
              }
              why={why}
            />
          ))}
          {waiting.map(([name, count]) => (
            <Item
              key={`u${name}`}
              mark={<Mark tone="recovering" words="No definition" />}
              title={<strong>{name}</strong>}
              why={`${counted(count, 'operation waits', 'operations wait')} for a definition of this name; register it in the process that serves this page`}
            />
          ))}
          {breakers.slice(0, FEW).map(breaker => (
            <Item
              key={`b${breaker.key}`}
              mark={<StateBadge state={breaker.state} />}
              title={<Link to={{ view: 'breakers', key: breaker.key }}>{breaker.key}</Link>}
              why={whyOf(breaker)}
            />
          ))}
          {[...exhausted.slice(0, FEW), ...failed.slice(0, FEW)].map(operation => (
            <Ended key={`o${operation.operation_id}`} operation={operation} />
          ))}
        </ul>
      )}
      {exhausted.length + failed.length > 0 && (
        <Link
          className="small"
          to={{
            view: 'operations',
            query: { states: ['failed', 'exhausted'], names: [], since: '', until: '', sort: '' },
            key: '',
          }}
        >
          All failed and exhausted operations
        </Link>
      )}
    </Card>
  );
}

function whyOf({ openings, operations, override }: Breaker): string {
  const live = counted(operations, 'live operation');
  if (override !== null) return `${override.reason ?? 'by an operator’s order'}; ${live}`;
  return `opened ${counted(openings, 'time')} in a row; ${live}`;
}

function Ended({ operation }: { readonly operation: Summary }) {
  const { operation_id, function_name, state, updated_at, error_message } = operation;
  return (
    <Item
      mark={<StateBadge state={state} />}
      title={
        <Link to={{ view: 'operation', id: operation_id }}>
          {function_name} <span className="mono small">{operation_id}</span>
        </Link>
      }
      why={error_message ?? ''}
      when={<Ago at={updated_at} />}
    />
  );
}

interface ItemProps {
  readonly mark: ReactNode;
  readonly title: ReactNode;
  readonly why: string;
  readonly when?: ReactNode;
}

const Item = ({ mark, title, why, when }: ItemProps) => (
  <li>
    <span className="attention-mark">{mark}</span>
    <span className="attention-words">
      <span className="attention-title">{title}</span>
      {why !== '' && <span className="attention-why small muted">{redactedText(why)}</span>}
    </span>
    {when !== undefined && <span className="small muted numbers attention-when">{when}</span>}
  </li>
);

const Mark = ({ tone, words }: { readonly tone: string; readonly words: string }) => (
  <span className="state" data-tone={tone}>
    <Icon name="warning" size={14} />
    {words}
  </span>
);
