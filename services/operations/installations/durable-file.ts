import { open, readFile, rename, rm } from 'node:fs/promises';
import type { z } from 'zod';
import { ignoreMissing, syncFolder } from '../download/record.ts';

/** Writes a small file as a whole: a crash leaves the old one or the new one, and a name that stands for something else, such as a link, is replaced. */
export async function writeDurably(path: string, content: object): Promise<void> {
  const draft = `${path}.tmp`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  await syncFolder(path);
}

/** What a file says; `torn` where it says nothing that fits, undefined where there is none. */
export async function readDurable<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<T | 'torn' | undefined> {
  const text = await readFile(path, 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return 'torn';
  }
}

export async function removeDurable(path: string): Promise<void> {
  await rm(`${path}.tmp`, { force: true });
  await rm(path, { force: true });
}
