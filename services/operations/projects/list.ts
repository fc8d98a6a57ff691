import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from './files.ts';
import { manifestIn } from './manifest.ts';
import type { Places } from './places.ts';
import { projectNameProblem } from './safe-names.ts';

/** A project, as its manifest tells it. */
export interface ProjectSummary {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** ISO 8601; `null` where the manifest is damaged. */
  readonly created: string | null;
  readonly models: number;
  readonly nodes: number;
  /** Of its models, whether or not others share them. */
  readonly bytes: number;
  /** What is wrong with its manifest. */
  readonly problem?: string;
}

/** Every folder below the root that has a manifest, by name. Nothing but manifests is read. */
export async function listProjects({
  root,
}: Pick<Places, 'root'>): Promise<readonly ProjectSummary[]> {
  const entries = (await readdir(root, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  const projects: ProjectSummary[] = [];
  for (const { name } of entries
    .filter(entry => entry.isDirectory() && projectNameProblem(entry.name) === undefined)
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const folder = join(root, name);
    const manifest = await manifestIn(folder);
    if (manifest === undefined) continue;
    if (typeof manifest === 'string') {
      projects.push({
        name,
        folder,
        created: null,
        models: 0,
        nodes: 0,
        bytes: 0,
        problem: manifest,
      });
      continue;
    }
    const { created, models, nodes } = manifest;
    const bytes = models.reduce((sum, model) => sum + model.bytes, 0);
    projects.push({ name, folder, created, models: models.length, nodes: nodes.length, bytes });
  }
  return projects;
}
