import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DurableRecovery } from '../../services/recovery.ts';
import { inBrowser } from './support/in-browser.ts';
import { failing, refused, timed } from './support/puppet.ts';

const test = suite('the table of operations');

const SUCCEEDED = 2_600;
const FAILED = 250;
const RUNNING = 150;

/** So many commands take a while. */
const LONG = { timeout: 60_000 };

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

/** Some thousand, which two definitions share; the input of one tells it from the others. */
async function fill(recovery: DurableRecovery): Promise<() => void> {
  let mend = () => {};
  let isBroken = true;
  mend = () => {
    isBroken = false;
  };
  const index = recovery.operation('index', async (n: number) => n, { breaker: 'search' });
  const parse = recovery.operation(
    'parse',
    async (_: { readonly file: string }) => (isBroken ? failing(refused())() : 'well'),
    { breaker: false },
  );
  const watch = recovery.operation('watch', (_: number, op) => aborted(op.signal), {
    concurrency: RUNNING,
    breaker: 'cameras',
  });
  const many = (count: number, each: (n: number) => Promise<unknown>) =>
    Promise.all(Array.from({ length: count }, (_, n) => each(n).catch(() => {})));
  await many(SUCCEEDED, n => index.run(n, { id: `index-${n}` }));
  await many(FAILED, n => parse.run({ file: `table-${n}-blue.csv` }, { id: `parse-${n}` }));
  await many(RUNNING, async n => {
    const handle = await watch.start(n, { id: `watch-${n}` });
    handle.result().catch(() => {});
  });
  return mend;
}

const status = (page: Page, words: string) =>
  page.locator('.table-status').getByText(words, { exact: true }).waitFor();

const firstIds = (page: Page, count: number) =>
  page.locator('.grid-body .grid-row').evaluateAll(
    (rows, count) =>
      rows
        .sort((a, b) => Number(a.ariaRowIndex) - Number(b.ariaRowIndex))
        .slice(0, count)
        .map(row => row.querySelector('.cell-id')?.textContent),
    count,
  );

test('is filtered, searched and sorted, keeps that in its address, and acts on many at once', async () => {
  const { options } = timed();
  await inBrowser({ recovery: options }, async ({ page, server, recovery }) => {
    const mend = await fill(recovery);
    await page.goto(`${server.url}/operations`);
    await status(page, '3,000 operations');
    assert.ok((await page.locator('.grid-body .grid-row').count()) < 80);
    const chip = (name: string) => page.getByRole('button', { name: new RegExp(`^${name} `) });
    await chip('Failed').click();
    await status(page, '250 of 3,000 operations');
    assert.is(page.url(), `${server.url}/operations?state=failed`);
    await chip('In progress').click();
    await status(page, '400 of 3,000 operations');
    await page.getByLabel('Operation', { exact: true }).first().selectOption('parse');
    await status(page, '250 of 3,000 operations');
    await page.getByRole('button', { name: 'Id', exact: true }).click();
    await page.waitForFunction(() => location.search.includes('sort=id'));
    await page.getByRole('row', { name: /parse-0/ }).waitFor();
    assert.equal(await firstIds(page, 3), ['parse-0', 'parse-1', 'parse-10']);
    const address = page.url();
    assert.is(
      address,
      `${server.url}/operations?state=failed&state=in_progress&name=parse&sort=id`,
    );
    await page.reload();
    await status(page, '250 of 3,000 operations');
    assert.is(page.url(), address);
    assert.equal(await firstIds(page, 3), ['parse-0', 'parse-1', 'parse-10']);
    assert.is(await chip('Failed').getAttribute('aria-pressed'), 'true');

    // What is only in an input the server finds, and neither address nor history learns of it.
    const search = page.getByRole('searchbox');
    await search.fill('table-77-blue');
    await status(page, '1 of 3,000 operations');
    assert.equal(await firstIds(page, 2), ['parse-77']);
    assert.is(page.url(), address);
    await page.getByRole('link', { name: 'parse-77' }).click();
    await page.getByRole('heading', { name: 'parse-77' }).waitFor();
    await page.goBack();
    await status(page, '1 of 3,000 operations');
    assert.is(await search.inputValue(), 'table-77-blue');
    await page.getByRole('button', { name: 'Clear' }).click();
    await status(page, '3,000 operations');
    await page.getByLabel('Breaker').selectOption('cameras');
    await status(page, '150 of 3,000 operations');
    assert.match(page.url(), /#key=cameras$/);
    await page.getByRole('button', { name: 'Clear' }).click();

    mend();
    await chip('Failed').click();
    await status(page, '250 of 3,000 operations');
    await page.getByRole('button', { name: 'Select all that are shown' }).click();
    await page.getByText('250 operations selected').waitFor();
    await page.getByRole('button', { name: 'Retry 250' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Retry 250 operations?' }).waitFor();
    await dialog.getByRole('button', { name: 'Leave them alone' }).click();
    assert.is((await recovery.list({ states: ['failed'], limit: 1_000 })).items.length, 250);
    await page.getByRole('button', { name: 'Retry 250' }).click();
    await dialog.getByRole('button', { name: 'Retry 250 operations' }).click();
    await dialog.getByText('250 of 250 operations answered: 250 started again').waitFor(LONG);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText('No operation fits').waitFor();
    assert.is((await recovery.list({ states: ['failed'], limit: 1 })).items.length, 0);

    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('Operation', { exact: true }).first().selectOption('watch');
    await page.getByRole('button', { name: 'Select all that are shown' }).click();
    await page.getByRole('button', { name: 'Cancel 150' }).click();
    await dialog.getByLabel('Reason').fill('the cameras are off');
    await dialog.getByRole('button', { name: 'Cancel 150 operations' }).click();
    await dialog.getByText('150 of 150 operations answered: 150 cancelled').waitFor(LONG);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.goto(`${server.url}/operations/watch-149`);
    await page.getByRole('region', { name: 'History' }).getByText('the cameras are off').waitFor();
  })();
});

test.run();
