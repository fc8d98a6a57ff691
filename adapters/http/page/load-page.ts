import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../../services/errors.ts';
import { ENCODINGS, type Encoding } from './encodings.ts';
import { PageFile } from './page-file.ts';

/** The web page: its files by their path below it. Nothing else can be asked for, whatever an address says. */
export interface Page {
  /** Where every address of the page leads to; undefined where it was not built. */
  readonly index: PageFile | undefined;
  /** What shows living actors in Stately's inspector; a page of your own may be without it. */
  readonly inspector: PageFile | undefined;
  readonly files: ReadonlyMap<string, PageFile>;
}

export const UNBUILT: Page = { index: undefined, inspector: undefined, files: new Map() };

/** A folder with more is no page, but a mistake. */
const MAX_ENTRIES = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Of these the HTML is told its base. */
const INDEX = 'index.html';
export const INSPECTOR = 'inspect.html';

/** Dotfiles and source maps are nobody's business; the rest would have another meaning in an address. */
const LEFT_OUT = /^\.|\.map$|[:*?#%\\\p{Cc}]/iu;
const SUFFIXES: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' };

/**
 * Reads the folder of a page into memory. Links are not followed, so nothing outside of it is read.
 * @param basePath where the page will be found
 * @throws ConfigError for a folder that cannot be a page
 */
export async function loadPage(folder: string, basePath: string): Promise<Page> {
  const contents = await readAll(folder).catch(error => {
    if (error instanceof ConfigError) throw error;
    throw unusable(folder, (error as Error).message);
  });
  const files = new Map<string, PageFile>();
  for (const [path, bytes] of contents) {
    const suffix = Object.values(SUFFIXES).find(end => path.endsWith(end));
    if (suffix !== undefined && contents.has(path.slice(0, -suffix.length))) continue;
    // What the build has packed of HTML does not know its base.
    const file =
      path === INDEX || path === INSPECTOR
        ? new PageFile(path, based(path, bytes.toString(), basePath, folder))
        : new PageFile(path, bytes, packedOf(path, contents));
    files.set(path, file);
  }
  const index = files.get(INDEX);
  if (index === undefined) return UNBUILT;
  return { index, inspector: files.get(INSPECTOR), files };
}

function packedOf(path: string, contents: ReadonlyMap<string, Buffer>): Map<Encoding, Buffer> {
  const packed = new Map<Encoding, Buffer>();
  for (const encoding of ENCODINGS) {
    const bytes = contents.get(path + SUFFIXES[encoding]);
    if (bytes !== undefined) packed.set(encoding, bytes);
  }
  return packed;
}

/** Every file by its path, with slashes; none where there is no such folder. */
async function readAll(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  const open = [''];
  let entries = 0;
  let size = 0;
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    for (const entry of await entriesOf(folder, place)) {
      if (LEFT_OUT.test(entry.name)) continue;
      const path = `${place}${entry.name}`;
      if (entry.isDirectory()) open.push(`${path}/`);
      if (entry.isFile()) size += (await stat(join(folder, path))).size;
      if (++entries > MAX_ENTRIES || size > MAX_BYTES) {
        throw unusable(folder, 'it has more in it than a page');
      }
      if (entry.isFile()) contents.set(path, await readFile(join(folder, path)));
    }
  }
  return contents;
}

async function entriesOf(folder: string, place: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(join(folder, place), { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (place === '' && (code === 'ENOENT' || code === 'ENOTDIR')) return [];
    throw error;
  }
}

/**
 * The page's HTML with the base of its addresses, so that it works under any path and at any depth. A base path has neither quotes nor
 * brackets: the options see to that.
 */
function based(path: string, html: string, basePath: string, folder: string): Buffer {
  const head = /<head(\s[^>]*)?>/i.exec(html);
  if (head === null) throw unusable(folder, `its ${path} has no <head>`);
  const end = head.index + head[0].length;
  const base = `<base href="${basePath}/"><meta name="base-path" content="${basePath}">`;
  return Buffer.from(html.slice(0, end) + base + html.slice(end));
}

/** @param problem what is wrong with the folder */
export function unusable(folder: string, problem: string): ConfigError {
  return new ConfigError(
    `createRecoveryServer: visualizer must be the folder of a built page, got ${JSON.stringify(folder)}: ${problem}`,
    { details: { option: 'visualizer', value: folder } },
  );
}
