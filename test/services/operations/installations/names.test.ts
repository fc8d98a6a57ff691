import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  isFolder,
  operationHash,
  placeBelow,
} from '../../../../services/operations/installations/place.ts';
import { settleSwap, swap } from '../../../../services/operations/installations/swap.ts';
import { installedBelow } from '../../../../services/operations/installations/sweep.ts';
import { text, withStage } from './support/stage.ts';

export const suiteTimeout = 60_000;
export const startsMany = true;
const test = suite('names beside installations');

/** What ComfyUI takes for nodes: folders, hidden ones too, but `__pycache__` and what ends with `.disabled`; of files those of Python. */
async function loadedByComfy(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter(entry => entry.name !== '__pycache__' && !entry.name.endsWith('.disabled'))
    .filter(entry => entry.isDirectory() || entry.name.endsWith('.py'))
    .map(({ name }) => name);
}

test(
  'nobody who looks for nodes at the wrong moment finds a half-made or a replaced one',
  withStage(async ({ repository, installations, root }) => {
    const source = await repository('r');
    const seen: string[] = [];
    const { install, update } = installations({
      async verify(_folder, { phase }) {
        seen.push(`${phase}: ${(await loadedByComfy(root)).join()}`);
      },
    });
    await install.run({ repository: source.url });
    await source.commit({ 'a.txt': 'two' });
    await update.run({ name: 'r' });
    assert.equal(seen, ['staged: ', 'installed: r', 'staged: r', 'installed: r']);
  }),
);

test(
  'goes on with a staging folder of an earlier release, and takes such folders away',
  withStage(async ({ repository, installations, root, names, program, folder }) => {
    const source = await repository('r');
    const place = placeBelow(root, 'r', operationHash('one'));
    const met = join(folder, 'met');
    const offline = 'for each in "$@"; do case "$each" in fetch | ls-remote) exit 9 ;; esac; done';
    const { install } = installations({
      policy: { maxRetries: 1, breaker: false },
      commands: {
        git: await program('git', `if [ -e ${met} ]; then ${offline}; fi; exec git "$@"`),
      },
      async verify() {
        if (await isFolder(met)) return;
        await mkdir(met);
        await rename(place.staging, place.former.staging);
        throw Object.assign(new TypeError('gone'), { code: 'ECONNRESET' });
      },
    });
    await install.run({ repository: source.url }, { id: 'one' });
    assert.equal(await names(), ['r'], 'nothing was fetched again, and nothing is left');

    await mkdir(placeBelow(root, 'gone', operationHash('two')).former.staging);
    await mkdir(placeBelow(root, 'r', '').former.previous);
    const { removed } = await installations({ prefix: 'other.' }).sweep();
    assert.is(removed.length, 1);
    assert.equal(await names(), ['r']);
  }),
);

test(
  'brings back a version that an earlier release has moved aside',
  withStage(async ({ root, names }) => {
    const place = placeBelow(root, 'node', operationHash('one'));
    await mkdir(place.staging, { recursive: true });
    await mkdir(place.target);
    await writeFile(join(place.target, 'version'), 'old');
    await swap(place, 'one');
    await rename(place.previous, join(root, '.node.previous'));
    await rename(place.target, place.staging);

    await settleSwap(place, undefined);

    assert.is(await text(place.target, 'version'), 'old');
    assert.equal(await names(), [`.node.staging-${operationHash('one')}.disabled`, 'node']);
    assert.equal(await installedBelow(root), []);
  }),
);

test.run();
