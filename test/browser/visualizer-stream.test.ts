import type { Page, WebSocketRoute } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAccessible } from './support/accessible.ts';
import { inBrowser } from './support/in-browser.ts';

const test = suite('the page while much happens');

test(
  'says that it skipped ahead, that it was let go and goes on, and shows the states as they are',
  inBrowser({}, async ({ page, server, recovery }) => {
    const sockets: WebSocketRoute[] = [];
    const asked: string[] = [];
    await page.routeWebSocket('**/socket.io/**', socket => {
      const toServer = socket.connectToServer();
      socket.onMessage(message => {
        asked.push(String(message));
        toServer.send(message);
      });
      sockets.push(socket);
    });
    const work = recovery.operation('work', async (n: number) => n);
    await work.run(1, { id: 'one' });
    await page.goto(`${server.url}/operations`);
    const phase = (word: string) => page.getByRole('status').getByText(word, { exact: true });
    await phase('Live').waitFor();
    await page.getByRole('link', { name: 'one' }).waitFor();
    // As the server says it to a page that does not read; a browser reads.
    const tell = (event: string, message: object) =>
      sockets.at(-1)?.send(`42${JSON.stringify([event, message])}`);
    const position = await recovery.position();
    tell('conflated', { skipped: 1_234, position });
    await page.getByText(/1,234 updates were left out. The states are right/).waitFor();
    await phase('Skipped ahead').waitFor();
    await assertAccessible(page);
    tell('conflated', { skipped: 6, position });
    await page.getByText(/1,240 updates were left out/).waitFor();
    tell('dropped', { reason: 'too slow', position, retry_after: 30_000 });
    await page.getByText(/It goes on from where it was in 30 s/).waitFor();
    await assertAccessible(page);
    const before = asked.length;
    await page.getByRole('button', { name: 'Try again now' }).click();
    await phase('Live').waitFor();
    assert.match(asked.slice(before).join(), `["subscribe",{"since":${position}}]`);
    await work.run(2, { id: 'two' });
    await page.getByRole('link', { name: 'two' }).waitFor();
  }),
);

/** Adds up how far what is seen has jumped. */
async function watchShifts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shifts: { value: number; what: string }[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver(list => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        sources: readonly { readonly node: Element | null }[];
      })[]) {
        const what = entry.sources.map(({ node }) => node?.className ?? node?.nodeName).join();
        shifts.push({ value: entry.value, what });
      }
    }).observe({ type: 'layout-shift' });
  });
}

const shifted = (page: Page) =>
  page.evaluate(
    () => (globalThis as unknown as { shifts: { value: number; what: string }[] }).shifts,
  );

test(
  'lets nothing jump while updates come',
  inBrowser({}, async ({ page, server, recovery }) => {
    const work = recovery.operation('work', async (n: number) => n, { breaker: 'mirror' });
    let made = 0;
    const stream = async (count: number) => {
      for (const until = made + count; made < until; made += 1) {
        await work.run(made, { id: `work-${made}` });
      }
    };
    await stream(100);
    for (const [address, ready] of [
      ['/', '.counts'],
      ['/operations', '.grid-body .grid-row'],
    ] as const) {
      await page.goto(server.url + address);
      await page.locator(ready).first().waitFor();
      await page.locator('.connection[data-phase="live"]').waitFor();
      await page.waitForLoadState('networkidle').catch(() => {});
      await watchShifts(page);
      // Three readings of what is shown come after as many changes.
      for (let round = 0; round < 3; round += 1) {
        await stream(200);
        await shows(page, address, made);
      }
      const shifts = await shifted(page);
      const total = shifts.reduce((sum, { value }) => sum + value, 0);
      assert.ok(total < 0.01, `${address} jumped by ${total}: ${JSON.stringify(shifts)}`);
    }
  }),
);

/** Resolves when the page knows that so many have succeeded. */
async function shows(page: Page, address: string, made: number): Promise<void> {
  const number = made.toLocaleString('en');
  const words = address === '/' ? number : `${number} operations`;
  await page
    .locator(address === '/' ? '.counts [data-tone="success"]' : '.table-status')
    .getByText(words)
    .waitFor();
}

test.run();
