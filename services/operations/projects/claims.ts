import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ignoreMissing, readOwn } from './files.ts';
import { manifestIn } from './manifest.ts';
import { ownerHash, PLAN, type Places } from './places.ts';

/** A project, made or in the making, and the models that it names. */
export interface Claim {
  /** Name of its folder. */
  readonly folder: string;
  readonly models: readonly {
    readonly path: string;
    readonly url: string;
    readonly sha256: string | null;
  }[];
}

const plan = z.looseObject({
  models: z.array(
    z.looseObject({ path: z.string(), url: z.string(), sha256: z.string().nullable() }),
  ),
});

/** Who names which models, of all projects below a root. A project whose manifest is damaged is told as `undefined`. */
export async function claimsIn({ root }: Places): Promise<readonly (Claim | undefined)[]> {
  const entries = (await readdir(root, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  const claims: (Claim | undefined)[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.includes('.trash-')) continue;
    const folder = join(root, entry.name);
    const manifest = await manifestIn(folder);
    if (typeof manifest === 'object') claims.push({ folder: entry.name, models: manifest.models });
    else if (typeof manifest === 'string') claims.push(undefined);
    else if (ownerHash(entry.name) !== undefined) {
      const found = await readOwn(join(folder, PLAN));
      const models = typeof found === 'object' ? modelsIn(found.text) : undefined;
      if (models !== undefined) claims.push({ folder: entry.name, models });
    }
  }
  return claims;
}

/** A plan that was cut short by a crash is written again before anything is fetched by it. */
function modelsIn(text: string): Claim['models'] | undefined {
  try {
    return plan.parse(JSON.parse(text)).models;
  } catch {
    return undefined;
  }
}
