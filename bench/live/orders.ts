/** What the serving process of the live section is told to do. */
export type ServerOrder =
  /** Serves transitions that are made up, by the library or by a bare socket.io broadcast of the same frames. */
  | { readonly do: 'stream'; readonly kind: 'ours' | 'bare' }
  /** Serves a recovery that works on a store. */
  | { readonly do: 'work'; readonly path: string }
  /** Publishes so many transitions, and resolves when the slowest client has all of them. */
  | { readonly do: 'publish'; readonly transitions: number }
  /** Keeps a hundred operations under way. */
  | { readonly do: 'operate'; readonly milliseconds: number }
  | { readonly do: 'close' };

export interface Serving {
  readonly port: number;
  /** Where clients tell how far they are. */
  readonly control: number;
}

export interface Operated {
  /** Operations a second. */
  readonly rate: number;
  /** Megabytes of the process. */
  readonly memory: number;
}

/** What the process with the clients is told to do. */
export type ClientsOrder =
  | {
      readonly do: 'connect';
      readonly serving: Serving;
      readonly clients: number;
      /** So many of them do not read. */
      readonly stuck: number;
    }
  | { readonly do: 'tell' }
  | { readonly do: 'disconnect' };

/** What the clients were told since they connected. */
export interface Heard {
  readonly updates: number;
  readonly snapshots: number;
  readonly dropped: number;
}
