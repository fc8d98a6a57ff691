import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serveRecovery } from '../../../adapters/http/index.ts';
import { createRecovery } from '../../../create-recovery.ts';
import { ask, served } from './support/served.ts';

const test = suite('http page of the package');

const NAVIGATION = { accept: 'text/html' };
/** Seen from the tests as they are compiled. */
const BUILT = new URL('../../../../dist/visualizer/index.html', import.meta.url);

async function worksWithoutPage(page: string | undefined): Promise<void> {
  const recovery = await createRecovery({ env: {} });
  const own = { charts: {}, version: '1.2.3', page };
  const nothing = {
    path: '/socket.io/',
    request: () => {},
    upgrade: () => {},
    close: async () => {},
  };
  const server = await serveRecovery(recovery, own, () => nothing, { port: 0 });
  for (const path of ['/', '/operations/one', '/inspect']) {
    const { status, body } = await ask(server.url + path, { headers: NAVIGATION });
    assert.is(status, 404, path);
    assert.is(body.code, 'PAGE_NOT_BUILT', path);
  }
  const deep = await ask(`${server.url}/operations/one`);
  assert.is(deep.body.code, 'NOT_FOUND');
  assert.is((await ask(`${server.url}/index.html`)).body.code, 'NOT_FOUND');
  assert.is((await ask(`${server.url}/api/session`)).body.version, '1.2.3');
  await server.close();
  await recovery.close();
}

test('says so where it was not built, and the API works', () =>
  worksWithoutPage('/nowhere/at/all'));

test('says so where nobody knows its folder, and serves no other one', () =>
  worksWithoutPage(undefined));

test(
  'is looked for where the build puts it',
  served({}, async ({ ask }) => {
    const { status, body, text } = await ask('/', { headers: NAVIGATION });
    if (existsSync(BUILT)) {
      assert.is(status, 200);
      assert.match(text, '<base href="/">');
    } else assert.is(body.code, 'PAGE_NOT_BUILT');
  }),
);

test.run();
