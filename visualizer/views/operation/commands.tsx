import { useMachine } from '@xstate/react';
import { useMemo, useRef } from 'react';
import { fromPromise } from 'xstate';
import { useClient } from '../../app/client.ts';
import { useObstacle } from '../../app/use-permission.ts';
import { commandMachine } from '../../connection/command-machine.ts';
import { answerInWords } from '../../connection/command-words.ts';
import { actionsFor, type SteeringAction, wordsOf } from '../../data/states.ts';
import type { OperationDetails } from '../../data/wire.ts';
import { CommandAnswer, UNDER_WAY } from '../../design/command-answer.tsx';
import { Button } from '../../design/controls.tsx';
import type { IconName } from '../../design/icons.tsx';
import { CancelDialog } from './cancel-dialog.tsx';

export interface CommandsProps {
  readonly operation: OperationDetails;
  readonly path: string;
  readonly onAnswer: () => void;
}

const TAKES_BACK = 'It has failed, and takes back what it has done.';

const ACTIONS: readonly {
  readonly action: SteeringAction;
  readonly words: string;
  readonly icon: IconName;
  readonly unfit: (state: string, path: string) => string;
}[] = [
  {
    action: 'pause',
    words: 'Pause',
    icon: 'pause',
    unfit: (state, path) =>
      path.endsWith('.paused')
        ? 'It is paused already.'
        : path.endsWith('.undoing')
          ? TAKES_BACK
          : `Only a pending or recovering operation can be paused; this one is ${state}.`,
  },
  { action: 'continue', words: 'Continue', icon: 'play', unfit: () => 'It is not paused.' },
  {
    action: 'retry',
    words: 'Retry',
    icon: 'retry',
    unfit: state =>
      `Only a failed or exhausted operation can be started again; this one is ${state}.`,
  },
  {
    action: 'cancel',
    words: 'Cancel',
    icon: 'cross',
    unfit: (_state, path) => (path.endsWith('.undoing') ? TAKES_BACK : 'It has ended already.'),
  },
];

/** What an operator may do to it. A button that does not fit says why. */
export function Commands({ operation, path, onAnswer }: CommandsProps) {
  const { http } = useClient();
  const obstacle = useObstacle();
  const id = operation.operation_id;
  const answered = useRef(onAnswer);
  answered.current = onAnswer;
  const machine = useMemo(
    () =>
      commandMachine.provide({
        actors: {
          send: fromPromise(async ({ input }) => {
            const action = input?.name as SteeringAction;
            const reason = input?.fields.reason ?? '';
            const body = action === 'cancel' && reason !== '' ? { reason } : undefined;
            const answer = await http.command(id, action, body);
            answered.current();
            return answerInWords(action, answer);
          }),
        },
      }),
    [http, id],
  );
  const [state, send] = useMachine(machine);
  const fitting = actionsFor(operation.state, path);
  const words = wordsOf(operation.state).toLowerCase();
  const busy = state.matches('sending') ? UNDER_WAY : null;
  return (
    <div className="commands">
      <div className="buttons">
        {ACTIONS.map(({ action, words: label, icon, unfit }) => (
          <Button
            key={action}
            icon={icon}
            kind={action === 'cancel' ? 'danger' : 'plain'}
            blockedBy={busy ?? (fitting.includes(action) ? obstacle : unfit(words, path))}
            onClick={() => send({ type: 'order', name: action, ask: action === 'cancel' })}
          >
            {label}
          </Button>
        ))}
      </div>
      <CommandAnswer state={state} onDismiss={() => send({ type: 'dismiss' })} />
      {state.matches('confirming') && (
        <CancelDialog
          id={id}
          onConfirm={reason => send({ type: 'confirm', fields: { reason } })}
          onClose={() => send({ type: 'dismiss' })}
        />
      )}
    </div>
  );
}
