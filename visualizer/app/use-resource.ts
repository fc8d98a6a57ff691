import { useActorRef, useSelector } from '@xstate/react';
import { useEffect, useMemo, useRef } from 'react';
import { fromPromise } from 'xstate';
import type { Batch } from '../connection/hub.ts';
import { resourceMachine } from '../connection/resource-machine.ts';
import type { Problem } from '../data/wire.ts';
import { useClient } from './client.ts';
import { usePhase } from './use-phase.ts';

export interface ResourceOptions {
  /** Milliseconds between two readings, whatever happens. @default 1000 */
  readonly rest?: number;
  /** Milliseconds after which it is read again in any case; `null` for never. @default null */
  readonly every?: number | null;
  /** Whether something that has happened concerns it. @default never */
  readonly concerns?: (batch: Batch) => boolean;
}

export interface Resource<Data> {
  /** `undefined` until it has been read. */
  readonly data: Data | undefined;
  /** Why the last reading failed. */
  readonly problem: Problem | null;
  refresh(): void;
}

/** Something on the server, read as long as the component is there. For another thing, give the component another `key`. */
export function useResource<Data>(
  read: (signal: AbortSignal) => Promise<Data>,
  { rest = 1_000, every = null, concerns }: ResourceOptions = {},
): Resource<Data> {
  const { hub } = useClient();
  const latest = useRef(read);
  latest.current = read;
  const machine = useMemo(
    () =>
      resourceMachine.provide({
        actors: { read: fromPromise(({ signal }) => latest.current(signal)) },
      }),
    [],
  );
  const actor = useActorRef(machine, { input: { rest, every } });
  const concern = useRef(concerns);
  concern.current = concerns;
  useEffect(
    () =>
      hub.listen(batch => {
        if (concern.current?.(batch)) actor.send({ type: 'changed' });
      }),
    [hub, actor],
  );
  // What could not be read while the server was gone is read as soon as it is back.
  const phase = usePhase();
  const isLive = phase === 'live' || phase === 'behind';
  useEffect(() => {
    if (isLive && actor.getSnapshot().value === 'failed') actor.send({ type: 'refresh' });
  }, [isLive, actor]);
  const data = useSelector(actor, ({ context }) => context.data as Data | undefined);
  const problem = useSelector(actor, ({ context }) => context.problem);
  return { data, problem, refresh: () => actor.send({ type: 'refresh' }) };
}
