import { useSelector } from '@xstate/react';
import { type Filter, fragmentOf } from '../inspect/address.ts';
import { useClient } from './client.ts';
import { BASE_PATH } from './navigation.tsx';

/** The way to the Stately inspector, for operators. A plain link: it is a page of its own. */
export function InspectLink({ filter }: { readonly filter: Filter }) {
  const { connection } = useClient();
  const role = useSelector(connection, ({ context }) => context.session?.role);
  if (role !== 'operator') return null;
  return (
    <a className="small" href={`${BASE_PATH}/inspect${fragmentOf(filter)}`}>
      Open in the inspector
    </a>
  );
}
