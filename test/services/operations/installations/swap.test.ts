import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  operationHash,
  type Place,
  placeBelow,
} from '../../../../services/operations/installations/place.ts';
import {
  commitSwap,
  DISK,
  rollBack,
  type SwapDisk,
  settleSwap,
  swap,
} from '../../../../services/operations/installations/swap.ts';
import { rejects } from '../../../support/rejects.ts';

const test = suite('swaps');
class Crash extends Error {}

/** A disk on which the process dies before the nth thing that it does. */
function crashingDisk(before: number): SwapDisk {
  let done = 0;
  const step = <Args extends readonly unknown[]>(run: (...args: Args) => Promise<void>) => {
    return async (...args: Args) => {
      if (done === before) throw new Crash();
      done += 1;
      await run(...args);
    };
  };
  return {
    rename: step(DISK.rename),
    write: step(DISK.write),
    forget: step(DISK.forget),
    removeTree: step(DISK.removeTree),
  };
}

async function withPlace(hadTarget: boolean, run: (place: Place) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'swap-'));
  try {
    const place = placeBelow(root, 'node', operationHash('one'));
    await mkdir(place.staging);
    await writeFile(join(place.staging, 'version'), 'new');
    if (hadTarget) {
      await mkdir(place.target);
      await writeFile(join(place.target, 'version'), 'old');
    }
    await run(place);
  } finally {
    await rm(root, { recursive: true });
  }
}

const version = (place: Place) =>
  readFile(join(place.target, 'version'), 'utf8').catch(() => 'none');

/** Runs something on disks that crash earlier and earlier things, until one does not. @returns how many crashed */
async function atEachStep(
  hadTarget: boolean,
  run: (place: Place, disk: SwapDisk) => Promise<void>,
  afterwards: (place: Place, step: number) => Promise<void>,
): Promise<number> {
  for (let step = 0; ; step += 1) {
    let crashed = true;
    await withPlace(hadTarget, async place => {
      const running = run(place, crashingDisk(step));
      crashed = await running.then(
        () => false,
        error => {
          if (!(error instanceof Crash)) throw error;
          return true;
        },
      );
      await afterwards(place, step);
    });
    if (!crashed) return step;
  }
}

test('replaces a folder by another, and drops what was there when that is confirmed', async () => {
  for (const hadTarget of [true, false]) {
    await withPlace(hadTarget, async place => {
      await swap(place, 'one');
      assert.is(await version(place), 'new');
      assert.is(await settleSwap(place, 'one'), 'swapped');
      await commitSwap(place);
      assert.equal(await readdir(place.root), ['node']);
      assert.is(await settleSwap(place, 'one'), 'settled');
      assert.is(await version(place), 'new');
    });
  }
});

test('takes a swap back', async () => {
  await withPlace(true, async place => {
    await swap(place, 'one');
    await rollBack(place);
    assert.is(await version(place), 'old');
    assert.equal(await readdir(place.root), [place.staging.slice(place.root.length + 1), 'node']);
  });
  await withPlace(false, async place => {
    await swap(place, 'one');
    await rollBack(place);
    assert.is(await version(place), 'none');
  });
});

test('after a crash at any step of a swap the target is the old one or the new one, and the swap can be made', async () => {
  for (const [hadTarget, old, crashes] of [
    [true, 'old', 6],
    [false, 'none', 4],
  ] as const) {
    const seen: string[] = [];
    const steps = await atEachStep(
      hadTarget,
      async (place, disk) => {
        await swap(place, 'one', disk);
        await commitSwap(place, disk);
      },
      async place => {
        const state = await settleSwap(place, 'one');
        seen.push(`${await version(place)} ${state}`);
        if (state === 'swapped') await commitSwap(place);
        else if ((await version(place)) === old) {
          await swap(place, 'one');
          await commitSwap(place);
        }
        assert.is(await version(place), 'new');
        await settleSwap(place, undefined);
        assert.equal(await readdir(place.root), ['node']);
      },
    );
    assert.is(steps, crashes);
    assert.is(seen[0], `${old} settled`);
    assert.ok(seen.includes('new swapped'), 'the own swap goes on');
    assert.is(seen.at(-1), 'new settled');
  }
});

test('somebody else who comes after the crash finds a target that is whole', async () => {
  for (const [hadTarget, old] of [
    [true, 'old'],
    [false, 'none'],
  ] as const) {
    const seen: string[] = [];
    await atEachStep(
      hadTarget,
      async (place, disk) => {
        await swap(place, 'one', disk);
        await commitSwap(place, disk);
      },
      async place => {
        assert.is(await settleSwap(place, 'two'), 'settled');
        seen.push(await version(place));
        const left = (await readdir(place.root)).filter(name => !name.includes('staging'));
        assert.equal(left, (await version(place)) === 'none' ? [] : ['node']);
      },
    );
    assert.equal([...new Set(seen)], [old, 'new'], 'first the old one, then the new one');
  }
});

test('after a crash at any step of a way back the way back goes on', async () => {
  for (const [hadTarget, old] of [
    [true, 'old'],
    [false, 'none'],
  ] as const) {
    const steps = await atEachStep(
      hadTarget,
      async (place, disk) => {
        await swap(place, 'one');
        await rollBack(place, disk);
      },
      async (place, step) => {
        // Before anything of it is durable, the swap stands and is taken back again.
        if ((await settleSwap(place, 'one')) === 'swapped') {
          assert.is(step, 0);
          await rollBack(place);
        }
        assert.is(await version(place), old, `step ${step}`);
        assert.is(await readFile(join(place.staging, 'version'), 'utf8'), 'new');
        await settleSwap(place, 'two');
        assert.is(await version(place), old);
      },
    );
    assert.is(steps, hadTarget ? 4 : 3);
  }
});

test('after a crash at any step of settling, settling goes on', async () => {
  for (let crash = 1; crash < 5; crash += 1) {
    await atEachStep(
      true,
      async (place, disk) => {
        await rejects(swap(place, 'one', crashingDisk(crash)), Crash).catch(() => undefined);
        await settleSwap(place, 'two', disk);
      },
      async place => {
        await settleSwap(place, 'two');
        const now = await version(place);
        assert.ok(now === 'old' || now === 'new', now);
      },
    );
  }
});

test('a torn or strange journal loses no version', async () => {
  const strange = [
    '',
    '{"format": 1, "oper',
    '[]',
    '{"format":1,"operationId":"x","action":"swap","staging":"../../etc","hadTarget":true}',
  ];
  for (const journal of strange) {
    await withPlace(true, async place => {
      await rejects(swap(place, 'one', crashingDisk(3)), Crash);
      assert.is(await version(place), 'none', 'it is between the two renames');
      await writeFile(place.journal, journal);
      await settleSwap(place, 'one');
      assert.is(await version(place), 'old');
    });
  }
});

test.run();
