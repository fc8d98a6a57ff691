import { ValidationError } from '../../errors.ts';
import type { Catalogue } from './catalogue.ts';
import { claimsIn } from './claims.ts';
import { type Unresolved, UnresolvedError } from './errors.ts';
import { needsOf } from './needs.ts';
import type { Places } from './places.ts';
import { type PlannedModel, type PlannedNode, resolveNeeds } from './resolve.ts';
import { readSource, type Source, type SourceInput } from './source.ts';
import { cataloguesFor, type Workshop } from './workshop.ts';

/** What an import is going to do. JSON; kept as a step, so that no later attempt decides otherwise. */
export interface Plan {
  readonly workflow: {
    readonly format: 'ui' | 'api';
    readonly sha256: string;
    readonly bytes: number;
  };
  readonly models: readonly PlannedModel[];
  readonly nodes: readonly PlannedNode[];
  readonly missing: readonly Unresolved[];
  /** Class types that need no installation since a catalogue says so. @default none */
  readonly core?: readonly string[];
}

export interface PlanInput extends SourceInput {
  /** Absolute path of a catalogue that is asked before the manager's own. @default none */
  readonly catalogue?: string;
  /** Leaves out what nobody knows where to get, instead of refusing the whole. @default false */
  readonly allowMissing?: boolean;
  /** Takes repositories that the file itself names. They are programs. @default the manager's `trust` */
  readonly trust?: boolean;
}

/**
 * Works out what an import needs; changes nothing.
 * @throws WorkflowError, CatalogueError, UnresolvedError, ValidationError
 */
export async function planFor(
  workshop: Pick<Workshop, 'catalogue' | 'trust'>,
  places: Places | undefined,
  input: PlanInput,
): Promise<{ readonly plan: Plan; readonly source: Source }> {
  if ((input.file === undefined) === (input.workflow === undefined)) {
    throw new ValidationError('an import needs a file or a workflow, and not both');
  }
  const source = await readSource(input);
  const catalogues = await cataloguesFor(workshop, input.catalogue);
  const trust = input.trust ?? workshop.trust;
  const brought = source.catalogue;
  if (brought !== undefined) catalogues.push(trust ? brought : modelsOnly(brought));
  const needs = needsOf(source.workflow, new Set(catalogues.flatMap(({ core = [] }) => core)));
  const found = resolveNeeds(needs, { catalogues, trust });
  const { models, disputed } = places
    ? await agreed(places, found.models)
    : { models: found.models, disputed: [] };
  if (disputed.length > 0) throw new UnresolvedError(disputed);
  const missing = found.unresolved;
  if (missing.length > 0 && input.allowMissing !== true) throw new UnresolvedError(missing);
  const { format } = source.workflow;
  const bytes = Buffer.byteLength(source.text);
  const plan = {
    workflow: { format, sha256: source.sha256, bytes },
    models,
    nodes: found.nodes,
    missing,
    ...(needs.core.length === 0 ? {} : { core: needs.core }),
  };
  return { plan, source };
}

/** What comes with a file from elsewhere may say where models are, but not what programs to install. */
function modelsOnly({ nodes: _nodes, core: _core, ...rest }: Catalogue): Catalogue {
  return rest;
}

/** Models are shared: what another project has under the same name is taken as it is, or is a contradiction. */
async function agreed(places: Places, planned: readonly PlannedModel[]) {
  const claimed = new Map<
    string,
    { readonly folder: string; readonly url: string; readonly sha256: string | null }
  >();
  for (const claim of await claimsIn(places)) {
    for (const { path, url, sha256 } of claim.models ?? []) {
      const before = claimed.get(path);
      if (before?.sha256) continue;
      claimed.set(path, { folder: claim.folder, url, sha256 });
    }
  }
  const disputed: Unresolved[] = [];
  const models = planned.map(model => {
    const other = claimed.get(model.path);
    if (other === undefined) return model;
    const same =
      model.sha256 !== null && other.sha256 !== null
        ? model.sha256 === other.sha256
        : model.url === other.url;
    if (same) return { ...model, sha256: model.sha256 ?? other.sha256 };
    const problem = `is another file than the one of that name in project "${other.folder}"`;
    disputed.push({ kind: 'model', name: model.path, problem, pointers: [] });
    return model;
  });
  return { models, disputed };
}
