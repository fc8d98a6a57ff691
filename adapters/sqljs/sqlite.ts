/** The part of sql.js that is used. */
export type SqlValue = number | string | Uint8Array | null;

export interface Statement {
  bind(values?: readonly SqlValue[]): boolean;
  step(): boolean;
  get(): SqlValue[];
  run(values?: readonly SqlValue[]): void;
  reset(): void;
  free(): boolean;
}

export interface Database {
  prepare(sql: string): Statement;
  run(sql: string, values?: readonly SqlValue[]): unknown;
  exec(sql: string): readonly { readonly values: readonly (readonly SqlValue[])[] }[];
  /** The whole database. Frees every statement, closes it, and opens it again: settings and functions are lost. */
  export(): Uint8Array;
  create_function(name: string, fn: (text: string | null) => string | null): unknown;
  getRowsModified(): number;
  close(): void;
}

export interface Sqlite {
  readonly Database: new (image?: Uint8Array) => Database;
}

/** Loads sql.js, which is needed by this adapter alone. @throws PersistenceError where it is not installed. */
export async function loadSqlite(): Promise<Sqlite> {
  const { default: initSqlJs } = (await import('sql.js')) as unknown as {
    readonly default: () => Promise<Sqlite>;
  };
  return initSqlJs();
}
