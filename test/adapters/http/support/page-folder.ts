import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What must never be served. */
export const SECRET = 'the-secret-of-the-disk';
export const SCRIPT = `console.log('script');\n${'// the same again and again\n'.repeat(100)}`;
export const HTML =
  '<!doctype html>\n<html lang="en"><head>\n<meta charset="utf-8"><title>Page</title>' +
  '<script type="module" crossorigin src="./assets/index-Bx3k9_aQ.js"></script></head><body></body></html>\n';

export const INSPECTOR_HTML = HTML.replace('Page', 'Inspector');

/** A page as a build leaves it, with things around it and in it that are nobody's business. */
const FILES: Readonly<Record<string, string>> = {
  'page/index.html': HTML,
  // Of an index that did not know its base.
  'page/index.html.br': 'stale',
  'page/inspect.html': INSPECTOR_HTML,
  'page/inspect.html.br': 'stale',
  'page/favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
  'page/assets/index-Bx3k9_aQ.js': SCRIPT,
  'page/assets/index-Bx3k9_aQ.js.map': SECRET,
  'page/assets/INDEX.JS.MAP': SECRET,
  'page/assets/index-Dk20fe1Z.css': 'body{}',
  'page/assets/plain-typeface.css': 'b{}',
  'page/assets/packed-aB3dE6gH.js': 'the script as it is',
  'page/assets/packed-aB3dE6gH.js.br': 'packed by the build',
  'page/assets/pixel-Zz09Zz09.png': `\u0089PNG${'0'.repeat(2_000)}`,
  'page/with space.txt': 'a space',
  'page/100%.txt': SECRET,
  'page/:id': SECRET,
  'page/*': SECRET,
  'page/.env': SECRET,
  'page/.vite/manifest.json': SECRET,
  // The API has these.
  'page/openapi.json': SECRET,
  'page/api/operations': SECRET,
  'secret.txt': SECRET,
  'elsewhere/secret.txt': SECRET,
};

export interface PageFolder {
  /** Has everything; the page is in `page` below it. */
  readonly root: string;
  readonly page: string;
  remove(): Promise<void>;
}

export async function makePageFolder(): Promise<PageFolder> {
  const root = await mkdtemp(join(tmpdir(), 'page-'));
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  await symlink(join(root, 'secret.txt'), join(root, 'page/link.txt'));
  await symlink('../elsewhere', join(root, 'page/linked'));
  await symlink('index.html', join(root, 'page/inside.html'));
  return { root, page: join(root, 'page'), remove: () => rm(root, { recursive: true }) };
}

/** Runs a test with such a folder. */
export function withPage(run: (folder: PageFolder) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await makePageFolder();
    try {
      await run(folder);
    } finally {
      await folder.remove();
    }
  };
}
