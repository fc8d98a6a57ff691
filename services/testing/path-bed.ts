import type {
  CommitBatch,
  OperationContext,
  Recovery,
  StatePersistence,
  UndoContext,
} from '../ports.ts';

/** A call that waits until it is told how to end; `held` makes it. */
export interface BedCall {
  readonly called: boolean;
  succeed(value?: unknown): void;
  fail(error: unknown): void;
  /** Does what it would have done. */
  goOn(): Promise<void>;
}

/** A call of a function or a fallback that is about to be made. */
export interface ComingFunction {
  readonly name: string;
  readonly kind: 'function' | 'fallback';
  readonly op: OperationContext;
}

/** A call of an undo that is about to be made. */
export interface ComingUndo {
  readonly name: string;
  readonly kind: 'undo';
  readonly op: UndoContext;
}

export type ComingCall = ComingFunction | ComingUndo;

/** Where in a commit the process dies. */
export type BedCut = 'before-write' | 'before-sync' | 'before-answer';

/** What paths are run on: a recovery whose time, functions and disk are simulated. */
export interface PathBed<Defined> {
  readonly recovery: Recovery;
  readonly defined: Defined;
  /** The store, past the recovery. */
  readonly store: StatePersistence;
  /** False once a cut has ended the process. */
  readonly alive: boolean;
  /** Times that a cut has ended it. */
  readonly deaths: number;
  readonly clock: { now(): number; readonly nextAt: number | undefined };
  /** Whether files or sockets have something under way, which no simulated clock sees. */
  waitsForOutside(): boolean;
  readonly disk: {
    /** Commits that were tried. */
    readonly tries: number;
    /** Those that became durable. */
    readonly commits: readonly CommitBatch[];
    /** The cuts that are not the same to it. */
    readonly cutPoints: readonly BedCut[];
    cut(commit: number, point: BedCut): void;
  };
  readonly faults: {
    /** Decides about each call before it is made; undefined lets it be made. */
    decide: ((call: ComingCall) => BedCall | undefined) | undefined;
    /** @param seen what its function is given instead of its context */
    held(seen?: (op: OperationContext) => OperationContext): BedCall;
  };
  advance(ms: number): Promise<void>;
  settle(): Promise<void>;
  restart(options: { readonly crash: boolean; readonly resume: boolean }): Promise<unknown>;
  /** Ends it, as a process is killed. */
  abandon(): void;
}
