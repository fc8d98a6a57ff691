import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RecoveryError } from '../../errors.ts';
import type { OperationContext } from '../../ports.ts';
import type { Drift } from './drift.ts';
import { ignoreMissing, sha256OfText, writeDurably } from './files.ts';
import { gather } from './gather.ts';
import { type Manifest, manifestIn, manifestText, sealed } from './manifest.ts';
import { MANIFEST, ORIGIN, type Places, projectFolder, WORKFLOW } from './places.ts';
import { type Plan, planFor } from './plan.ts';
import type { Workshop } from './workshop.ts';

type OwnProblem = Omit<Drift, 'repaired'>;

/** What was found of a project's own files. JSON. */
export interface OwnFiles {
  /** The manifest, or its copy where only that is sound; `null` where neither is. */
  readonly manifest: Manifest | null;
  readonly problems: readonly OwnProblem[];
}

/** Looks at manifest and workflow, and at the copies that they are mended from. */
export async function inspectOwnFiles(folder: string): Promise<OwnFiles> {
  const problems: OwnProblem[] = [];
  const own = await manifestIn(folder);
  const copy = await manifestIn(join(folder, ORIGIN));
  const sound = [own, copy].find(found => typeof found === 'object');
  note(problems, 'manifest', MANIFEST, problemOf(own, sound));
  if (sound === undefined) return { manifest: null, problems };
  note(problems, 'manifest', `${ORIGIN}/${MANIFEST}`, problemOf(copy, sound));
  for (const name of [WORKFLOW, `${ORIGIN}/${WORKFLOW}`]) {
    const text = await readFile(join(folder, name), 'utf8').catch(ignoreMissing);
    const same = text !== undefined && sha256OfText(text) === sound.workflow.sha256;
    const problem = text === undefined ? 'is missing' : 'was changed';
    if (!same) note(problems, 'workflow', name, problem);
  }
  return { manifest: sound, problems };
}

function problemOf(found: Manifest | string | undefined, sound: Manifest | undefined) {
  if (found === undefined) return 'is missing';
  if (typeof found === 'string') return found.replace(/^its manifest /, '');
  return found.checksum === sound?.checksum ? undefined : 'is another one than its copy';
}

function note(
  problems: OwnProblem[],
  kind: OwnProblem['kind'],
  name: string,
  problem: string | undefined,
): void {
  if (problem !== undefined) problems.push({ kind, name, problem });
}

/** Writes manifest and workflow again as they were. A workflow that somebody has changed is kept beside it, under another name. */
export async function restoreOwnFiles(
  folder: string,
  { manifest, problems }: OwnFiles,
  repair: boolean,
): Promise<Drift[]> {
  const drift: Drift[] = [];
  for (const problem of problems) {
    const repaired = repair && manifest !== null && (await restored(folder, problem, manifest));
    drift.push({ ...problem, repaired });
  }
  return drift;
}

async function restored(
  folder: string,
  { kind, name }: OwnProblem,
  manifest: Manifest,
): Promise<boolean> {
  await mkdir(join(folder, ORIGIN), { recursive: true });
  if (kind === 'manifest') {
    await writeDurably(join(folder, name), manifestText(manifest));
    return true;
  }
  const { sha256 } = manifest.workflow;
  const source = join(folder, name === WORKFLOW ? `${ORIGIN}/${WORKFLOW}` : WORKFLOW);
  const there = await readFile(join(folder, name), 'utf8').catch(ignoreMissing);
  if (there !== undefined && sha256OfText(there) === sha256) return true;
  const text = await readFile(source, 'utf8').catch(ignoreMissing);
  if (text === undefined || sha256OfText(text) !== sha256) return false;
  if (there !== undefined && name === WORKFLOW) {
    const kept = `workflow.changed-${sha256OfText(there).slice(0, 8)}.json`;
    await writeDurably(join(folder, kept), there);
  }
  await writeDurably(join(folder, name), text);
  return true;
}

/**
 * A manifest made anew from the workflow, where neither it nor its copy is sound: like an import, with all that is there already taken as it is.
 * `null` where the workflow is gone or no good any more.
 */
export async function remade(
  workshop: Workshop,
  places: Places,
  name: string,
  op: OperationContext,
): Promise<Manifest | null> {
  const folder = projectFolder(places, name);
  const plan: Plan | null = await op.step('plan', async () => {
    try {
      const input = { file: join(folder, WORKFLOW), allowMissing: true };
      return (await planFor(workshop, places, input)).plan;
    } catch (error) {
      if (!(error instanceof RecoveryError)) throw error;
      op.log.warn({ problem: error.message }, 'no manifest can be made of the workflow');
      return null;
    }
  });
  if (plan === null) return null;
  const gathered = await gather(workshop, places, op, plan);
  const manifest = sealed({
    name,
    created: new Date().toISOString(),
    operation: op.id,
    workflow: plan.workflow,
    models: gathered.models,
    nodes: gathered.nodes,
    missing: plan.missing,
  });
  await mkdir(join(folder, ORIGIN), { recursive: true });
  const workflow = await readFile(join(folder, WORKFLOW), 'utf8');
  await writeDurably(join(folder, ORIGIN, WORKFLOW), workflow);
  await writeDurably(join(folder, ORIGIN, MANIFEST), manifestText(manifest));
  await writeDurably(join(folder, MANIFEST), manifestText(manifest));
  return manifest;
}
