import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ignoreMissing, isThere, readOwn } from './files.ts';
import { manifestIn } from './manifest.ts';
import { MANIFEST, ORIGIN, ownerHash, PLAN, type Places, WORKFLOW } from './places.ts';

/** A project, made or in the making, and the models that it names. */
export interface Claim {
  /** Name of its folder. */
  readonly folder: string;
  /** `null` where its manifest is damaged or gone, so that nobody knows. */
  readonly models:
    | readonly {
        readonly path: string;
        readonly url: string;
        readonly sha256: string | null;
      }[]
    | null;
  /** What it needs besides, and nobody knew where to get: kinds and names as the workflow has them. */
  readonly missing: readonly { readonly kind: string; readonly name: string }[];
}

const plan = z.looseObject({
  models: z.array(
    z.looseObject({ path: z.string(), url: z.string(), sha256: z.string().nullable() }),
  ),
  missing: z.array(z.looseObject({ kind: z.string(), name: z.string() })).default([]),
});

/** Who names which models, of all projects below a root. */
export async function claimsIn({ root }: Places): Promise<readonly Claim[]> {
  const entries = (await readdir(root, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  const claims: Claim[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.includes('.trash-')) continue;
    const folder = join(root, entry.name);
    const manifest = await manifestIn(folder);
    const { name } = entry;
    if (typeof manifest === 'object') claims.push({ ...manifest, folder: name });
    else if (manifest === undefined && ownerHash(name) !== undefined) {
      const found = await readOwn(join(folder, PLAN));
      const planned = typeof found === 'object' ? planIn(found.text) : undefined;
      if (planned !== undefined) claims.push({ ...planned, folder: name });
    } else if (manifest !== undefined || (await isProject(folder))) {
      claims.push({ folder: name, models: null, missing: [] });
    }
  }
  return claims;
}

/** Whether there is a project in a folder, or what is left of one. */
export async function isProject(folder: string): Promise<boolean> {
  for (const name of [MANIFEST, WORKFLOW, ORIGIN]) {
    if (await isThere(join(folder, name))) return true;
  }
  return false;
}

/** A plan that was cut short by a crash is written again before anything is fetched by it. */
function planIn(text: string): Omit<Claim, 'folder'> | undefined {
  try {
    return plan.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
