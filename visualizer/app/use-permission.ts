import { useSelector } from '@xstate/react';
import { useClient } from './client.ts';

/** Why commands cannot be given, or `null` where they can. The server decides all the same. */
export function useObstacle(): string | null {
  const { connection } = useClient();
  const role = useSelector(connection, ({ context }) => context.session?.role);
  return role === 'operator'
    ? null
    : 'Your token is a viewer’s: it may look, not act. An operator’s token may do both.';
}
