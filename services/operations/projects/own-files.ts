import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Drift } from './drift.ts';
import { cannotChange, readOwn, sha256OfText, writeDurably } from './files.ts';
import { type Manifest, manifestIn, manifestText } from './manifest.ts';
import { MANIFEST, ORIGIN, WORKFLOW } from './places.ts';

export type OwnProblem = Omit<Drift, 'repaired'>;

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
    const found = await readOwn(join(folder, name));
    const { sha256 } = sound.workflow;
    if (typeof found !== 'object') note(problems, 'workflow', name, found ?? 'is missing');
    else if (sha256OfText(found.text) !== sha256) note(problems, 'workflow', name, 'was changed');
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
    if (!repair || manifest === null) drift.push({ ...problem, repaired: false });
    else {
      // One that cannot be written keeps no other from being restored.
      const outcome = await restored(folder, problem, manifest).catch(cannotChange);
      const told =
        typeof outcome === 'string' ? { repaired: false, error: outcome } : { repaired: outcome };
      drift.push({ ...problem, ...told });
    }
  }
  return drift;
}

async function restored(
  folder: string,
  { kind, name }: OwnProblem,
  manifest: Manifest,
): Promise<boolean> {
  const file = join(folder, name);
  if (name.startsWith(ORIGIN)) await mkdir(join(folder, ORIGIN), { recursive: true });
  const there = await readOwn(file);
  if (kind === 'manifest') {
    if (typeof there === 'string') await putAside(file);
    await writeDurably(file, manifestText(manifest));
    return true;
  }
  const { sha256 } = manifest.workflow;
  const text = typeof there === 'object' ? there.text : undefined;
  if (text !== undefined && sha256OfText(text) === sha256) return true;
  const source = await readOwn(
    join(folder, name === WORKFLOW ? `${ORIGIN}/${WORKFLOW}` : WORKFLOW),
  );
  if (typeof source !== 'object' || sha256OfText(source.text) !== sha256) return false;
  if (typeof there === 'string') await putAside(file);
  if (text !== undefined && name === WORKFLOW) {
    const kept = `workflow.changed-${sha256OfText(text).slice(0, 8)}.json`;
    await writeDurably(join(folder, kept), text);
  }
  await writeDurably(file, source.text);
  return true;
}

/** What is no file, or none that can be read, may be somebody's all the same. */
export async function putAside(file: string): Promise<void> {
  await rename(file, file.replace(/\.json$/, `.changed-${Date.now().toString(36)}.json`));
}
