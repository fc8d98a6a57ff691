import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { answerWith } from '../adapters/http/support/served.ts';
import { inBrowser } from './support/in-browser.ts';
import { populate } from './support/population.ts';
import { timed } from './support/puppet.ts';

const test = suite('the places of the page');

const PLACES: readonly (readonly [address: string, heading: string])[] = [
  ['/', 'Overview'],
  ['/operations?state=failed&state=exhausted&sort=-updatedAt', 'Operations'],
  ['/operations/recovering.backoff', 'recovering.backoff'],
  ['/breakers', 'Breakers'],
  ['/breakers#key=mirror.example.org', 'mirror.example.org'],
  ['/machines', 'Machines'],
  ['/machines/breaker', 'Machines'],
];

async function visit(page: Page, url: string): Promise<void> {
  for (const [address, heading] of PLACES) {
    await page.goto('about:blank');
    await page.goto(url + address);
    await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    assert.is(page.url(), url + address);
    await page.locator('.connection[data-phase="live"]').waitFor();
  }
}

test('can be linked to below a base path on somebody else’s server, and lead to each other', async () => {
  const http = createServer(answerWith('theirs'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const serving = {
    recovery: timed().options,
    server: { server: http, basePath: '/tools/recovery' },
  };
  try {
    await inBrowser(serving, async ({ page, server, recovery }) => {
      await populate(recovery);
      assert.match(server.url, '/tools/recovery');
      await visit(page, server.url);
      const nav = page.getByRole('navigation', { name: 'Views' });
      for (const [name, end] of [
        ['Operations', '/operations'],
        ['Breakers', '/breakers'],
        ['Machines', '/machines'],
        ['Overview', '/'],
      ] as const) {
        await nav.getByRole('link', { name }).click();
        assert.is(page.url(), server.url + end);
        await page.getByRole('heading', { name, exact: true }).waitFor();
      }
      await page.goBack();
      await page.getByRole('heading', { name: 'Machines', exact: true }).waitFor();
    })();
  } finally {
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
  }
});

test('can all be reached and used where there is little width', async () => {
  const serving = {
    recovery: timed().options,
    page: { viewport: { width: 390, height: 844 }, hasTouch: true },
  };
  await inBrowser(serving, async ({ page, server, recovery }) => {
    await populate(recovery);
    await visit(page, server.url);
    const nav = page.getByRole('navigation', { name: 'Views' });
    await nav.getByRole('link', { name: 'Operations' }).tap();
    const row = page.locator('.grid-body .grid-row', { hasText: 'recovering.backoff' });
    await row.getByRole('link').tap();
    await page.getByRole('heading', { name: 'recovering.backoff', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).tap();
    await page.getByText('Paused. It is recovering now.').waitFor();
    const reach = await page.getByRole('button').evaluateAll(buttons =>
      buttons
        .map(button => ({ box: button.getBoundingClientRect(), words: button.textContent }))
        .filter(({ box }) => box.width > 0 && (box.left < 0 || box.right > innerWidth))
        .map(({ words }) => words),
    );
    assert.equal(reach, []);
    await nav.getByRole('link', { name: 'Breakers' }).tap();
    await page.getByRole('link', { name: /mirror/ }).tap();
    await page.getByRole('button', { name: 'Reset' }).tap();
    await page.getByRole('dialog').getByRole('button', { name: 'Reset', exact: true }).tap();
    await page.locator('.breaker-head .state', { hasText: 'Closed' }).waitFor();
  })();
});

test(
  'are dark where the system is, or somebody says so, and remember it',
  inBrowser({}, async ({ page, another, server }) => {
    const turns = (of: Page, theme: string) =>
      of.locator(`html[data-theme="${theme}"]`).waitFor({ state: 'attached' });
    const paper = (of: Page) =>
      of.locator('.side').evaluate(side => getComputedStyle(side).backgroundColor);
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await turns(page, 'light');
    const light = await paper(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await turns(page, 'dark');
    assert.is.not(await paper(page), light);
    await page.getByRole('button', { name: 'Light' }).click();
    await turns(page, 'light');
    await page.reload();
    await turns(page, 'light');
    assert.is(
      await page.getByRole('button', { name: 'Light' }).getAttribute('aria-pressed'),
      'true',
    );
    await page.getByRole('button', { name: 'As the system' }).click();
    await turns(page, 'dark');
    const other = await another({ colorScheme: 'dark' });
    await other.goto(server.url);
    await turns(other, 'dark');
  }),
);

test(
  'say how to begin where there is nothing yet, with and without a definition',
  inBrowser({}, async ({ page, server, recovery }) => {
    await page.goto(server.url);
    await page.getByText('No operation yet').waitFor();
    await page.getByText("recovery.operation('install'").waitFor();
    await page.goto(`${server.url}/operations`);
    await page.getByText('No operation yet').waitFor();
    await page.goto(`${server.url}/breakers`);
    await page.getByText('No breaker yet').waitFor();
    const greet = recovery.operation('greet', async (name: string) => `hello ${name}`);
    await page.goto(server.url);
    await page.getByText(`curl -X POST '${server.url}/api/operations'`).waitFor();
    await greet.run('you', { id: 'first' });
    await page.getByText('No operation yet').waitFor({ state: 'detached' });
  }),
);

test.run();
