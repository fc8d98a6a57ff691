/** What a life of a scenario is told, as JSON in its argument. */
export interface LifeOrder {
  /** The folder that everything is in: `recovery.db`, `journal`, `projects`, `models`, `nodes`. */
  readonly folder: string;
  readonly work: Work;
  /** Milliseconds after its start in which it is cancelled; left out for never. */
  readonly cancelAfter?: number;
}

/** The operation of a scenario. Its id is `work`. */
export type Work =
  | { readonly kind: 'import'; readonly workflow: unknown; readonly catalogue: string }
  | { readonly kind: 'download'; readonly url: string; readonly sha256?: string }
  | { readonly kind: 'install'; readonly repository: string; readonly ref: string };

/** What the last life says. */
export interface Ended {
  /** Left out where it has succeeded. */
  readonly error?: { readonly code: string; readonly message: string };
  /** What `project.verify` finds wrong, of an import that has succeeded. */
  readonly drift: readonly unknown[];
  readonly swept: readonly string[];
}

/** A line of the journal. */
export interface Noted {
  readonly life: number;
  readonly id: string;
  readonly to: string;
  readonly at: number;
}

export const PROJECT = 'portrait';
export const FILE = 'one.bin';
export const NODE = 'tool';
/** Where a life finds the secret that no file may have. */
export const TOKEN_VARIABLE = 'SCENARIO_TOKEN';
