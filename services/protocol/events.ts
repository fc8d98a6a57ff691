import type { Command, CommandName, CommandResults, Subscribe } from './commands.ts';
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
}

/** What clients send: a subscription, and the commands. */
export type ClientToServerEvents = {
  subscribe(
    subscription: Subscribe,
    acknowledge: Acknowledge<Readonly<Record<string, never>>>,
  ): void;
} & {
  [Name in CommandName]: (
    command: Command<Name>,
    acknowledge: Acknowledge<CommandResults[Name]>,
  ) => void;
};
