import { useMachine } from '@xstate/react';
import { useMemo } from 'react';
import { useClient } from '../../app/client.ts';
import { useSecond } from '../../app/use-now.ts';
import { useObstacle } from '../../app/use-permission.ts';
import { type BulkAction, bulkMachine } from '../../connection/bulk-machine.ts';
import { bulkSender } from '../../connection/bulk-sender.ts';
import { counted } from '../../data/numbers.ts';
import type { RowStore } from '../../data/row-store.ts';
import type { Selection } from '../../data/selection.ts';
import { actionsFor } from '../../data/states.ts';
import { Button } from '../../design/controls.tsx';
import { BulkConfirm } from './bulk-confirm.tsx';
import { BulkReport } from './bulk-report.tsx';

export interface BulkBarProps {
  readonly selection: Selection;
  readonly onClear: () => void;
}

/** What can be done to the rows that are chosen. */
export function BulkBar({ selection, onClear }: BulkBarProps) {
  const { http, table } = useClient();
  const obstacle = useObstacle();
  const machine = useMemo(
    () => bulkMachine.provide({ actors: { send: bulkSender(http) } }),
    [http],
  );
  const [state, send] = useMachine(machine);
  const { order } = state.context;
  const ask = (action: BulkAction) =>
    send({ type: 'ask', action, ids: allowing(action, selection, table.store) });
  const { mayRetry, mayCancel } = useCounts(selection, table.store);
  const none = (count: number, words: string) => (count === 0 ? words : obstacle);
  return (
    <>
      <section className="bulk" aria-label="The selection" data-any={selection.ids.size > 0}>
        <p className="numbers" role="status">
          {selection.ids.size === 0
            ? 'Nothing selected. Space selects a row, Shift extends.'
            : `${counted(selection.ids.size, 'operation')} selected`}
        </p>
        <div className="buttons">
          <Button
            icon="retry"
            blockedBy={none(mayRetry, 'None of the selected has failed or is exhausted.')}
            onClick={() => ask('retry')}
          >
            Retry <span className="numbers">{mayRetry}</span>
          </Button>
          <Button
            icon="cross"
            kind="danger"
            blockedBy={none(mayCancel, 'All of the selected have ended, or none is selected.')}
            onClick={() => ask('cancel')}
          >
            Cancel <span className="numbers">{mayCancel}</span>
          </Button>
          <Button kind="quiet" disabled={selection.ids.size === 0} onClick={onClear}>
            Select none
          </Button>
        </div>
      </section>
      {state.matches('confirming') && (
        <BulkConfirm
          action={order.action}
          count={order.ids.length}
          leftOut={selection.ids.size - order.ids.length}
          onConfirm={reason => send({ type: 'confirm', reason })}
          onClose={() => send({ type: 'dismiss' })}
        />
      )}
      {(state.matches('sending') || state.matches('finished')) && (
        <BulkReport
          context={state.context}
          isOver={state.matches('finished')}
          isStopping={state.matches({ sending: 'stopping' })}
          onStop={() => send({ type: 'stop' })}
          onClose={() => send({ type: 'dismiss' })}
        />
      )}
    </>
  );
}

/** How many of the chosen may be retried and cancelled. Counted each second: there may be a hundred thousand of them. */
function useCounts(selection: Selection, store: RowStore) {
  const second = useSecond();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store changes in place
  return useMemo(() => {
    const counts = { mayRetry: 0, mayCancel: 0 };
    for (const id of selection.ids) {
      const row = store.find(id);
      if (row === undefined) continue;
      const actions = actionsFor(store.stateOf(row), '');
      if (actions.includes('retry')) counts.mayRetry += 1;
      if (actions.includes('cancel')) counts.mayCancel += 1;
    }
    return counts;
  }, [selection, store, second]);
}

/** Those of the chosen whose state allows it, as far as the page knows. */
function allowing(action: BulkAction, { ids }: Selection, store: RowStore): readonly string[] {
  return [...ids].filter(id => {
    const row = store.find(id);
    return row !== undefined && actionsFor(store.stateOf(row), '').includes(action);
  });
}
