import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAccessible } from './support/accessible.ts';
import { inBrowser } from './support/in-browser.ts';
import { PLACES, populate } from './support/population.ts';
import { timed } from './support/puppet.ts';

/** Begun first, since it takes longest. */
export const suiteTimeout = 700_000;
const test = suite('people without eyes, a mouse or good light');

const LOOKS = [
  { width: 1280, theme: 'light' },
  { width: 1280, theme: 'dark' },
  { width: 390, theme: 'dark' },
  { width: 390, theme: 'light' },
] as const;
/** Where the same is to be seen on every view, one of each will do. */
const TWO_LOOKS = [LOOKS[0], LOOKS[2]] as const;
const OTHER_TWO = [LOOKS[1], LOOKS[3]] as const;

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
];

async function assertFits(page: Page): Promise<void> {
  await page
    .waitForFunction(
      () => document.documentElement.scrollWidth === document.documentElement.clientWidth,
    )
    .catch(() => assert.unreachable(`${page.url()} scrolls sideways`));
}

/** Of the timeline: none over another. */
async function assertApart(page: Page): Promise<void> {
  const marks = await page.locator('.gantt-tick').evaluateAll(all =>
    all.map(mark => {
      const { left, right } = mark.getBoundingClientRect();
      return { left, right, words: mark.textContent };
    }),
  );
  assert.ok(marks.length > 1);
  for (const [at, { left, words }] of marks.entries()) {
    const before = marks[at - 1];
    assert.ok(before === undefined || before.right <= left, `${before?.words} over ${words}`);
  }
}

async function assertGood(page: Page, looks: readonly (typeof LOOKS)[number][] = LOOKS) {
  for (const { width, theme } of looks) {
    await page.setViewportSize({ width, height: 844 });
    await assertFits(page);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.locator(`html[data-theme="${theme}"]`).waitFor({ state: 'attached' });
    await assertAccessible(page).catch(error => {
      error.message = `${theme}, ${width}, ${page.url()}: ${error.message}`;
      throw error;
    });
  }
}

/** Kinds of operations are alike: every other one is looked at in the other two. */
const inTurn = (at: number) => (at % 2 === 0 ? TWO_LOOKS : OTHER_TWO);

for (const [which, views, looksOf] of [
  [
    'the lists and charts',
    VIEWS.filter(([address]) => !address.startsWith('/operations/')),
    () => LOOKS,
  ],
  [
    'every kind of operation',
    VIEWS.filter(([address]) => address.startsWith('/operations/')),
    inTurn,
  ],
] as const) {
  test(`can use ${which}, wide and narrow, light and dark`, async () => {
    const { options } = timed();
    await inBrowser({ recovery: options }, async ({ page, server, recovery }) => {
      await populate(recovery);
      for (const [at, [address, ready]] of views.entries()) {
        await page.goto('about:blank');
        await page.goto(`${server.url}${address}`);
        await page.locator(ready).first().waitFor();
        await assertGood(page, looksOf(at));
      }
    })();
  });
}

test('can use every dialog, and are told that the connection was lost', async () => {
  const { options } = timed();
  await inBrowser({ recovery: options }, async ({ page, server, recovery, expectProblem }) => {
    await populate(recovery);
    const dialog = page.getByRole('dialog');
    const look = async (button: string) => {
      await page.getByRole('button', { name: button }).click();
      await dialog.waitFor();
      await assertGood(page, TWO_LOOKS);
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
    expectProblem(/WebSocket|ERR_CONNECTION_REFUSED/);
    await server.close();
    await page.getByText('The connection was lost.').waitFor();
    await assertGood(page);
  })();
});

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

test('the marks of a timeline have room beside each other, however old the operation and narrow the page', async () => {
  const ages = [43_200_000, 684_000, 322_000, 195_000];
  const now = Date.now();
  let at = now;
  const clock = {
    now: () => at,
    setTimeout: (fn: () => void, ms: number) => setTimeout(fn, ms),
    clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
  };
  const options = { clock, drainTimeout: 0 };
  await inBrowser({ recovery: options }, async ({ page, server, recovery }) => {
    const work = recovery.operation('work', () => new Promise<never>(() => {}));
    for (const age of ages) {
      at = now - age;
      (await work.start(undefined, { id: `old-${age}` })).result().catch(() => {});
    }
    at = now;
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      for (const age of ages) {
        await page.goto(`${server.url}/operations/old-${age}`);
        await page.locator('.gantt-tick').nth(1).waitFor();
        await assertApart(page);
        await assertFits(page);
      }
    }
  })();
});

test.run();
