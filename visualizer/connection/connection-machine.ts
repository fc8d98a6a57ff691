import { assign, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import type { Problem, Session } from '../data/wire.ts';
import { problemOf } from './problem-error.ts';

/** What the socket tells. */
export type LinkEvent =
  | { readonly type: 'link.up' }
  | { readonly type: 'link.down'; readonly reason: string }
  /** The server does not let the page in. */
  | { readonly type: 'link.refused'; readonly problem: Problem }
  /** `behind`: what was missed is told first. */
  | { readonly type: 'link.subscribed'; readonly behind: boolean }
  | { readonly type: 'link.live' }
  | { readonly type: 'link.conflated'; readonly skipped: number }
  | { readonly type: 'link.snapshot' }
  | { readonly type: 'link.dropped'; readonly reason: string; readonly retryAfter: number };

/** What the socket is told: to subscribe, from where it was before; to open now, instead of waiting for its next try. */
export interface LinkCommand {
  readonly type: 'subscribe' | 'open';
}

export type ConnectionEvent =
  | LinkEvent
  | { readonly type: 'token'; readonly token: string }
  /** An answer to a request said that there is no token, or a wrong one. */
  | { readonly type: 'unauthorised' }
  | { readonly type: 'forget token' }
  | { readonly type: 'try again' };

export interface ConnectionContext {
  readonly token: string | null;
  readonly session: Session | null;
  readonly problem: Problem | null;
  /** Updates that were left out the last time that the page was behind. */
  readonly skipped: number;
  /** Whether it was ever live: what is shown is old then, not missing. */
  readonly wasLive: boolean;
  /** Milliseconds that a server which has let go of the page wants to be left alone. */
  readonly hold: number;
  /** Tries to open a session in a row. */
  readonly tries: number;
}

const isUnauthorised = (problem: Problem): boolean => problem.status === 401;

/** How the page is connected: a session over HTTP first, which says who one is, then the socket. The page provides `session` and `link`. */
export const connectionMachine = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    input: {} as { readonly token: string | null },
  },
  actors: {
    session: fromPromise<Session, { readonly token: string | null }>(() => {
      throw new TypeError('the page provides it');
    }),
    link: fromCallback<LinkCommand, { readonly token: string | null }>(() => {}),
  },
  actions: {
    keepToken: (_, _token: { readonly token: string | null }) => {},
    subscribe: sendTo('link', { type: 'subscribe' } satisfies LinkCommand),
    reopen: sendTo('link', { type: 'open' } satisfies LinkCommand),
    refuse: assign({ problem: (_, { problem }: { readonly problem: Problem }) => problem }),
    forgetProblem: assign({ problem: null }),
  },
  guards: {
    isUnauthorised: (_, { problem }: { readonly problem: Problem }) => isUnauthorised(problem),
  },
  delays: {
    /** Between tries to open a session: longer each time, up to 10 s. */
    sessionDelay: ({ context }) => Math.min(10_000, 500 * 2 ** context.tries),
    holdDelay: ({ context }) => context.hold,
    /** How long it says that it was behind. */
    behindDelay: 6_000,
    /** How long it takes the server for a short interruption. */
    goneDelay: 12_000,
  },
}).createMachine({
  id: 'connection',
  context: ({ input }) => ({
    token: input.token,
    session: null,
    problem: null,
    skipped: 0,
    wasLive: false,
    hold: 0,
    tries: 0,
  }),
  initial: 'connecting',
  on: {
    unauthorised: { target: '.unauthorised' },
    'forget token': {
      target: '.connecting',
      reenter: true,
      actions: [
        assign({ token: null, session: null, problem: null, wasLive: false, tries: 0 }),
        { type: 'keepToken', params: { token: null } },
      ],
    },
  },
  states: {
    connecting: {
      invoke: {
        src: 'session',
        input: ({ context }) => ({ token: context.token }),
        onDone: {
          target: 'linked',
          actions: assign({ session: ({ event }) => event.output, problem: null, tries: 0 }),
        },
        onError: [
          {
            guard: {
              type: 'isUnauthorised',
              params: ({ event }) => ({ problem: problemOf(event.error) }),
            },
            target: 'unauthorised',
          },
          {
            target: 'gone',
            actions: assign({
              problem: ({ event }) => problemOf(event.error),
              tries: ({ context }) => context.tries + 1,
            }),
          },
        ],
      },
    },

    /** Without a session. It tries again by itself. */
    gone: {
      after: { sessionDelay: 'connecting' },
      on: { 'try again': 'connecting' },
    },

    unauthorised: {
      // Only a token that was given and refused is a problem worth telling.
      entry: assign({
        problem: ({ context }) =>
          context.token === null ? null : { ...REFUSED_TOKEN, detail: 'It is not a valid one.' },
      }),
      on: {
        token: {
          target: 'connecting',
          actions: [
            assign({ token: ({ event }) => event.token, problem: null }),
            { type: 'keepToken', params: ({ event }) => ({ token: event.token }) },
          ],
        },
      },
    },

    linked: {
      invoke: {
        id: 'link',
        src: 'link',
        input: ({ context }) => ({ token: context.token }),
      },
      initial: 'opening',
      on: {
        'link.down': '.reconnecting',
        'link.refused': [
          {
            guard: { type: 'isUnauthorised', params: ({ event }) => event },
            target: 'unauthorised',
          },
          {
            target: '.reconnecting',
            actions: { type: 'refuse', params: ({ event }) => event },
          },
        ],
        'link.up': { target: '.subscribing', actions: 'forgetProblem' },
        'link.dropped': {
          target: '.dropped',
          actions: assign({ hold: ({ event }) => Math.max(1_000, event.retryAfter) }),
        },
      },
      states: {
        opening: { after: { goneDelay: 'gone' }, on: { 'link.down': {} } },
        subscribing: {
          entry: 'subscribe',
          on: {
            'link.subscribed': [
              { guard: ({ event }) => event.behind, target: 'catching_up' },
              { target: 'live' },
            ],
            // A short catch-up may be over before the subscription is acknowledged.
            'link.live': 'live',
          },
        },
        catching_up: {
          on: { 'link.live': 'live', 'link.snapshot': 'behind' },
        },
        live: {
          entry: assign({ wasLive: true, skipped: 0 }),
          on: {
            'link.conflated': {
              target: 'behind',
              actions: assign({ skipped: ({ event }) => event.skipped }),
            },
            'link.snapshot': 'behind',
          },
        },
        /** It was told how things are, not all that led there. */
        behind: {
          after: { behindDelay: 'live' },
          on: {
            'link.conflated': {
              target: 'behind',
              reenter: true,
              actions: assign({
                skipped: ({ context, event }) => context.skipped + event.skipped,
              }),
            },
          },
        },
        /** The server has let go of a page that was too slow; a new subscription goes on from where it was. */
        dropped: {
          after: { holdDelay: 'subscribing' },
          on: { 'try again': 'subscribing' },
        },
        // Each try that fails says that the link is down; the time since it was up counts on.
        reconnecting: { after: { goneDelay: 'gone' }, on: { 'link.down': {} } },
        /** The socket still tries. */
        gone: { on: { 'link.down': {}, 'try again': { actions: 'reopen' } } },
      },
    },
  },
});

const REFUSED_TOKEN: Problem = {
  type: 'about:blank',
  title: 'The server does not accept this token',
  status: 401,
  code: 'UNAUTHORIZED',
};

export type ConnectionPhase =
  | 'connecting'
  | 'subscribing'
  | 'catching_up'
  | 'live'
  | 'behind'
  | 'dropped'
  | 'reconnecting'
  | 'unauthorised'
  | 'gone';

/** The state of the machine as one word. */
export function phaseOf(value: unknown): ConnectionPhase {
  if (typeof value === 'string') return value as ConnectionPhase;
  const inner = (value as { readonly linked?: string }).linked;
  return inner === 'opening' ? 'connecting' : (inner as ConnectionPhase);
}
