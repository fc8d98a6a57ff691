import { type Catalogue, modelIn, nodeIn, nodeNameProblem } from './catalogue.ts';
import type { Unresolved } from './errors.ts';
import type { NeededModel, NeededNode, Needs } from './needs.ts';

/** A model that a project has, and where it comes from. JSON. */
export interface PlannedModel {
  /** Below the folder of models, with `/` between names: `checkpoints/sd_xl_base_1.0.safetensors`. */
  readonly path: string;
  /** The beginning of it that the workflow does not say: `checkpoints`. */
  readonly folder: string;
  readonly url: string;
  /** `null` where nobody knows it before the file is there. */
  readonly sha256: string | null;
  readonly bytes: number | null;
}

/** An installation of nodes that a project has. JSON. */
export interface PlannedNode {
  readonly name: string;
  readonly repository: string;
  readonly ref: string | null;
  /** The class types that the workflow uses of it. */
  readonly types: readonly string[];
}

/** What an import is to get. */
export interface Resolution {
  readonly models: readonly PlannedModel[];
  readonly nodes: readonly PlannedNode[];
  readonly unresolved: readonly Unresolved[];
}

/** Who says where things come from. The first that knows wins. */
export interface Sources {
  readonly catalogues: readonly Catalogue[];
  /** Whether repositories that the workflow itself names are taken: they are programs. */
  readonly trust: boolean;
}

/** Finds where everything that a workflow needs comes from. */
export function resolveNeeds(needs: Needs, sources: Sources): Resolution {
  const unresolved: Unresolved[] = [];
  const models = new Map<string, PlannedModel>();
  for (const need of needs.models) {
    const found = modelFor(need, sources);
    if (typeof found === 'string') unresolved.push(missing('model', need.name, found, need));
    else {
      const same = models.get(found.path.toLowerCase());
      if (same === undefined) models.set(found.path.toLowerCase(), found);
      else if (same.url !== found.url || same.path !== found.path) {
        unresolved.push(missing('model', need.name, 'is to come from two places', need));
      }
    }
  }
  const nodes = new Map<string, PlannedNode>();
  for (const need of needs.nodes) {
    const found = nodeFor(need, sources);
    if (typeof found === 'string') unresolved.push(missing('node', need.type, found, need));
    else {
      const same = nodes.get(found.name.toLowerCase());
      if (same === undefined) nodes.set(found.name.toLowerCase(), found);
      else if (same.repository !== found.repository || same.ref !== found.ref) {
        const problem = `is to come from ${found.repository}, and others in the folder "${found.name}" from elsewhere`;
        unresolved.push(missing('node', need.type, problem, need));
      } else nodes.set(found.name.toLowerCase(), { ...same, types: [...same.types, need.type] });
    }
  }
  return { models: [...models.values()], nodes: [...nodes.values()], unresolved };
}

/** Words where something is missing. */
function modelFor(need: NeededModel, { catalogues }: Sources): PlannedModel | string {
  const entry = catalogues
    .map(catalogue => modelIn(catalogue, need.name, need.folder))
    .find(found => found !== undefined);
  const url = entry?.url ?? need.url;
  const folder = entry?.folder ?? need.folder;
  if (url === undefined) return 'is in no catalogue, and the workflow tells no URL';
  if (folder === undefined) return 'has no folder: neither the catalogue nor its loader tells one';
  const sha256 = (entry === undefined ? need.sha256 : entry.sha256) ?? null;
  return {
    path: `${folder}/${need.name}`,
    folder,
    url,
    sha256: sha256?.toLowerCase() ?? null,
    bytes: entry?.bytes ?? null,
  };
}

function nodeFor(need: NeededNode, { catalogues, trust }: Sources): PlannedNode | string {
  const entry = catalogues
    .map(catalogue => nodeIn(catalogue, need.type))
    .find(found => found !== undefined);
  const { github, version, registry } = need.pack;
  const said = github === undefined ? undefined : `https://github.com/${github}`;
  const repository = entry?.repository ?? (trust ? said : undefined);
  if (repository === undefined) {
    const hint = said ?? (registry === undefined ? undefined : `"${registry}" of the registry`);
    return `is in no catalogue${hint === undefined ? '' : `; the workflow says that it is of ${hint}`}`;
  }
  const commit = version !== undefined && /^[0-9a-f]{40}$/i.test(version) ? version : undefined;
  const name = entry?.name ?? lastPart(repository);
  const problem = nodeNameProblem(name);
  if (problem !== undefined) return `would be installed in a folder whose name ${problem}`;
  const ref = (entry === undefined ? commit : entry.ref) ?? null;
  return { name, repository, ref, types: [need.type] };
}

/** The name that an installation gets by itself. */
function lastPart(repository: string): string {
  return (
    repository
      .replace(/\/+$/, '')
      .replace(/\.git$/i, '')
      .split('/')
      .at(-1) ?? ''
  );
}

function missing(
  kind: Unresolved['kind'],
  name: string,
  problem: string,
  { pointers }: { readonly pointers: readonly string[] },
): Unresolved {
  return { kind, name, problem, pointers };
}
