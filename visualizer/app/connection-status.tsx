import { useSelector } from '@xstate/react';
import type { ConnectionPhase } from '../connection/connection-machine.ts';
import { problemInWords } from '../connection/problem-error.ts';
import { counted } from '../data/numbers.ts';
import { Button } from '../design/controls.tsx';
import { Notice } from '../design/layout.tsx';
import { useClient } from './client.ts';
import { usePhase } from './use-phase.ts';

const WORDS: Readonly<Record<ConnectionPhase, string>> = {
  connecting: 'Connecting',
  subscribing: 'Subscribing',
  catching_up: 'Catching up',
  live: 'Live',
  behind: 'Skipped ahead',
  dropped: 'Resubscribing',
  reconnecting: 'Reconnecting',
  unauthorised: 'No access',
  gone: 'Server gone',
};

const TONES: Readonly<Record<ConnectionPhase, string>> = {
  connecting: 'pending',
  subscribing: 'pending',
  catching_up: 'recovering',
  live: 'success',
  behind: 'recovering',
  dropped: 'recovering',
  reconnecting: 'recovering',
  unauthorised: 'failed',
  gone: 'failed',
};

/** How the page is connected, in a word. Told to screen readers as well: it changes seldom. */
export function ConnectionStatus() {
  const phase = usePhase();
  return (
    <div className="connection" data-phase={phase} data-tone={TONES[phase]}>
      <p className="connection-line" role="status">
        <span className="connection-dot" aria-hidden="true" />
        {WORDS[phase]}
      </p>
    </div>
  );
}

/** What the connection means for what is shown, where it means something. */
export function ConnectionNotice() {
  const { connection } = useClient();
  const phase = usePhase();
  const skipped = useSelector(connection, ({ context }) => context.skipped);
  const hold = useSelector(connection, ({ context }) => context.hold);
  const problem = useSelector(connection, ({ context }) => context.problem);
  const again = (
    <Button onClick={() => connection.send({ type: 'try again' })}>Try again now</Button>
  );
  switch (phase) {
    case 'reconnecting':
      return (
        <Notice tone="warning">
          The connection was lost. What you see is as it was then; the page reconnects by itself and
          catches up.{problem !== null && ` ${problemInWords(problem)}.`}
        </Notice>
      );
    case 'catching_up':
      return <Notice tone="info">Reconnected. Catching up with what happened meanwhile.</Notice>;
    case 'behind':
      return (
        <Notice tone="info">
          So much happened that{' '}
          {skipped > 0 ? counted(skipped, 'update was', 'updates were') : 'some updates were'} left
          out. The states are right; histories are read again.
        </Notice>
      );
    case 'dropped':
      return (
        <Notice tone="warning" action={again}>
          More happens than the server can tell this page. It goes on from where it was in{' '}
          {Math.ceil(hold / 1_000)} s.
        </Notice>
      );
    case 'gone':
      return (
        <Notice tone="problem" action={again}>
          The server does not answer. What you see is the last that was known; the page keeps
          trying.
          {problem !== null && ` ${problemInWords(problem)}.`}
        </Notice>
      );
    default:
      return null;
  }
}
