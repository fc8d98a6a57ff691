import type { OperationContext } from '../../ports.ts';
import { isRecord } from './document.ts';
import { Family, type Member, memberKey } from './family.ts';
import type { ManifestModel, ManifestNode } from './manifest.ts';
import { fileForDownload, modelFile, type Places } from './places.ts';
import type { PlannedModel, PlannedNode } from './resolve.ts';
import { refProblem } from './safe-names.ts';
import type { Workshop } from './workshop.ts';

export interface Gathered {
  readonly models: readonly ManifestModel[];
  readonly nodes: readonly ManifestNode[];
}

/**
 * Fetches models and installs nodes, each as a child of the operation. The first that ends badly is the error; the others end with
 * their parent, and what they have fetched stays for the next time.
 */
export async function gather(
  workshop: Workshop,
  places: Places,
  op: OperationContext,
  wanted: { readonly models: readonly PlannedModel[]; readonly nodes: readonly PlannedNode[] },
): Promise<Gathered> {
  const models = wanted.models.map(model => ({ model, member: modelMember(model) }));
  const nodes = wanted.nodes.map(node => ({ node, member: nodeMember(node) }));
  const family = new Family(
    workshop.recovery,
    op,
    [...models, ...nodes].map(({ member }) => member),
  );
  try {
    const [gotModels, gotNodes] = await Promise.all([
      Promise.all(
        models.map(({ model, member }) => fetchModel(workshop, places, family, member, model)),
      ),
      Promise.all(
        nodes.map(({ node, member }) => installNode(workshop, places, family, member, node)),
      ),
    ]);
    return { models: gotModels, nodes: gotNodes };
  } finally {
    family.close();
  }
}

export function modelMember({ path, bytes }: PlannedModel, suffix?: string): Member {
  const label = path.slice(path.lastIndexOf('/') + 1);
  return { kind: 'model', label, key: memberKey('model', path, suffix), bytes };
}

export function nodeMember({ name }: PlannedNode, suffix?: string): Member {
  return { kind: 'node', label: name, key: memberKey('node', name, suffix), bytes: null };
}

export async function fetchModel(
  { download, downloadRoot, headersFor }: Workshop,
  places: Places,
  family: Family,
  member: Member,
  { path, folder, url, sha256 }: PlannedModel,
): Promise<ManifestModel> {
  const file = fileForDownload(modelFile(places, path), downloadRoot);
  const headers = await headersFor?.(url);
  const order = { url, file, ...(sha256 === null ? {} : { sha256 }), ...(headers && { headers }) };
  const got = await family.run(member, download, order, ({ bytes }) => bytes);
  return { path, folder, url, sha256: got.sha256, bytes: got.bytes };
}

export async function installNode(
  { install, authFor }: Workshop,
  { nodes, tellNodes }: Places,
  family: Family,
  member: Member,
  { name, repository, ref, types }: PlannedNode,
): Promise<ManifestNode> {
  const auth = await authFor?.(repository);
  const order = {
    repository,
    name,
    ...(auth === undefined ? {} : { auth }),
    ...(ref === null ? {} : { ref }),
    ...(tellNodes && nodes !== undefined ? { root: nodes } : {}),
  };
  const got = await family.run(member, install, order, () => 0);
  const commit = isRecord(got) && typeof got.commit === 'string' ? got.commit : null;
  const known = commit !== null && refProblem(commit) === undefined;
  return { name, repository, ref, commit: known ? commit : null, types };
}
