import { useSelector } from '@xstate/react';
import { problemInWords } from '../connection/problem-error.ts';
import { Button } from '../design/controls.tsx';
import { Notice, Skeleton } from '../design/layout.tsx';
import { useClient } from './client.ts';
import { usePhase } from './use-phase.ts';

/** Before the first session: connecting, or nobody there. */
export function WaitingRoom() {
  const { connection } = useClient();
  const phase = usePhase();
  const problem = useSelector(connection, ({ context }) => context.problem);
  const failed = useSelector(connection, ({ context }) => context.tries > 0);
  if (phase !== 'gone' && !failed) {
    return (
      <div className="gate card">
        <h1>Connecting</h1>
        <Skeleton />
      </div>
    );
  }
  return (
    <div className="gate card">
      <h1>The server does not answer</h1>
      {problem !== null && <Notice tone="problem">{problemInWords(problem)}</Notice>}
      <p className="muted">The page keeps trying. Is the process that serves it still running?</p>
      <div className="buttons">
        <Button kind="primary" onClick={() => connection.send({ type: 'try again' })}>
          Try again now
        </Button>
      </div>
    </div>
  );
}
