import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withStage } from './support/stage.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const test = suite('installations, carried over names');

test(
  'an update keeps changes of tracked files, whatever their names are made of',
  withStage(async ({ repository, installations, root }) => {
    const odd = ['a\tb\tc.cfg', 'a\nb.cfg', 'a"b\'c\\d.cfg', ' a.cfg ', 'ä.cfg', '-a.cfg'];
    const both = 'both\tof\nthem.cfg';
    const source = await repository(
      'r',
      Object.fromEntries([...odd, both, 'node.py'].map(name => [name, 'default'])),
    );
    const { install, update } = installations();
    const { commit } = await install.run({ repository: source.url });
    const target = join(root, 'r');
    for (const name of [...odd, both]) await writeFile(join(target, name), 'mine');
    await source.commit({ 'node.py': 'two', [both]: 'theirs' });

    const { carriedOver } = await update.run({ name: 'r' });

    const keptIn = `.xstate-recovery-kept/${commit.slice(0, 12)}`;
    assert.equal(carriedOver, { files: odd.length, conflicts: [both], conflicting: 1, keptIn });
    const said = (name: string) => readFile(join(target, name), 'utf8');
    for (const name of odd) assert.is(await said(name), 'mine', JSON.stringify(name));
    assert.is(await said(both), 'theirs');
    assert.is(await said(`${keptIn}/${both}`), 'mine');
  }),
);

test.run();
