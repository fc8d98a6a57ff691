import { useClient } from '../../app/client.ts';
import type { OperationsQuery } from '../../app/locations.ts';
import { NO_QUERY } from '../../app/locations.ts';
import { grouped } from '../../data/numbers.ts';
import { OPERATION_STATES, toneOf, wordsOf } from '../../data/states.ts';
import type { OperationState } from '../../data/wire.ts';
import { Button } from '../../design/controls.tsx';
import { Icon, StateIcon } from '../../design/icons.tsx';

export interface FiltersProps {
  readonly query: OperationsQuery;
  readonly breakerKey: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onChange: (next: { readonly query?: OperationsQuery; readonly key?: string }) => void;
}

const PERIODS = [
  { value: '', words: 'Any time' },
  { value: '15m', words: 'Last 15 minutes' },
  { value: '1h', words: 'Last hour' },
  { value: '24h', words: 'Last 24 hours' },
  { value: '7d', words: 'Last 7 days' },
];

/** What the table is narrowed down by. */
export function Filters({ query, breakerKey, text, onText, onChange }: FiltersProps) {
  const { table } = useClient();
  const names = [...table.store.names.all()].sort();
  const keys = table.store.keys
    .all()
    .filter(key => key !== '')
    .sort();
  const toggle = (state: OperationState) => {
    const states = query.states.includes(state)
      ? query.states.filter(each => each !== state)
      : [...query.states, state];
    onChange({ query: { ...query, states } });
  };
  const isCustom = query.since !== '' && !PERIODS.some(({ value }) => value === query.since);
  const isFiltered =
    text !== '' ||
    breakerKey !== '' ||
    query.states.length + query.names.length > 0 ||
    query.since + query.until !== '';
  return (
    <search className="filters">
      <fieldset className="chips">
        <legend className="visually-hidden">States</legend>
        {OPERATION_STATES.map(state => (
          <button
            key={state}
            type="button"
            className="chip"
            data-tone={toneOf(state)}
            aria-pressed={query.states.includes(state)}
            onClick={() => toggle(state)}
          >
            <span className="state">
              <StateIcon state={state} size={14} />
            </span>
            {wordsOf(state)}
            <span className="numbers muted">{grouped(table.store.count(state))}</span>
          </button>
        ))}
      </fieldset>
      <div className="filters-row">
        <div className="search">
          <Icon name="search" size={14} />
          <input
            type="search"
            className="input"
            aria-label="Search in ids, names, inputs and errors"
            placeholder="Search ids, names, inputs, errors"
            value={text}
            onChange={event => onText(event.target.value)}
          />
        </div>
        <select
          className="input"
          aria-label="Operation"
          value={query.names[0] ?? ''}
          onChange={({ target: { value } }) =>
            onChange({ query: { ...query, names: value === '' ? [] : [value] } })
          }
        >
          <option value="">All names</option>
          {[...new Set([...query.names, ...names])].map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <select
          className="input"
          aria-label="Breaker"
          value={breakerKey}
          onChange={({ target: { value } }) => onChange({ key: value })}
        >
          <option value="">All breakers</option>
          {[...new Set([...(breakerKey === '' ? [] : [breakerKey]), ...keys])].map(key => (
            <option key={key}>{key}</option>
          ))}
        </select>
        <select
          className="input"
          aria-label="Created"
          value={query.since}
          onChange={({ target: { value } }) =>
            onChange({ query: { ...query, since: value, until: '' } })
          }
        >
          {PERIODS.map(({ value, words }) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
          {isCustom && <option value={query.since}>Since {query.since}</option>}
        </select>
        <Button
          kind="quiet"
          icon="cross"
          disabled={!isFiltered}
          onClick={() => {
            onText('');
            onChange({ query: { ...NO_QUERY, sort: query.sort }, key: '' });
          }}
        >
          Clear
        </Button>
      </div>
    </search>
  );
}
