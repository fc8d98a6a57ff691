import { assign, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import { problemOf } from '../connection/problem-error.ts';
import type { Problem, Session } from '../data/wire.ts';
import type { Filter } from './address.ts';

/** What the socket tells. */
export type LinkEvent =
  | { readonly type: 'link.up' }
  | { readonly type: 'link.down' }
  /** The server does not let the page in. */
  | { readonly type: 'link.refused'; readonly problem: Problem }
  | { readonly type: 'view.begun' }
  | { readonly type: 'view.refused'; readonly problem: Problem }
  | { readonly type: 'view.ended'; readonly reason: string };

/** What the socket is told: to ask for a view, which replaces the one before. */
export interface LinkCommand {
  readonly type: 'inspect';
  readonly filter: Filter;
}

/** The frame is ready to be shown something. It is anew after it has loaded itself again, and has forgotten what it was shown then. */
export interface FrameEvent {
  readonly type: 'frame.connected';
}

/** What the frame is told: to begin anew. */
export interface FrameCommand {
  readonly type: 'load';
}

export type InspectEvent =
  | LinkEvent
  | FrameEvent
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'filter'; readonly filter: Filter }
  | { readonly type: 'again' };

export interface InspectContext {
  readonly token: string | null;
  readonly filter: Filter;
  /** Why it does not go on. */
  readonly problem: Problem | null;
  /** Why the server has ended the view. */
  readonly reason: string;
}

const WRONG_TOKEN: Problem = {
  type: 'about:blank',
  title: 'The server does not accept this token',
  status: 401,
  code: 'UNAUTHORIZED',
};

/**
 * Shows living actors in somebody else's page: who one is, then the socket, then the frame, which is loaded for operators only, then a view. Each view begins with a
 * frame that has forgotten the one before. The page provides `session`, `link` and `frame`.
 */
export const inspectMachine = setup({
  types: {
    context: {} as InspectContext,
    events: {} as InspectEvent,
    input: {} as { readonly token: string | null; readonly filter: Filter },
  },
  actors: {
    session: fromPromise<Session, { readonly token: string | null }>(() => {
      throw new TypeError('the page provides it');
    }),
    link: fromCallback<LinkCommand, { readonly token: string | null }>(() => {}),
    frame: fromCallback<FrameCommand>(() => {}),
  },
  actions: {
    keepToken: (_, _token: { readonly token: string }) => {},
    load: sendTo('frame', { type: 'load' } satisfies FrameCommand),
    ask: sendTo('link', ({ context }): LinkCommand => {
      return { type: 'inspect', filter: context.filter };
    }),
    note: assign({ problem: (_, { problem }: { readonly problem: Problem }) => problem }),
    forgetProblem: assign({ problem: null }),
  },
  guards: {
    isUnauthorised: (_, { problem }: { readonly problem: Problem }) => problem.status === 401,
    isOperator: (_, { role }: Session) => role === 'operator',
    /** Without a token nothing was wrong: one is asked for. */
    hasToken: ({ context }) => context.token !== null,
  },
  delays: {
    /** Milliseconds that the frame has to answer. */
    patience: 10_000,
    /** Milliseconds until the server is asked again. */
    pause: 2_000,
  },
}).createMachine({
  id: 'inspect',
  context: ({ input }) => ({ ...input, problem: null, reason: '' }),
  initial: 'connecting',
  on: {
    filter: { actions: assign({ filter: ({ event }) => event.filter }) },
    token: {
      target: '.connecting',
      reenter: true,
      actions: [
        assign({ token: ({ event }) => event.token, problem: null }),
        { type: 'keepToken', params: ({ event }) => event },
      ],
    },
  },
  states: {
    connecting: {
      invoke: {
        src: 'session',
        input: ({ context }) => ({ token: context.token }),
        onDone: [
          {
            guard: { type: 'isOperator', params: ({ event }) => event.output },
            target: 'linked',
            actions: 'forgetProblem',
          },
          { target: 'forbidden' },
        ],
        onError: [
          {
            guard: {
              type: 'isUnauthorised',
              params: ({ event }) => ({ problem: problemOf(event.error) }),
            },
            target: 'refused_token',
          },
          {
            target: 'unreachable',
            actions: {
              type: 'note',
              params: ({ event }) => ({ problem: problemOf(event.error) }),
            },
          },
        ],
      },
    },
    unreachable: {
      after: { pause: 'connecting' },
      on: { again: 'connecting' },
    },
    refused_token: {
      always: [
        { guard: 'hasToken', target: 'asking_token', actions: assign({ problem: WRONG_TOKEN }) },
        { target: 'asking_token' },
      ],
    },
    asking_token: {},
    forbidden: { on: { again: 'asking_token' } },
    linked: {
      invoke: [
        { id: 'link', src: 'link', input: ({ context }) => ({ token: context.token }) },
        { id: 'frame', src: 'frame' },
      ],
      initial: 'opening',
      on: {
        'link.up': { target: '.shown', actions: 'forgetProblem' },
        'link.down': '.lost',
        'link.refused': [
          {
            guard: { type: 'isUnauthorised', params: ({ event }) => event },
            target: 'refused_token',
          },
          { target: '.lost', actions: { type: 'note', params: ({ event }) => event } },
        ],
      },
      states: {
        opening: {},
        /** The socket still tries. */
        lost: {},
        shown: {
          initial: 'waiting',
          on: {
            filter: {
              target: '.waiting',
              actions: assign({ filter: ({ event }) => event.filter }),
            },
            again: '.waiting',
          },
          states: {
            waiting: {
              entry: 'load',
              after: { patience: 'not_loaded' },
              on: { 'frame.connected': 'asking' },
            },
            not_loaded: { on: { 'frame.connected': 'asking' } },
            asking: {
              entry: 'ask',
              on: {
                'frame.connected': { target: 'asking', reenter: true },
                'view.begun': 'viewing',
                'view.refused': {
                  target: 'refused',
                  actions: { type: 'note', params: ({ event }) => event },
                },
              },
            },
            viewing: {
              on: {
                'frame.connected': 'asking',
                'view.ended': {
                  target: 'ended',
                  actions: assign({ reason: ({ event }) => event.reason }),
                },
              },
            },
            ended: {},
            refused: { exit: 'forgetProblem' },
          },
        },
      },
    },
  },
});

export type InspectPhase =
  | 'connecting'
  | 'asking_token'
  | 'forbidden'
  | 'lost'
  | 'waiting'
  | 'not_loaded'
  | 'asking'
  | 'viewing'
  | 'ended'
  | 'refused';

type Value = ReturnType<(typeof inspectMachine)['resolveState']>['value'];

/** The state of the machine as one word. */
export function phaseOf(value: Value): InspectPhase {
  if (value === 'unreachable') return 'lost';
  if (value === 'refused_token') return 'asking_token';
  if (typeof value === 'string') return value;
  if (value.linked === 'opening') return 'connecting';
  return typeof value.linked === 'string' ? value.linked : value.linked.shown;
}
