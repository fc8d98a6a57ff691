import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadPage } from '../../../adapters/http/page/load-page.ts';
import { createRecovery } from '../../../create-recovery.ts';
import { createRecoveryServer } from '../../../server.ts';
import { ConfigError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { HTML, SECRET, withPage } from './support/page-folder.ts';
import { served } from './support/served.ts';

const test = suite('http page attacks');

test(
  'reads no file outside of its folder, whatever an address says',
  withPage(({ page, root }) =>
    served({ server: { visualizer: page } }, async ({ server, send, lines }) => {
      const { host } = new URL(server.url);
      const get = (path: string, accept = '*/*') =>
        send(
          `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`,
        );
      const ways = [
        '../secret.txt',
        '..%2fsecret.txt',
        '..%2Fsecret.txt',
        '%2e%2e/secret.txt',
        '%2e%2e%2fsecret.txt',
        '.%2e/secret.txt',
        '%252e%252e%252fsecret.txt',
        '..%5csecret.txt',
        '..\\secret.txt',
        '..;/secret.txt',
        '..%c0%afsecret.txt',
        '..%ef%bc%8fsecret.txt',
        '..%00/secret.txt',
        './../secret.txt',
        '/../secret.txt',
        `/${join(root, 'secret.txt')}`,
        `${encodeURIComponent(join(root, 'secret.txt'))}`,
        `file://${join(root, 'secret.txt')}`,
        'link.txt',
        'linked/secret.txt',
        'linked%2fsecret.txt',
        'inside.html/../../secret.txt',
        'index.html/../../secret.txt',
        'index.html%00.txt',
        'favicon.svg%00',
        'favicon.svg/',
        'favicon.svg%2f',
        'FAVICON.SVG',
        '.env',
        '%2eenv',
        '.vite/manifest.json',
        'assets/index-Bx3k9_aQ.js.map',
        'assets/INDEX.JS.MAP',
        'assets%2findex-Bx3k9_aQ.js',
        'assets/../.env',
        'assets/..%2f.env',
        'assets/packed-aB3dE6gH.js.br',
        'index.html.br',
        'inside.html',
        '*',
        ':id',
        '100%.txt',
        '100%25.txt',
        'anything',
      ];
      for (const way of ways) {
        for (const before of ['/', '/assets/', '/operations/', '/breakers/', '/machines/', '//']) {
          for (const accept of ['*/*', 'text/html']) {
            const path = before + way;
            const answer = await get(path, accept);
            assert.not.match(answer, SECRET, path);
            // A deep link of the page may be anything; the rest is nothing.
            const isDeep =
              accept === 'text/html' && /^\/(operations|breakers|machines)\//.test(path);
            const allowed = isDeep ? /^HTTP\/1.1 (200|400|404) / : /^HTTP\/1.1 (400|404|421) /;
            assert.match(answer, allowed, path);
            if (answer.startsWith('HTTP/1.1 200')) assert.ok(answer.includes('<title>Page'), path);
            else assert.match(answer, /application\/problem\+json|^HTTP\/1.1 400/, path);
          }
        }
      }
      assert.match(await get('/with%20space.txt'), /\r\n\r\na space$/);
      assert.match(await get('/openapi.json'), '"openapi":"3.1.0"');
      assert.match(await get('/api/operations'), '"operations":[]');
      assert.is(lines.filter(line => line.includes('went wrong')).join('\n'), '');
    })(),
  ),
);

test(
  'goes by what was in the folder when it began',
  withPage(({ page }) =>
    served({ server: { visualizer: page } }, async ({ ask }) => {
      await writeFile(join(page, 'later.txt'), SECRET);
      await writeFile(join(page, 'favicon.svg'), SECRET);
      assert.is((await ask('/later.txt')).status, 404);
      assert.not.match((await ask('/favicon.svg')).text, SECRET);
    })(),
  ),
);

test(
  'takes no folder that cannot be a page',
  withPage(async ({ root, page }) => {
    const recovery = await createRecovery({ env: {} });
    const refused = async (visualizer: unknown, why: string) => {
      const options = { port: 0, visualizer: visualizer as string };
      const error = await rejects(createRecoveryServer(recovery, options), ConfigError);
      assert.match(error.message, 'visualizer');
      assert.match(error.message, why);
    };
    await refused(join(root, 'nothing'), 'no index.html');
    await refused(join(page, 'assets'), 'no index.html');
    await refused(join(page, 'index.html'), 'no index.html');
    await refused('', 'must be true, false or a folder');
    await refused(7, 'must be true, false or a folder');
    await writeFile(join(root, 'elsewhere/index.html'), '<p>no head');
    await refused(join(root, 'elsewhere'), 'no <head>');
    await mkdir(join(root, 'large'));
    await writeFile(join(root, 'large/index.html'), HTML);
    await writeFile(join(root, 'large/film.bin'), Buffer.alloc(64 * 1024 * 1024));
    await refused(join(root, 'large'), 'more in it than a page');
    await mkdir(join(root, 'many'));
    for (let n = 0; n <= 2_000; n++) await mkdir(join(root, `many/${n}`));
    await refused(join(root, 'many'), 'more in it than a page');
    await recovery.close();
  }),
);

test(
  'puts its base into the head of the HTML, whatever that looks like',
  withPage(async ({ page }) => {
    for (const head of ['<head>', '<HEAD>', '<head\n  lang="en">', '<head data-a="$&">']) {
      await writeFile(join(page, 'index.html'), `<header></header>${head}<title>$1</title></head>`);
      const { index } = await loadPage(page, '/base');
      const { bytes = Buffer.alloc(0) } = (await index?.in(undefined)) ?? {};
      assert.is(
        bytes.toString(),
        `<header></header>${head}<base href="/base/"><meta name="base-path" content="/base"><title>$1</title></head>`,
      );
    }
  }),
);

test.run();
