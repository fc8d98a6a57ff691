import type { Command, CommandName, CommandResults, Inspect, Subscribe } from './commands.ts';
import type { Problem } from './problem.ts';
import type {
  BreakerUpdate,
  ConflatedMessage,
  DroppedMessage,
  LiveMessage,
  ProgressMessage,
  RecoveryUpdate,
  SnapshotMessage,
} from './updates.ts';

/** The answer to a command or a subscription. */
export type Acknowledgement<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly problem: Problem };

export type Acknowledge<Result> = (answer: Acknowledgement<Result>) => void;

/** For `Socket<ServerToClientEvents, ClientToServerEvents>` of socket.io clients. */
export interface ServerToClientEvents {
  recovery_update(update: RecoveryUpdate): void;
  breaker_update(update: BreakerUpdate): void;
  progress(progress: ProgressMessage): void;
  snapshot(snapshot: SnapshotMessage): void;
  live(message: LiveMessage): void;
  conflated(message: ConflatedMessage): void;
  dropped(message: DroppedMessage): void;
  /** What Stately's inspector takes, as it is. */
  inspector(message: unknown): void;
  inspector_ended(message: { readonly reason: string }): void;
}

/** What clients send: a subscription, which replaces the one before, a view, and the commands. */
export type ClientToServerEvents = {
  subscribe(
    subscription: Subscribe,
    /** Told the position that it begins after, before anything else of it comes. */
    acknowledge: Acknowledge<{ readonly position: number }>,
  ): void;
  /** Of the living actors, for operators; a new one replaces the one before. */
  inspect(which: Inspect, acknowledge: Acknowledge<Readonly<Record<string, never>>>): void;
} & {
  [Name in CommandName]: (
    command: Command<Name>,
    acknowledge: Acknowledge<CommandResults[Name]>,
  ) => void;
};
