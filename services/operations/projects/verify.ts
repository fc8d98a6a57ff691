import { lstat, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OperationContext } from '../../ports.ts';
import type { Drift } from './drift.ts';
import { ProjectMissingError } from './errors.ts';
import { Family, type Member } from './family.ts';
import { codeOf, ignoreMissing, isThere, isWithin, ofOneFile, sha256OfFile } from './files.ts';
import { fetchModel, installNode, modelMember, nodeMember } from './gather.ts';
import type { Manifest } from './manifest.ts';
import { inspectOwnFiles, type OwnFiles, restoreOwnFiles } from './own-files.ts';
import { checkedName, modelFile, type PlaceInput, type Places, projectFolder } from './places.ts';
import { type ResolvingInput, remade } from './remake.ts';
import { placesOf, type Workshop } from './workshop.ts';

/** Beside what is looked at: where things come from, for a manifest that has to be made anew. */
export interface VerifyInput extends PlaceInput, ResolvingInput {
  readonly name: string;
  /** Fetches, installs and restores what is not as it was. @default false */
  readonly repair?: boolean;
}

export interface VerifyResult {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** Whether everything is as it should be now. */
  readonly whole: boolean;
  readonly drift: readonly Drift[];
  /** Models and installations that were looked at. */
  readonly checked: number;
}

/** A model or an installation that is not as it was, and how to get it again. */
interface Loss {
  readonly drift: Omit<Drift, 'repaired'>;
  readonly member: Member;
  mend(family: Family): Promise<unknown>;
}

/** Compares a project with its manifest, and mends it where it is asked to. */
export async function verifyProject(
  workshop: Workshop,
  input: VerifyInput,
  op: OperationContext,
): Promise<VerifyResult> {
  const name = checkedName(input.name);
  const places = placesOf(workshop, input);
  const folder = projectFolder(places, name);
  const repair = input.repair === true;
  const files: OwnFiles = await op.step('files', async () => {
    if (!(await isThere(folder))) throw new ProjectMissingError(name);
    return inspectOwnFiles(folder);
  });
  const drift: Drift[] = [];
  let manifest = files.manifest;
  if (manifest === null && repair) {
    const made = await remade(workshop, places, input, files.problems, op);
    manifest = made.manifest;
    drift.push(...made.drift);
  } else {
    drift.push(...(await restoreOwnFiles(folder, files, repair)));
  }
  const losses = manifest === null ? [] : await lossesOf(workshop, places, manifest, op);
  drift.push(...(repair ? await mended(workshop, losses, op) : losses.map(unrepaired)));
  const checked = manifest === null ? 0 : manifest.models.length + manifest.nodes.length;
  const whole = manifest !== null && drift.every(({ repaired }) => repaired);
  return { name, folder, whole, drift, checked };
}

const unrepaired = ({ drift }: Loss): Drift => ({ ...drift, repaired: false });

/** Each look is a step: the next attempt does not read a hundred gigabytes again. */
async function lossesOf(
  workshop: Workshop,
  places: Places,
  manifest: Manifest,
  op: OperationContext,
): Promise<Loss[]> {
  const losses: Loss[] = [];
  let looked = 0;
  const total = manifest.models.length + manifest.nodes.length;
  for (const model of manifest.models) {
    const member = modelMember(model, '-again');
    const problem = await op.step(`look-${member.key}`, async () => {
      const found = await sha256OfFile(modelFile(places, model.path), op.signal);
      if (typeof found !== 'object') return found ?? 'is missing';
      return found.sha256 === model.sha256 ? null : `has another content: ${found.sha256}`;
    });
    if (problem !== null) {
      const mend = async (family: Family) => {
        await removeDeadLink(places, modelFile(places, model.path));
        return fetchModel(workshop, places, family, member, model);
      };
      losses.push({ drift: { kind: 'model', name: model.path, problem }, member, mend });
    }
    looked += 1;
    op.progress({ done: looked, total, children: [] });
  }
  for (const node of manifest.nodes) {
    const member = nodeMember(node, '-again');
    const problem = await op.step(`look-${member.key}`, () =>
      nodeProblem(workshop, places, node.name).catch(ofOneFile),
    );
    if (problem !== null) {
      const wanted = { ...node, ref: node.commit ?? node.ref };
      const mend = (family: Family) => installNode(workshop, places, family, member, wanted);
      losses.push({ drift: { kind: 'node', name: node.name, problem }, member, mend });
    }
    looked += 1;
    op.progress({ done: looked, total, children: [] });
  }
  return losses;
}

/** A link that leads nowhere has no content to lose, and stands in the way of what is fetched. */
async function removeDeadLink({ models }: Places, file: string): Promise<void> {
  const found = await lstat(file).catch(ignoreMissing);
  if (found?.isSymbolicLink() !== true) return;
  const target = await stat(file).catch(error =>
    codeOf(error) === 'ELOOP' ? undefined : ignoreMissing(error),
  );
  if (target === undefined && (await isWithin(models, dirname(file)))) await rm(file);
}

/** Where nobody knows in which folder installations are, nobody can look. */
async function nodeProblem(
  { checkNode }: Workshop,
  { nodes, tellNodes }: Places,
  name: string,
): Promise<string | null> {
  const found =
    nodes === undefined ? undefined : await stat(join(nodes, name)).catch(ignoreMissing);
  if (nodes !== undefined && found === undefined) return 'is missing';
  if (found !== undefined && !found.isDirectory()) return 'is no folder';
  return (await checkNode?.(name, tellNodes ? nodes : undefined)) ?? null;
}

/** Runs the children again, under keys of their own; one that fails keeps nobody else from being mended. */
async function mended(
  { recovery }: Workshop,
  losses: readonly Loss[],
  op: OperationContext,
): Promise<Drift[]> {
  if (losses.length === 0) return [];
  const family = new Family(
    recovery,
    op,
    losses.map(({ member }) => member),
  );
  try {
    const outcomes = await Promise.allSettled(losses.map(loss => loss.mend(family)));
    op.signal.throwIfAborted();
    return losses.map(({ drift }, index) => {
      const outcome = outcomes[index];
      if (outcome?.status !== 'rejected') return { ...drift, repaired: true };
      const { reason } = outcome;
      const error = reason instanceof Error ? reason.message : String(reason);
      return { ...drift, repaired: false, error };
    });
  } finally {
    family.close();
  }
}
