import type { RecoveryError } from '../../services/errors.ts';
import type { Progress, Transition, TransitionFilter } from '../../services/ports.ts';
import type { ServerFeedItem } from './items.ts';

type Snapshot = Extract<ServerFeedItem, { readonly kind: 'snapshot' }>;

/** What comes from the socket. */
export type SocketEvent =
  | { readonly type: 'connected' }
  /** `final`: trying again would be answered in the same way. */
  | { readonly type: 'connect_failed'; readonly error: RecoveryError; readonly final: boolean }
  | { readonly type: 'disconnected' }
  /** The position after which it begins. */
  | { readonly type: 'subscribed'; readonly position: number }
  | { readonly type: 'not_subscribed'; readonly error: RecoveryError; readonly final: boolean }
  | { readonly type: 'update'; readonly transition: Transition }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'live'; readonly position: number }
  | { readonly type: 'conflated'; readonly skipped: number }
  | {
      readonly type: 'dropped';
      readonly reason: string;
      readonly position: number;
      readonly retryAfter: number;
    }
  /** Something that this program does not understand. */
  | { readonly type: 'unfit'; readonly error: RecoveryError };

/** What the socket is told. */
export type SocketOrder =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  | {
      readonly type: 'subscribe';
      readonly filter: TransitionFilter;
      readonly since: number | undefined;
    };
