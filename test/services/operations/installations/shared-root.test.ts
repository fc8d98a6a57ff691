import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { causeOf } from './support/cause-of.ts';
import { runInstall } from './support/run-install.ts';
import { type Stage, text, withStage } from './support/stage.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const test = suite('installations, a root that programs share');

/** The repository `r`, installed, with a second commit that is still to come. */
async function outdated({ repository, installations }: Stage) {
  const source = await repository('r', { 'a.txt': 'one' });
  await installations().install.run({ repository: source.url });
  await source.commit({ 'a.txt': 'two' });
  return { repository: source.url };
}

/** Lets another program swap, and refuse what is there once `meanwhile` is over. */
async function refusedSwap(
  stage: Stage,
  input: { readonly repository: string },
  meanwhile: () => Promise<void>,
): Promise<string | undefined> {
  const refusal = join(stage.folder, 'refusal');
  const order = { input, hangIn: 'installed', refusal } as const;
  const { failed } = await runInstall(stage, order, async ({ hanging }) => {
    if (hanging === undefined) return false;
    try {
      await meanwhile();
    } finally {
      await writeFile(refusal, '');
    }
    return false;
  });
  return failed;
}

test(
  'a swap of another program that is alive is its own to take back, whoever comes meanwhile',
  withStage(async stage => {
    const { root, names, installations } = stage;
    const input = await outdated(stage);
    const policy = { maxRetries: 0 };
    const { install, uninstall, sweep } = installations({ prefix: 'other.', policy });
    const busy: string[] = [];

    const failed = await refusedSwap(stage, input, async () => {
      const { removed, kept } = await sweep();
      assert.equal([removed.length, kept.length], [0, 1]);
      busy.push((await causeOf(install.run(input))).code);
      // Another store may know an operation by the same id.
      busy.push((await causeOf(install.run(input, { id: 'one' }))).code);
      const removing = await uninstall.start({ name: 'r' });
      busy.push((await causeOf(removing.result())).code);
      assert.is(await text(root, 'r/a.txt'), 'two', 'it has swapped');
    });

    assert.is(failed, 'OPERATION_FAILED');
    assert.equal(busy, ['INSTALLATION_BUSY', 'INSTALLATION_BUSY', 'INSTALLATION_BUSY']);
    assert.is(await text(root, 'r/a.txt'), 'one', 'what was there before is back');
    assert.equal(await names(), ['r']);
  }),
);

test(
  'the same holds for a program that goes on with a swap which another one has begun and died in',
  withStage(async stage => {
    const { root, names, installations } = stage;
    const input = await outdated(stage);
    const hangIn = 'installed';
    await runInstall(stage, { input, hangIn }, ({ hanging }) => hanging === hangIn);

    const failed = await refusedSwap(stage, input, async () => {
      await installations({ prefix: 'other.' }).sweep();
      assert.is(await text(root, 'r/a.txt'), 'two', 'it is still being looked at');
    });

    assert.is(failed, 'OPERATION_FAILED');
    assert.is(await text(root, 'r/a.txt'), 'one');
    assert.equal(await names(), ['r']);
  }),
);

test(
  'nobody swaps what another program is in the middle of swapping',
  withStage(async stage => {
    const { root, names, installations } = stage;
    const input = await outdated(stage);
    let staged = () => {};
    let swapped = () => {};
    const prepared = new Promise<void>(resolve => {
      staged = resolve;
    });
    const turn = new Promise<void>(resolve => {
      swapped = resolve;
    });
    // It has looked whether somebody swaps before the other one does.
    const { install } = installations({
      prefix: 'other.',
      policy: { maxRetries: 0 },
      async verify(_folder, { phase }) {
        if (phase !== 'staged') return;
        staged();
        await turn;
      },
    });
    const late = causeOf(install.run(input));
    await prepared;

    const failed = await refusedSwap(stage, input, async () => {
      swapped();
      assert.is((await late).code, 'INSTALLATION_BUSY');
    });

    assert.is(failed, 'OPERATION_FAILED');
    assert.is(await text(root, 'r/a.txt'), 'one');
    assert.equal(await names(), ['r']);
  }),
);

test.run();
