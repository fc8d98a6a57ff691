import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../ports.ts';
import { ensureSpace } from '../download/disk.ts';
import { hashFile } from '../download/hasher.ts';
import type { Order } from '../download/input.ts';
import { ignoreMissing, removeRecord, syncFolder } from '../download/record.ts';
import type { DownloadResult } from '../download/result.ts';
import { dropPart } from '../download/target.ts';

const entry = z.strictObject({ file: z.string(), bytes: z.int().nonnegative() });

/** Finished files, by their SHA-256: a folder for each checksum, with a small file for each place where such a file was put. */
export class FinishedFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Remembers where a file is. Replaces what was known of that place as a whole. */
  async remember({ file, bytes, sha256 }: DownloadResult): Promise<void> {
    const folder = join(this.#folder, sha256);
    await mkdir(folder, { recursive: true });
    const draft = join(folder, `${randomName()}.tmp`);
    await writeFile(draft, JSON.stringify({ file, bytes }));
    await rename(draft, this.#pathOf(sha256, file));
  }

  /**
   * Puts a file with the wanted checksum in its place without asking a server, where there is one: it is hashed first, then linked, or
   * copied where links do not reach. Undefined where there is none.
   */
  async take(order: Order, signal: AbortSignal, log: Logger): Promise<DownloadResult | undefined> {
    const { sha256 } = order;
    if (sha256 === undefined) return undefined;
    for (const { file, bytes } of await this.#known(sha256)) {
      if (file === order.file) continue;
      const stats = await stat(file).catch(() => undefined);
      const sound =
        stats?.isFile() === true &&
        stats.size === bytes &&
        (await hashFile(file, bytes, signal)).sha256 === sha256;
      if (!sound) {
        await rm(this.#pathOf(sha256, file), { force: true });
        continue;
      }
      const how = await put(file, order.file, bytes);
      log.info({ from: file, how }, 'the file was there already');
      await dropPart(order.file);
      await removeRecord(order.file);
      return { file: order.file, bytes, sha256, resumedFrom: bytes };
    }
    return undefined;
  }

  #pathOf(sha256: string, file: string): string {
    const name = createHash('sha256').update(file).digest('hex').slice(0, 16);
    return join(this.#folder, sha256, `${name}.json`);
  }

  async #known(sha256: string): Promise<readonly z.infer<typeof entry>[]> {
    const folder = join(this.#folder, sha256);
    const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
    const known: z.infer<typeof entry>[] = [];
    for (const name of names.filter(one => one.endsWith('.json'))) {
      const text = await readFile(join(folder, name), 'utf8').catch(ignoreMissing);
      const parsed = text === undefined ? undefined : entry.safeParse(asJson(text));
      if (parsed?.success) known.push(parsed.data);
    }
    return known;
  }
}

/** Under a name of its own first, and then by one rename, so that at no moment half a file has the name. */
async function put(from: string, to: string, bytes: number): Promise<'linked' | 'copied'> {
  const draft = `${to}.${randomName()}.part`;
  try {
    const how = await linkOrCopy(from, draft, bytes);
    // Where both names are links to one file already, a rename would leave the draft.
    await rename(draft, to);
    await syncFolder(to);
    return how;
  } finally {
    await rm(draft, { force: true });
  }
}

/** File systems that do not link, borders between two of them, and limits on links. */
const UNLINKABLE = ['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'];

async function linkOrCopy(from: string, to: string, bytes: number): Promise<'linked' | 'copied'> {
  try {
    await link(from, to);
    return 'linked';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!UNLINKABLE.includes(code)) throw error;
  }
  await ensureSpace(to, bytes, 0);
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const handle = await open(to, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return 'copied';
}

const randomName = (): string => randomBytes(6).toString('hex');

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
