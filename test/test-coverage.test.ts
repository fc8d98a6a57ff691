import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { operationMachine } from '../index.ts';
import { ConfigError } from '../services/errors.ts';
import type { Recovery } from '../services/ports.ts';
import {
  ArrowCoverage,
  arrowsOf,
  beginCoverage,
  coverageLines,
  coveragePage,
  crashPaths,
  createTestRecovery,
  endCoverage,
  operationPaths,
} from '../testing.ts';

const test = suite('coverage of arrows');
const isConfigError = (error: unknown) => error instanceof ConfigError;
const SUCCESS = 'in_progress.running xstate.done.actor.attempt #0';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'arrows-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function oneSuccess(): Promise<void> {
  const world = await createTestRecovery({
    store: 'memory',
    define: recovery => recovery.operation('work', async () => 1),
  });
  await world.defined.start();
  await world.settle();
  await world.close();
}

test('arrows are named by state, event and number, with guard and target', () => {
  const arrows = arrowsOf(operationMachine);
  assert.is(new Set(arrows.map(({ key }) => key)).size, arrows.length);
  const { definition: _, ...success } = arrows.find(({ key }) => key === SUCCESS) ?? ({} as never);
  assert.equal(success, {
    key: SUCCESS,
    from: 'in_progress.running',
    event: 'xstate.done.actor.attempt',
    index: 0,
    guard: 'succeeded',
    to: 'success',
  });
});

test('what a recovery of the process takes is counted, once it has begun and until it ends', async () => {
  await inFolder(async folder => {
    const running = beginCoverage({ folder });
    await oneSuccess();
    running?.end();
    await oneSuccess();
    const { operation } = running?.coverage.counts() ?? {};
    assert.is(operation?.[SUCCESS], 1);
    assert.is(operation?.['pending.queued start #0'], 1);
  });
});

test('counts of several processes are added up, into a table, a page and a badge', async () => {
  await inFolder(async folder => {
    for (let worker = 0; worker < 2; worker++) {
      const running = beginCoverage({ folder });
      await oneSuccess();
      running?.end();
    }
    const { lines, ok, report } = endCoverage(folder);
    const [operation] = report;
    assert.is(operation?.arrows.find(({ key }) => key === SUCCESS)?.count, 2);
    assert.is(operation?.taken, 3);
    assert.is(ok, false);
    assert.match(lines[1] ?? '', /^operation +3 +\d+ +\d/);
    const missed = 'not taken: operation: (any) -- cancel #1 [isDated] -> failed';
    assert.ok(lines.includes(missed), lines.join('\n'));
    assert.is(lines.at(-1), 'arrows: less than 100 % were taken');
    assert.is(endCoverage(folder, { threshold: 0 }).ok, true);
    const files = await readdir(folder);
    assert.ok(files.includes('index.html') && files.includes('badge.svg'));
    assert.match(await readFile(join(folder, 'badge.svg'), 'utf8'), /aria-label="arrows: \d+%"/);
  });
});

test('paths that are lived are counted, whole and with each cut', async () => {
  await inFolder(async folder => {
    const running = beginCoverage({ folder });
    const define = (recovery: Recovery) => recovery.operation('work', async () => 1);
    const paths = await operationPaths(define, { store: 'memory', outcomes: ['success'] });
    for (const path of paths) await path.run();
    const cuts = await crashPaths(paths);
    for (const cut of cuts) await cut.run();
    running?.end();
    for (const cut of cuts) await cut.run();
    const { lives, lines } = endCoverage(folder);
    assert.equal([lives.paths, lives.crashes], [paths.length, cuts.length]);
    assert.ok(lives.took > 0 && cuts.length > 1);
    const words = `${paths.length} paths and ${cuts.length} crash points were lived, in`;
    assert.ok(
      lines.some(line => line.startsWith(words)),
      lines.join('\n'),
    );
  });
});

test('a process that exits has written its counts, where the environment names a folder', async () => {
  await inFolder(async folder => {
    const testing = fileURLToPath(new URL('../testing.js', import.meta.url));
    const program = `
      const { beginCoverage, createTestRecovery } = await import(${JSON.stringify(testing)});
      if (beginCoverage() === undefined) process.exit(3);
      const world = await createTestRecovery({ store: 'memory', define: r => r.operation('work', async () => 1) });
      await world.defined.start();
      await world.settle();
      process.exit(0);`;
    const args = ['--input-type=module', '-e', program];
    await execa(process.execPath, args, { env: { RECOVERY_COVERAGE: folder } });
    const [operation] = endCoverage(folder).report;
    assert.is(operation?.taken, 3);
    const { exitCode } = await execa(process.execPath, args, {
      env: { RECOVERY_COVERAGE: '' },
      reject: false,
    });
    assert.is(exitCode, 3, 'without a folder nothing is counted');
  });
});

test('what is named in a chart cannot break out of the page', () => {
  const coverage = new ArrowCoverage();
  const [operation] = coverage.report();
  const arrow = { key: 'x', from: '<script>', event: '"&', index: 0, count: 0 };
  const page = coveragePage([{ ...operation, machine: '<b>', arrows: [arrow] } as never]);
  assert.not.match(page, /<script>|<b>/);
  assert.match(page, '&lt;script&gt;');
  assert.match(coverageLines(coverage.report())[0] ?? '', /^arrows/);
});

test('folders without counts, broken counts and thresholds that cannot be are refused', async () => {
  await inFolder(async folder => {
    assert.throws(() => endCoverage(folder), isConfigError);
    assert.throws(() => endCoverage(join(folder, 'none')), isConfigError);
    assert.throws(() => endCoverage(folder, { threshold: 101 }), isConfigError);
    await writeFile(join(folder, 'x.arrows.json'), '{');
    assert.throws(() => endCoverage(folder), isConfigError);
  });
});

test.run();
