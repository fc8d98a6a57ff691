import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertLit } from './support/chart.ts';
import { inBrowser } from './support/in-browser.ts';
import { failing, Puppet, reset, timed } from './support/puppet.ts';

const test = suite('steering an operation from its page');

test('pauses, continues, cancels and retries, and tells what the server answered', async () => {
  const { clock, options } = timed();
  const puppet = new Puppet();
  await inBrowser({ recovery: options }, async ({ page, server, recovery, ask, expectProblem }) => {
    const work = recovery.operation('work', puppet.call);
    const handle = await work.start(null, { id: 'steered' });
    handle.result().catch(() => {});
    await page.goto(`${server.url}/operations/steered`);
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const answered = (words: string) => page.getByRole('status').getByText(words).waitFor();
    const path = async () => (await ask('/api/operations/steered')).body.path;
    await assertLit(page, 'in_progress.running');
    assert.is(await button('Pause').getAttribute('aria-disabled'), 'true');
    assert.match(
      (await button('Pause').getAttribute('title')) ?? '',
      'Only a pending or recovering operation can be paused',
    );
    puppet.do(failing(reset()));
    await assertLit(page, 'recovering.backoff');

    await button('Pause').click();
    await answered('Paused. It is recovering now.');
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    assert.is(await focused(), 'Pause', 'whoever pressed it is still there');
    await assertLit(page, 'recovering.paused');
    assert.is(await path(), 'recovering.paused');
    await clock.advance(10 * 60_000);
    await page.getByText('What was left of its wait is kept').waitFor();

    await button('Continue').click();
    await answered('Going on. It is recovering now.');
    await assertLit(page, 'recovering.backoff');
    assert.is(await path(), 'recovering.backoff');

    await button('Cancel').click();
    const dialog = page.getByRole('dialog', { name: 'Cancel this operation?' });
    await dialog.getByLabel('Reason').fill('the model is not wanted any more');
    await dialog.getByRole('button', { name: 'Cancel the operation' }).click();
    await answered('Cancelled. It is failed now.');
    await assertLit(page, 'failed');
    const history = page.getByRole('region', { name: 'History' });
    await history.getByText('the model is not wanted any more').waitFor();
    assert.is(await path(), 'failed');

    await button('Retry').click();
    await answered('Started again.');
    await assertLit(page, 'in_progress.running');
    puppet.do(() => 'done after all');
    await assertLit(page, 'success');
    assert.is(await path(), 'success');
    assert.match((await button('Retry').getAttribute('title')) ?? '', 'this one is success');

    // Somebody else was faster: the page still offers it, and the server says how it is.
    const other = await work.start(null, { id: 'stale' });
    other.result().catch(() => {});
    await page.goto(`${server.url}/operations/stale`);
    await assertLit(page, 'in_progress.running');
    await button('Cancel').click();
    puppet.do(() => 'faster');
    await other.result();
    await page.getByRole('button', { name: 'Cancel the operation' }).click();
    await answered('Nothing changed: its state did not allow it. It is success.');

    expectProblem(/status of 500/);
    await page.route('**/api/operations/*/retry', route =>
      route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: JSON.stringify({ title: 'Not today', status: 500, code: 'INTERNAL' }),
      }),
    );
    const failed = await work.start(null, { id: 'refused' });
    await failed.cancel();
    await page.goto(`${server.url}/operations/refused`);
    await button('Retry').click();
    await answered('Not today');
    await page.getByRole('button', { name: 'Dismiss the answer' }).click();
    await page.getByText('Not today').waitFor({ state: 'detached' });
  })();
});

test.run();
