import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '../../ports.ts';
import { ProjectDamagedError, ProjectMissingError } from './errors.ts';
import { ignoreMissing, isThere, syncFolder, writeDurably } from './files.ts';
import { type ProjectResult, resultOf } from './import.ts';
import { manifestText, sealed, soundManifest } from './manifest.ts';
import { checkedName, MANIFEST, ORIGIN, PLAN, type PlaceInput, projectFolder } from './places.ts';
import { REMOVE_STAGING, Staging } from './staging.ts';
import { alone, placesOf, type Workshop } from './workshop.ts';

export interface DuplicateInput extends PlaceInput {
  readonly name: string;
  /** Name of the new project. */
  readonly to: string;
}

/**
 * Copies a project's own files under another name, by one rename; models and installations are shared. Where the file system can, copies take no room until
 * one of the two is changed.
 *
 * @throws ProjectMissingError, ProjectExistsError, ProjectDamagedError, ValidationError
 */
export async function duplicateProject(
  workshop: Workshop,
  input: DuplicateInput,
  op: OperationContext,
): Promise<ProjectResult> {
  const name = checkedName(input.name);
  const to = checkedName(input.to);
  const places = placesOf(workshop, input);
  const [source, target] = [projectFolder(places, name), projectFolder(places, to)];
  const staging = new Staging(places, to, op.id);
  const done = await staging.published();
  if (done !== undefined) return resultOf(target, done);
  await staging.refuseExisting();
  if (!(await isThere(source))) throw new ProjectMissingError(name);
  const manifest = await soundManifest(source, name);
  const { checksum: _, format: _format, version: _version, ...facts } = manifest;
  const copy = sealed({ ...facts, name: to, created: new Date().toISOString(), operation: op.id });
  await op.onUndo(REMOVE_STAGING, staging.removal);
  await alone(places, op.signal, async () => {
    await staging.remove();
    await mkdir(staging.folder, { recursive: true });
    await writeDurably(join(staging.folder, PLAN), JSON.stringify(copy));
  });
  await copyTree(source, staging.folder, op);
  // Nobody has held it meanwhile: it may have been deleted, or deleted and imported again.
  if (!(await isThere(source))) throw new ProjectMissingError(name);
  if ((await soundManifest(source, name)).checksum !== manifest.checksum) {
    throw new ProjectDamagedError(name, 'another one has taken its place while it was copied');
  }
  await mkdir(join(staging.folder, ORIGIN), { recursive: true });
  await writeDurably(join(staging.folder, ORIGIN, MANIFEST), manifestText(copy));
  await writeDurably(join(staging.folder, MANIFEST), manifestText(copy));
  await rm(join(staging.folder, PLAN), { force: true });
  await syncFolder(staging.folder);
  op.signal.throwIfAborted();
  await alone(places, op.signal, () => staging.moveIn());
  return resultOf(target, copy);
}

/** Files, folders and links as they are; what a link leads to is not looked at. What goes away meanwhile is left out. */
async function copyTree(from: string, to: string, op: OperationContext): Promise<void> {
  let files = 0;
  const waiting = [''];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    await mkdir(join(to, below), { recursive: true });
    const entries = await readdir(join(from, below), { withFileTypes: true }).catch(ignoreMissing);
    for (const entry of entries ?? []) {
      op.signal.throwIfAborted();
      const path = join(below, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isSymbolicLink()) {
        const target = await readlink(join(from, path)).catch(ignoreMissing);
        if (target !== undefined) await symlink(target, join(to, path));
      } else if (entry.isFile()) {
        await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE).catch(
          ignoreMissing,
        );
        await syncFile(join(to, path));
        files += 1;
        op.progress({ done: files, total: null, children: [] });
      }
    }
    await syncFolder(join(to, below));
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+').catch(() => undefined);
  // One that nobody may write to cannot be synced everywhere; the folder's sync does what can be done.
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
