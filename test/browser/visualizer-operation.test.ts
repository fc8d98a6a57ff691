import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAccessible } from './support/accessible.ts';
import { assertLit, lit, marked } from './support/chart.ts';
import { inBrowser } from './support/in-browser.ts';
import { DELAY, failing, gate, Puppet, refused, reset, timed } from './support/puppet.ts';

const test = suite('the page of an operation');

const SECRET = 'hunter2';
const INPUT = {
  url: `https://builder:${SECRET}@example.com/model`,
  api_key: SECRET,
  parts: [{ password: SECRET, name: 'first' }],
};

const words = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const card = (page: Page, title: string) => page.getByRole('region', { name: title, exact: true });
const bars = (page: Page) =>
  page
    .locator('.gantt-track .gantt-bar')
    .evaluateAll(all => all.map(bar => bar.getAttribute('aria-label')?.replace(/:.*/, '')));

test('follows an operation through a retry to its success, and back in time', async () => {
  const { clock, options } = timed();
  const puppet = new Puppet();
  await inBrowser({ recovery: options }, async ({ page, server, recovery }) => {
    const download = recovery.operation('download', puppet.call, { breaker: 'mirror' });
    await download.start(INPUT, { id: 'model', metadata: { owner: 'art', token: SECRET } });
    await page.goto(`${server.url}/operations/model`);
    await assertLit(page, 'in_progress.running');
    assert.is(await page.title(), 'model · xstate-recovery');

    const told = gate();
    const broken = gate();
    puppet.do(async op => {
      await op.step('clone', () => ({ folder: '/models', token: SECRET }));
      op.progress({ done: 3, total: 4 });
      told.open();
      await broken.opened;
      throw reset();
    });
    await told.opened;
    await words(page, '3 of 4, 75 %');
    broken.open();

    await assertLit(page, 'recovering.backoff');
    await words(page, 'Attempt 2 in');
    const left = page.locator('.next-attempt .countdown');
    const first = await left.textContent();
    await page.waitForFunction(
      before => document.querySelector('.next-attempt .countdown')?.textContent !== before,
      first,
    );
    assert.ok(parseFloat((await left.textContent()) ?? '') < 60);
    await card(page, 'Finished steps').getByText('clone').waitFor();
    await card(page, 'The last error').getByText('socket hang up').waitFor();
    const why = await card(page, 'History').getByRole('listitem').first().textContent();
    assert.match(
      why ?? '',
      /Recovering.*socket hang up; retry 1 of 3.*error category network.*ECONNRESET.*delay 1 m 00 s/,
    );
    assert.ok((await marked(page, 'latest')).some(id => /mayRetry|attempt/.test(id)));
    const before = await marked(page, 'taken');

    await clock.advance(DELAY);
    await assertLit(page, 'in_progress.running');
    assert.ok((await marked(page, 'taken')).length > before.length);
    puppet.do(() => ({ sha256: '9f2c', access_token: SECRET }));
    await assertLit(page, 'success');
    await card(page, 'Output').getByText('9f2c').waitFor();
    assert.is(await page.locator('.next-attempt').count(), 0);
    assert.equal(await bars(page), ['Queued', 'Attempt, failed', 'Backoff', 'Attempt, succeeded']);
    // The page knows the secrets, and its document does not.
    assert.is((await page.content()).includes(SECRET), false);
    assert.ok((await page.getByText('masked').count()) >= 3);

    await travels(page);
  })();
});

/** Back with the slider, the keys, a bar and a row of the history; each shows what was then. */
async function travels(page: Page): Promise<void> {
  const slider = page.getByRole('slider', { name: 'Moment of its history' });
  const last = Number(await slider.getAttribute('max'));
  const all = await marked(page, 'taken');
  await slider.focus();
  await page.keyboard.press('Home');
  await words(page, 'Why it was where it was');
  await lit(page, 'success').waitFor({ state: 'detached' });
  assert.equal(await marked(page, 'taken'), []);
  await page.keyboard.press('End');
  await assertLit(page, 'success');
  assert.equal(await marked(page, 'taken'), all);
  await page.getByRole('button', { name: 'Backoff' }).click();
  await assertLit(page, 'recovering.backoff');
  await card(page, 'Why it was where it was').getByText('Error category').waitFor();
  await page.locator('.gantt-cursor').waitFor({ state: 'attached' });
  await page.keyboard.press('ArrowRight');
  await assertLit(page, 'in_progress.running');
  await page.getByRole('button', { name: 'One transition back' }).click();
  await assertLit(page, 'recovering.backoff');
  const valueText = await slider.getAttribute('aria-valuetext');
  assert.match(valueText ?? '', new RegExp(`Transition ${last - 1} of ${last + 1}: Recovering`));
  await page.getByRole('button', { name: 'Back to live' }).click();
  await assertLit(page, 'success');
  await card(page, 'History')
    .getByRole('button', { name: /Recovering/ })
    .click();
  await assertLit(page, 'recovering.backoff');
  await slider.press('Escape');
  await words(page, 'Why it is where it is');
  await assertLit(page, 'success');
}

test(
  'tells what ended an operation, with everything that caused it',
  inBrowser({}, async ({ page, server, recovery, expectProblem }) => {
    expectProblem(/status of 404/);
    const parse = recovery.operation(
      'parse',
      failing(refused('the table is not valid', new RangeError('row 4,811 has 7 columns'))),
    );
    await (await parse.start(undefined, { id: 'table' })).result().catch(() => {});
    await page.goto(`${server.url}/operations/table`);
    await assertLit(page, 'failed');
    const error = card(page, 'What ended it');
    await error.getByText('row 4,811 has 7 columns').waitFor();
    const chain = await error.locator('.chain > li').allTextContents();
    assert.match(chain.join('\n'), /the table is not valid[\s\S]*caused by RangeError/);
    await page.goto(`${server.url}/operations/nobody`);
    await page.getByRole('heading', { level: 1, name: 'There is no such operation' }).waitFor();
  }),
);

test(
  'shows the children of an operation as they go on, and the way there and back',
  inBrowser({}, async ({ page, server, recovery, expectProblem }) => {
    expectProblem(/status of 404/);
    const opened = gate();
    const part = recovery.operation('part', async (_: undefined, op) => {
      op.progress({ done: 1, total: 4 });
      await opened.opened;
    });
    const whole = recovery.operation('whole', async (_: undefined, op) => {
      await op.child(part, undefined, { key: 'models/a b' });
    });
    await page.goto(`${server.url}/operations/import`);
    await words(page, 'There is no such operation');
    const handle = await whole.start(undefined, { id: 'import' });
    await page.reload();
    const children = card(page, 'Children');
    await children.getByText('0 of 1 ended').waitFor();
    await children.getByText('In progress').waitFor();
    await assertAccessible(page);
    opened.open();
    await handle.result();
    await children.getByText('1 of 1 ended').waitFor();
    await children.getByText('Success').waitFor();
    await children.getByRole('link', { name: 'models%2Fa b' }).click();
    await page.getByRole('heading', { name: 'import/models%2Fa b' }).waitFor();
    assert.is(await card(page, 'Children').count(), 0);
    await card(page, 'About it').getByRole('link', { name: 'import', exact: true }).click();
    await page.getByRole('heading', { name: 'import', exact: true }).waitFor();
    const inspector = page.getByRole('link', { name: 'Open in the inspector' });
    assert.is(await inspector.getAttribute('href'), '/inspect#operation=import');
  }),
);

test.run();
