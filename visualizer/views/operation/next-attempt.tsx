import { useSecond } from '../../app/use-now.ts';
import { isFinal } from '../../data/states.ts';
import { instantOf } from '../../data/time.ts';
import type { OperationDetails } from '../../data/wire.ts';
import { Icon } from '../../design/icons.tsx';
import { Countdown } from '../../design/time.tsx';

export interface NextAttemptProps {
  readonly operation: OperationDetails;
  readonly path: string;
}

/** What it waits for, where it waits. */
export function NextAttempt({ operation, path }: NextAttemptProps) {
  const due = instantOf(operation.due_at);
  if (isFinal(operation.state)) return null;
  if (path.endsWith('.paused')) {
    return (
      <p className="next-attempt muted">
        <Icon name="pause" /> Paused. What was left of its wait is kept until somebody continues it.
      </p>
    );
  }
  if (path === 'pending.locked') {
    return (
      <p className="next-attempt muted">
        <Icon name="pause" /> Waits for its turn with its lock, which another operation has.
      </p>
    );
  }
  if (path.endsWith('.blocked')) {
    return (
      <p className="next-attempt">
        <Icon name="breakers" />
        <span>Waits until its breaker or its retry budget lets it try.</span>
        {due !== null && <AskAgain at={due} />}
      </p>
    );
  }
  if (path.endsWith('.undoing')) {
    return (
      <p className="next-attempt">
        <Icon name="retry" /> What it has done is being taken back.
        {operation.state === 'recovering' && due !== null && (
          <span>
            {' '}
            The next undo is called <Countdown until={due} lead="in " />
          </span>
        )}
      </p>
    );
  }
  if (operation.state !== 'recovering' || due === null) return null;
  return (
    <p className="next-attempt">
      <Icon name="retry" /> Attempt {operation.attempt + 1} <Countdown until={due} lead="in " />
    </p>
  );
}

/** It is announced as well, so what has passed says nothing. */
function AskAgain({ at }: { readonly at: number }) {
  const now = useSecond();
  if (at <= now) return null;
  return (
    <span>
      It asks again <Countdown until={at} lead="in " />
    </span>
  );
}
