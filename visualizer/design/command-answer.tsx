import type { SnapshotFrom } from 'xstate';
import type { commandMachine } from '../connection/command-machine.ts';
import { problemInWords } from '../connection/problem-error.ts';
import { Button } from './controls.tsx';
import { Notice } from './layout.tsx';

/** Why another one has to wait. The buttons stay where they are, so that whoever pressed one is still at it. */
export const UNDER_WAY = 'A command is under way.';

export interface CommandAnswerProps {
  readonly state: SnapshotFrom<typeof commandMachine>;
  readonly onDismiss: () => void;
}

/** What the server said to a command; told to screen readers when it comes. */
export function CommandAnswer({ state, onDismiss }: CommandAnswerProps) {
  const { answer, problem } = state.context;
  const dismiss = (
    <Button kind="quiet" icon="cross" aria-label="Dismiss the answer" onClick={onDismiss} />
  );
  return (
    <div className="command-answer" role="status">
      {state.matches('sending') && <p className="small muted">Sent, waiting for the answer</p>}
      {state.matches('answered') && (
        <Notice tone="good" action={dismiss}>
          {answer}
        </Notice>
      )}
      {state.matches('refused') && problem !== null && (
        <Notice tone="problem" action={dismiss}>
          {problemInWords(problem)}
        </Notice>
      )}
    </div>
  );
}
