/** The messages on the wire, for clients and servers. */
export * from './services/protocol.ts';
