/** An error as JSON, so that it can stand in a snapshot. */
export interface JsonError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: JsonError;
  readonly errors?: readonly JsonError[];
  readonly details?: unknown;
  /** `typeof` of what was thrown, where that was no Error. */
  readonly thrown?: string;
}
