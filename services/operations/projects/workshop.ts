import type { OperationDefinition, Recovery } from '../../ports.ts';
import { exclusive } from '../download/exclusive.ts';
import { type Catalogue, checkCatalogue, readCatalogue } from './catalogue.ts';
import type { ProjectsOptions } from './options.ts';
import type { FetchedModel, ModelOrder, NodeOrder } from './orders.ts';
import { type OwnPlaces, type PlaceInput, type Places, placesFor } from './places.ts';

/** What the operations of a manager have in common. */
export interface Workshop {
  readonly recovery: Recovery;
  readonly own: OwnPlaces;
  readonly catalogue: string | Catalogue | undefined;
  readonly download: OperationDefinition<ModelOrder, FetchedModel>;
  readonly downloadRoot: string | undefined;
  readonly install: OperationDefinition<NodeOrder, unknown>;
  readonly headersFor: ProjectsOptions['headersFor'];
  readonly authFor: ProjectsOptions['authFor'];
  readonly checkNode: ProjectsOptions['checkNode'];
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
