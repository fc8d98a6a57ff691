import { useEffect, useState, useSyncExternalStore } from 'react';
import { useClient } from '../../app/client.ts';
import type { Place } from '../../app/locations.ts';
import { go } from '../../app/navigation.tsx';
import { problemInWords } from '../../connection/problem-error.ts';
import { restricts } from '../../data/filter.ts';
import { counted, grouped } from '../../data/numbers.ts';
import type { TableState } from '../../data/operations-table.ts';
import { NOTHING_SELECTED, type Selection } from '../../data/selection.ts';
import { Button } from '../../design/controls.tsx';
import { Empty, Notice, Skeleton } from '../../design/layout.tsx';
import { useTitle } from '../../design/title.ts';
import { FirstOperation } from '../overview/first-operation.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { sortText } from './columns.ts';
import { Filters } from './filters.tsx';
import { OperationsGrid } from './operations-grid.tsx';
import './operations.css';
import { useCriteria } from './use-criteria.ts';

export interface OperationsProps {
  readonly place: Extract<Place, { view: 'operations' }>;
}

/** Every operation, live. */
export default function Operations({ place }: OperationsProps) {
  const { table } = useClient();
  useTitle('Operations');
  useEffect(() => table.start(), [table]);
  const state = useSyncExternalStore(table.subscribe, table.state);
  const { text, setText, isAsking, criteria } = useCriteria(place.query, place.key);
  const [selection, setSelection] = useState<Selection>(NOTHING_SELECTED);
  const change = (next: Partial<Pick<OperationsProps['place'], 'query' | 'key'>>) =>
    go({ ...place, ...next }, { replace: true });
  const isLoading = state.phase === 'reading' || state.phase === 'breathing';
  const isFiltered = restricts(criteria.filter);
  return (
    <>
      <div className="page-head">
        <h1>Operations</h1>
        <p className="small muted numbers table-status">
          <Status state={state} isAsking={isAsking} isFiltered={isFiltered} />
        </p>
      </div>
      {state.phase === 'failed' && state.loading.problem !== null && (
        <Notice tone="problem" action={<Button onClick={() => table.start()}>Try again</Button>}>
          {problemInWords(state.loading.problem)}
        </Notice>
      )}
      {state.phase === 'full' && (
        <Notice tone="info">
          The page keeps the newest {grouped(state.loading.most)}. Older ones are found by their
          text.
        </Notice>
      )}
      <Filters
        query={place.query}
        breakerKey={place.key}
        text={text}
        onText={setText}
        onChange={change}
      />
      {table.view.length > 0 ? (
        <OperationsGrid
          table={table}
          version={state.version}
          sorting={criteria.sorting}
          onSort={sorting => change({ query: { ...place.query, sort: sortText(sorting) } })}
          selection={selection}
          onSelect={setSelection}
        />
      ) : (
        <Nothing isBusy={isLoading || state.isSorting || isAsking} hasRows={table.store.size > 0} />
      )}
      {/* It stays while what it does to the chosen takes them out of the table. */}
      {(table.view.length > 0 || selection.ids.size > 0) && (
        <BulkBar selection={selection} onClear={() => setSelection(NOTHING_SELECTED)} />
      )}
    </>
  );
}

function Nothing({ isBusy, hasRows }: { readonly isBusy: boolean; readonly hasRows: boolean }) {
  if (isBusy) return <Skeleton lines={12} />;
  if (!hasRows) return <FirstOperation definitions={[]} />;
  return (
    <Empty title="No operation fits">
      <p>Take a filter away, or search for something else.</p>
    </Empty>
  );
}

interface StatusProps {
  readonly state: TableState;
  readonly isAsking: boolean;
  readonly isFiltered: boolean;
}

function Status({ state, isAsking, isFiltered }: StatusProps) {
  const { table } = useClient();
  const parts: string[] = [];
  const shown = table.view.length;
  const all = table.store.size;
  parts.push(
    isFiltered ? `${grouped(shown)} of ${counted(all, 'operation')}` : counted(all, 'operation'),
  );
  if (state.phase === 'reading' || state.phase === 'breathing') parts.push('reading more');
  if (isAsking) parts.push('the server is searching inputs');
  return parts.join(' · ');
}
