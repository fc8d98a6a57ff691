import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertLit } from './support/chart.ts';
import { inBrowser } from './support/in-browser.ts';
import { populate } from './support/population.ts';
import { timed } from './support/puppet.ts';

const test = suite('the page by keyboard');

const focused = (page: Page) =>
  page.evaluate(() => {
    const it = document.activeElement;
    return it?.getAttribute('aria-label') ?? it?.textContent?.trim() ?? '';
  });

async function tabs(page: Page, count: number): Promise<readonly string[]> {
  const stops: string[] = [];
  for (let stop = 0; stop < count; stop += 1) {
    await page.keyboard.press('Tab');
    stops.push(await focused(page));
  }
  return stops;
}

test('leads from the table to an operation, through a dialog and back, without a mouse', async () => {
  const { options } = timed();
  await inBrowser({ recovery: options }, async ({ page, server, recovery }) => {
    await populate(recovery);
    await page.goto(`${server.url}/operations?sort=id`);
    await page.locator('.grid-body .grid-row').first().waitFor();
    assert.equal(await tabs(page, 6), [
      'Skip to the content',
      'xstate-recovery',
      'Overview',
      'Operations',
      'Breakers',
      'Machines',
    ]);
    await page.locator('.skip-link').focus();
    await page.keyboard.press('Enter');
    assert.is(await page.evaluate(() => document.activeElement?.tagName), 'MAIN');
    // Six chips, the search, three lists, what clears them (disabled), the table.
    const stops = await tabs(page, 11);
    assert.match(stops[0] ?? '', 'Pending');
    assert.is(stops[6], 'Search in ids, names, inputs and errors');
    assert.is(stops[10], 'Operations');

    await page.keyboard.press('ArrowDown');
    await page.keyboard.press(' ');
    await page.getByText('1 operation selected').waitFor();
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('2 operations selected').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Nothing selected.').waitFor();
    await page.keyboard.press('End');
    const grid = page.getByRole('grid');
    const last = await grid.getAttribute('aria-activedescendant');
    assert.match((await page.locator(`[id="${last}"]`).textContent()) ?? '', 'success');
    await page.keyboard.press('Home');
    // exhausted, failed, and then the one that runs.
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/operations/in_progress.running');
    await assertLit(page, 'in_progress.running');
    assert.is(await page.evaluate(() => document.activeElement?.tagName), 'MAIN');

    const cancel = page.getByRole('button', { name: 'Cancel', exact: true });
    while ((await focused(page)) !== 'Cancel') await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Cancel this operation?' });
    await dialog.waitFor();
    for (let stop = 0; stop < 6; stop += 1) {
      await page.keyboard.press('Tab');
      const isInside = await page.evaluate(
        () =>
          document.activeElement === document.body ||
          document.activeElement?.closest('dialog') !== null,
      );
      assert.ok(isInside, 'the focus stays in the dialog');
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.ok(await cancel.evaluate(it => it === document.activeElement));
    await page.keyboard.press('Enter');
    await dialog.getByLabel('Reason').focus();
    await page.keyboard.type('by hand');
    await page.keyboard.press('Enter');
    await page.getByText('Cancelled. It is failed now.').waitFor();
    await page.goBack();
    await page.getByRole('grid').waitFor();
  })();
});

test.run();
