import type { RepositoryAuth } from '../installations/input.ts';

/** What a project manager asks of the operation that fetches a file. */
export interface ModelOrder {
  readonly url: string;
  /** Absolute, or relative to `downloadRoot`. */
  readonly file: string;
  readonly sha256?: string;
  /** Only where `headersFor` gives some. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What it gives back. */
export interface FetchedModel {
  readonly sha256: string;
  readonly bytes: number;
}

/** What a project manager asks of the operation that installs nodes. */
export interface NodeOrder {
  readonly repository: string;
  readonly ref?: string;
  readonly name?: string;
  /** Only where the input of the project's operation names it. */
  readonly root?: string;
  /** Only where `authFor` gives something. */
  readonly auth?: RepositoryAuth;
}

export type HeadersFor = (
  url: string,
) => ModelOrder['headers'] | PromiseLike<ModelOrder['headers']>;
export type AuthFor = (
  repository: string,
) => RepositoryAuth | undefined | PromiseLike<RepositoryAuth | undefined>;

/** What is wrong with an installation, in words; undefined where nothing is. */
export type CheckNode = (
  name: string,
  root: string | undefined,
) => string | undefined | PromiseLike<string | undefined>;
