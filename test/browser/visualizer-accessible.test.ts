import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAccessible } from './support/accessible.ts';
import { inBrowser } from './support/in-browser.ts';
import { PLACES, populate } from './support/population.ts';
import { timed } from './support/puppet.ts';

const test = suite('people without eyes, a mouse or good light');

const WIDTHS = [1280, 390];

/** Addresses of every view, and what is there when it can be looked at. */
const VIEWS: readonly (readonly [address: string, ready: string])[] = [
  ['/', '.counts'],
  ['/operations', '.grid-body .grid-row'],
  ...PLACES.map(place => [`/operations/${place}`, '.chart-picture'] as const),
  ['/breakers', '.breakers-list'],
  ['/breakers#key=mirror.example.org', '.chart-picture'],
  ['/breakers#key=billing.internal', '.chart-picture'],
  ['/machines/operation', '.chart-picture'],
  ['/machines/breaker', '.chart-picture'],
  ['/nowhere/at/all', '.empty'],
];

async function assertFits(page: Page): Promise<void> {
  const { scrollWidth, clientWidth } = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    clientWidth: document.documentElement.clientWidth,
  }));
  assert.is(scrollWidth, clientWidth, `${page.url()} scrolls sideways`);
}

async function assertGood(page: Page, theme: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 844 });
    await assertFits(page);
    assert.is(await page.evaluate(() => document.documentElement.dataset.theme), theme);
    await assertAccessible(page).catch(error => {
      error.message = `${theme}, ${width}, ${page.url()}: ${error.message}`;
      throw error;
    });
  }
}

for (const theme of ['light', 'dark'] as const) {
  test(`can use every view and dialog, wide and narrow, ${theme}`, async () => {
    const { options } = timed();
    const serving = {
      recovery: options,
      page: { colorScheme: theme, reducedMotion: 'reduce' as const },
    };
    await inBrowser(serving, async ({ page, server, recovery, expectProblem }) => {
      expectProblem(/status of 404|WebSocket|ERR_CONNECTION_REFUSED/);
      await populate(recovery);
      for (const [address, ready] of VIEWS) {
        await page.goto('about:blank');
        await page.goto(`${server.url}${address}`);
        await page.locator(ready).first().waitFor();
        await assertGood(page, theme);
      }
      const dialog = page.getByRole('dialog');
      const look = async (button: string) => {
        await page.getByRole('button', { name: button }).click();
        await dialog.waitFor();
        await assertGood(page, theme);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      };
      await page.goto(`${server.url}/operations/in_progress.running`);
      await look('Cancel');
      await page.goto(`${server.url}/breakers#key=billing.internal`);
      await look('Force a state');
      await look('Reset');
      await page.goto(`${server.url}/operations`);
      await page.getByRole('button', { name: 'Select all that are shown' }).click();
      await look('Cancel');
      await look('Retry');
      await server.close();
      await page.getByText('The connection was lost.').waitFor();
      await assertGood(page, theme);
    })();
  });
}

test(
  'see nothing move that they have asked to be still',
  inBrowser({ page: { reducedMotion: 'reduce' } }, async ({ page, server, recovery }) => {
    await recovery.operation('work', () => 1).run(undefined, { id: 'one' });
    await page.goto(`${server.url}/operations/one`);
    await page.locator('.chart-picture').waitFor();
    const moving = await page.evaluate(() =>
      document.getAnimations().map(animation => String(animation.playState)),
    );
    assert.equal(moving, []);
    assert.is(await page.locator('.chart-travel:visible').count(), 0);
  }),
);

test.run();
