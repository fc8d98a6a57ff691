import type { Logger } from '../../services/ports.ts';
import type { Access } from '../http/access.ts';
import type { RequestLimits } from '../http/options.ts';

/** How the socket treats its clients. */
export interface SocketOptions {
  readonly access: Access;
  /** Where the server's addresses begin; '' or such as `/recovery`. */
  readonly basePath: string;
  /** Bytes of a message from a client. */
  readonly bodyLimit: number;
  readonly limits: RequestLimits;
  /** Of the event loop, that telling clients may take while operations keep it busy; more than 0 to 1. */
  readonly share: number;
  readonly logger: Logger;
}

/** Subscriptions of one client in a minute: each may read a good part of the store. */
export const SUBSCRIPTIONS = 60;
/** Messages in a row that are over a limit, after which a client is disconnected. */
export const MOST_REFUSED = 100;
/** Milliseconds in which a connection must say who it is. */
export const CONNECT_TIMEOUT = 10_000;
/** Milliseconds between two questions whether a client still reads, and for the answer. */
export const PING_INTERVAL = 25_000;
export const PING_TIMEOUT = 20_000;
