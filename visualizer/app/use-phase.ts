import { useSelector } from '@xstate/react';
import { type ConnectionPhase, phaseOf } from '../connection/connection-machine.ts';
import { useClient } from './client.ts';

/** How the page is connected. */
export function usePhase(): ConnectionPhase {
  const { connection } = useClient();
  return useSelector(connection, ({ value }) => phaseOf(value));
}
