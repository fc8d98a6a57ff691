import { Link } from '../../app/navigation.tsx';
import type { BulkContext } from '../../connection/bulk-machine.ts';
import { problemInWords } from '../../connection/problem-error.ts';
import { counted, grouped } from '../../data/numbers.ts';
import { Button, Dialog } from '../../design/controls.tsx';

export interface BulkReportProps {
  readonly context: BulkContext;
  readonly isOver: boolean;
  readonly isStopping: boolean;
  readonly onStop: () => void;
  readonly onClose: () => void;
}

/** Failures that are listed; more of the same help nobody. */
const MOST = 200;

/** How far it is, what it came to, and each failure. */
export function BulkReport({ context, isOver, isStopping, onStop, onClose }: BulkReportProps) {
  const { order, done, changed, unchanged, failures } = context;
  const total = order.ids.length;
  const did = order.action === 'retry' ? 'started again' : 'cancelled';
  return (
    <Dialog
      title={order.action === 'retry' ? 'Retrying' : 'Cancelling'}
      onClose={onClose}
      isBusy={!isOver}
    >
      <progress className="progress" value={done} max={total} aria-label="Answered" />
      <p className="numbers" role={isOver ? 'status' : undefined}>
        {grouped(done)} of {counted(total, 'operation')} answered: {grouped(changed)} {did},{' '}
        {grouped(unchanged)} left as they were, {counted(failures.length, 'failure')}.
      </p>
      {failures.length > 0 && (
        <ul className="failures">
          {failures.slice(0, MOST).map(({ id, problem }) => (
            <li key={id}>
              <Link className="mono small" to={{ view: 'operation', id }}>
                {id}
              </Link>
              <span className="small">{problemInWords(problem)}</span>
            </li>
          ))}
          {failures.length > MOST && (
            <li className="small muted">and {grouped(failures.length - MOST)} more</li>
          )}
        </ul>
      )}
      <div className="buttons">
        {isOver ? (
          <Button kind="primary" onClick={onClose}>
            Close
          </Button>
        ) : (
          <Button disabled={isStopping} onClick={onStop}>
            {isStopping ? 'Stopping' : 'Send no more'}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
