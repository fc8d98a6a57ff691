import type { OperationDefinition, Recovery } from '../../ports.ts';
import { exclusive } from '../download/exclusive.ts';
import type { RepositoryAuth } from '../installations/input.ts';
import { type Catalogue, checkCatalogue, readCatalogue } from './catalogue.ts';
import { type OwnPlaces, type PlaceInput, type Places, placesFor } from './places.ts';

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

/** What the operations of a manager have in common. */
export interface Workshop {
  readonly recovery: Recovery;
  readonly own: OwnPlaces;
  readonly catalogue: string | Catalogue | undefined;
  readonly download: OperationDefinition<ModelOrder, FetchedModel>;
  readonly downloadRoot: string | undefined;
  readonly install: OperationDefinition<NodeOrder, unknown>;
  readonly headersFor: HeadersFor | undefined;
  readonly authFor: AuthFor | undefined;
  readonly checkNode: CheckNode | undefined;
  readonly trust: boolean;
}

export function placesOf({ own }: Workshop, input: PlaceInput): Places {
  return placesFor(own, input);
}

/** The catalogues of an operation, the one that its input names first. */
export async function cataloguesFor(
  { catalogue }: Pick<Workshop, 'catalogue'>,
  named: string | undefined,
): Promise<Catalogue[]> {
  const sources = [named, catalogue].filter(source => source !== undefined);
  return Promise.all(
    sources.map(source =>
      typeof source === 'string' ? readCatalogue(source) : checkCatalogue(source),
    ),
  );
}

/** One at a time for each root: whatever looks who names which model, and what changes that. The store lets one process in. */
export function alone<T>(
  { root }: Pick<Places, 'root'>,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  return exclusive(`projects:${root}`, signal, run);
}
