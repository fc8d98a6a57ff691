import { useMachine } from '@xstate/react';
import { useMemo, useRef } from 'react';
import { fromPromise } from 'xstate';
import { useClient } from '../../app/client.ts';
import { useObstacle } from '../../app/use-permission.ts';
import { commandMachine, type Order } from '../../connection/command-machine.ts';
import type { Http } from '../../connection/http.ts';
import { wordsOf } from '../../data/states.ts';
import type { Breaker } from '../../data/wire.ts';
import { CommandAnswer, UNDER_WAY } from '../../design/command-answer.tsx';
import { Button } from '../../design/controls.tsx';
import { OrderDialog } from './order-dialog.tsx';

export interface BreakerOrdersProps {
  readonly breaker: Breaker;
  readonly onOrder: () => void;
}

/** Forcing it into a state, and letting it begin anew. */
export function BreakerOrders({ breaker, onOrder }: BreakerOrdersProps) {
  const { http } = useClient();
  const obstacle = useObstacle();
  const { key } = breaker;
  const answered = useRef(onOrder);
  answered.current = onOrder;
  const machine = useMemo(
    () =>
      commandMachine.provide({
        actors: {
          send: fromPromise(async ({ input }) => {
            const after = await give(http, key, input);
            answered.current();
            return `It is ${wordsOf(after.state).toLowerCase()} now.`;
          }),
        },
      }),
    [http, key],
  );
  const [state, send] = useMachine(machine);
  const busy = state.matches('sending') ? UNDER_WAY : null;
  return (
    <div className="commands">
      <div className="buttons">
        <Button
          blockedBy={busy ?? obstacle}
          onClick={() => send({ type: 'order', name: 'force', ask: true })}
        >
          Force a state
        </Button>
        <Button
          icon="retry"
          blockedBy={busy ?? obstacle}
          onClick={() => send({ type: 'order', name: 'reset', ask: true })}
        >
          Reset
        </Button>
      </div>
      <CommandAnswer state={state} onDismiss={() => send({ type: 'dismiss' })} />
      {state.matches('confirming') && (
        <OrderDialog
          breaker={breaker}
          isReset={state.context.order?.name === 'reset'}
          onConfirm={fields => send({ type: 'confirm', fields })}
          onClose={() => send({ type: 'dismiss' })}
        />
      )}
    </div>
  );
}

function give(http: Http, key: string, order: Order | null): Promise<Breaker> {
  const { reason = '', to = '', minutes = '' } = order?.fields ?? {};
  const why = reason === '' ? {} : { reason };
  if (order?.name === 'reset') return http.resetBreaker({ key, ...why });
  const ttl = minutes === '' ? {} : { ttl: Number(minutes) * 60_000 };
  return http.forceBreaker({ key, to, ...ttl, ...why });
}
