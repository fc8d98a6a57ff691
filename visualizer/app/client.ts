import { createContext, useContext } from 'react';
import { type ActorRefFrom, createActor, fromPromise } from 'xstate';
import { connectionMachine } from '../connection/connection-machine.ts';
import { Http } from '../connection/http.ts';
import { Hub } from '../connection/hub.ts';
import { linkLogic } from '../connection/link.ts';
import { OperationsTable } from '../data/operations-table.ts';
import { tokenIn } from './locations.ts';
import { nextTurn } from './next-turn.ts';
import { TOKEN_KEY } from './token-key.ts';

/** What every view works with. */
export interface Client {
  readonly http: Http;
  readonly hub: Hub;
  readonly connection: ActorRefFrom<typeof connectionMachine>;
  readonly table: OperationsTable;
}

/** Connects the page. A token of the address's fragment is taken once, and does not stay there. */
export function createClient(base: string): Client {
  const hub = new Hub();
  let token = takeToken();
  const http = new Http({
    base,
    token: () => token,
    onUnauthorised: () => connection.send({ type: 'unauthorised' }),
  });
  const machine = connectionMachine.provide({
    actors: {
      session: fromPromise(({ signal }) => http.session(signal)),
      link: linkLogic(base, hub),
    },
    actions: {
      keepToken: (_, params) => {
        token = params.token;
        if (token === null) sessionStorage.removeItem(TOKEN_KEY);
        else sessionStorage.setItem(TOKEN_KEY, token);
      },
    },
  });
  const connection: ActorRefFrom<typeof connectionMachine> = createActor(machine, {
    input: { token },
  });
  const table = new OperationsTable(http, hub, { pause: nextTurn });
  return { http, hub, connection, table };
}

function takeToken(): string | null {
  const { token, rest } = tokenIn(location.hash);
  if (token === null) return sessionStorage.getItem(TOKEN_KEY);
  sessionStorage.setItem(TOKEN_KEY, token);
  history.replaceState(null, '', `${location.pathname}${location.search}${rest}`);
  return token;
}

const ClientContext = createContext<Client | null>(null);
export const ClientProvider = ClientContext.Provider;

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) throw new TypeError('there is no ClientProvider around it');
  return client;
}
