import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import { assertReadable } from './support/chart.ts';
import { inBrowser } from './support/in-browser.ts';

const test = suite('the pictures of the charts');

const WIDTHS = [390, 1280, 1600];

async function seenAt(page: Page, address: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    // An address that differs in its fragment only is no new page.
    await page.goto('about:blank');
    await page.goto(address);
    await page.locator('.chart-picture').waitFor();
    await page.evaluate(() => document.fonts.ready);
    await assertReadable(page);
  }
}

test(
  'have no words on anything else, on the machines’ view, an operation’s and a breaker’s, wide and narrow',
  inBrowser({ page: { reducedMotion: 'reduce' } }, async ({ page, server, recovery }) => {
    const work = recovery.operation('work', async (n: number) => n);
    await work.run(1, { id: 'one' });
    const places = [
      'machines/operation',
      'machines/breaker',
      'operations/one',
      'breakers#key=work',
    ];
    for (const place of places) await seenAt(page, `${server.url}/${place}`);
  }),
);

test.run();
