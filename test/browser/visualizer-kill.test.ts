import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ask } from '../adapters/http/support/served.ts';
import { temporaryFolder } from '../adapters/sqljs/support/store-folder.ts';
import { assertAccessible } from './support/accessible.ts';
import { assertLit } from './support/chart.ts';
import { assertAsExpected, WatchedPage } from './support/watched-page.ts';

const test = suite('the page and a server that is killed');

const PROGRAM = fileURLToPath(new URL('./support/visualized-program.js', import.meta.url));

interface Serving {
  readonly child: ChildProcess;
  readonly port: string;
}

async function serve(store: string, port: string, what: 'begin' | 'go-on'): Promise<Serving> {
  const child = spawn(process.execPath, [PROGRAM, store, port, what], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  assert.ok(line, 'it serves');
  return { child, port: String(line) };
}

async function kill({ child }: Serving): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

const idsIn = (page: Page) =>
  page
    .locator('.grid-body .cell-id')
    .evaluateAll(cells => cells.map(cell => cell.textContent ?? '').sort());

test('says that it is gone, and catches up by itself with what happened meanwhile, once', async () => {
  const folder = await temporaryFolder();
  const store = join(folder, 'recovery.db');
  let serving = await serve(store, '0', 'begin');
  const url = `http://127.0.0.1:${serving.port}`;
  const [one, all] = [await WatchedPage.open(url, {}), await WatchedPage.open(url, {})];
  try {
    await one.page.goto(`${url}/operations/work-1`);
    await assertLit(one.page, 'in_progress.running');
    await all.page.goto(`${url}/operations`);
    await all.page.getByRole('link', { name: 'work-1' }).waitFor();
    await all.page.getByRole('status').getByText('Live', { exact: true }).waitFor();

    await kill(serving);
    await one.page.getByText('The connection was lost. What you see is as it was then').waitFor();
    await all.page.getByRole('status').getByText('Reconnecting').waitFor();
    // What was known stays to be seen.
    await assertLit(one.page, 'in_progress.running');
    await assertAccessible(one.page);

    serving = await serve(store, serving.port, 'go-on');
    await assertLit(one.page, 'success');
    await one.page.getByRole('status').getByText('Live', { exact: true }).waitFor();
    await one.page.getByText('The connection was lost.').waitFor({ state: 'detached' });
    await one.page.getByRole('button', { name: 'Attempt, interrupted' }).waitFor();
    const { history } = (await ask(`${url}/api/operations/work-1`)).body;
    const seqs = await one.page.locator('.history-seq').allTextContents();
    assert.equal(
      seqs.reverse(),
      [...history.keys()].map(index => String(index + 1)),
    );
    const steps = one.page.getByRole('region', { name: 'Finished steps' });
    assert.is(await steps.getByRole('listitem').count(), 1);

    const everywhere = '.grid-body .state[data-tone="success"]';
    await all.page.waitForFunction(
      selector => document.querySelectorAll(selector).length === 4,
      everywhere,
    );
    assert.equal(await idsIn(all.page), ['work-1', 'work-2', 'work-3', 'work-4']);
    for (const { problems } of [one, all]) {
      assertAsExpected(problems, [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY/]);
    }
  } finally {
    await one.close();
    await all.close();
    await kill(serving);
    await rm(folder, { recursive: true });
  }
});

test.run();
