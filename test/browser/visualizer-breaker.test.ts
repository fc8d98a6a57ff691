import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertLit, marked } from './support/chart.ts';
import { inBrowser } from './support/in-browser.ts';
import { failing, Puppet, reset, timed } from './support/puppet.ts';

const test = suite('the page of a breaker');

const OPEN = 90_000;

test('shows it filling, open, counting down, half open and closed; forces it and resets it', async () => {
  const { clock, options } = timed();
  const puppet = new Puppet();
  const serving = { recovery: { ...options, maxRetries: 0 } };
  await inBrowser(serving, async ({ page, server, recovery, ask }) => {
    const work = recovery.operation('work', puppet.call, {
      breaker: 'mirror.example.org',
      breakerOptions: { threshold: 3, openTimeout: OPEN, permits: 2, successes: 1 },
    });
    const run = (turn: () => unknown) => {
      puppet.do(turn);
      return work.run(null).catch(() => {});
    };
    const history = page.getByRole('region', { name: 'History' });
    await run(failing(reset()));
    await page.goto(`${server.url}/breakers#key=mirror.example.org`);
    await assertLit(page, 'closed');
    const nearness = page.getByRole('region', { name: 'How near it is to opening' });
    await nearness.getByRole('img', { name: 'Failures in a row: 1, opens at 3' }).waitFor();
    await run(failing(reset()));
    await nearness.getByRole('img', { name: 'Failures in a row: 2, opens at 3' }).waitFor();
    await page.getByText('3 failures in a row', { exact: true }).waitFor();

    await run(failing(reset()));
    await assertLit(page, 'open');
    await page.getByText('Lets nothing through; a probe tests the ground in').waitFor();
    const left = page.locator('.breaker .countdown');
    const first = await left.textContent();
    await page.waitForFunction(
      before => document.querySelector('.breaker .countdown')?.textContent !== before,
      first,
    );
    await history
      .getByText(/3 failures/)
      .first()
      .waitFor();
    assert.equal(await marked(page, 'latest'), await marked(page, 'taken'));

    await clock.advance(OPEN);
    await assertLit(page, 'half_open.waiting');
    const probe = await work.start(null);
    await page.getByText('1 of 2', { exact: true }).waitFor();
    puppet.do(() => 'well');
    await probe.result();
    await assertLit(page, 'closed');
    assert.is(await history.getByRole('listitem').count(), 3);
    assert.is((await marked(page, 'taken')).length >= 3, true);

    await page.getByRole('button', { name: 'Force a state' }).click();
    const dialog = page.getByRole('dialog', { name: 'Force this breaker' });
    await dialog.getByText('Isolated').click();
    await dialog.getByLabel('Minutes').fill('7');
    await dialog.getByLabel('Reason').fill('moving the mirror');
    await dialog.getByRole('button', { name: 'Force', exact: true }).click();
    await assertLit(page, 'isolated');
    await page.getByText(/order is in force.*moving the mirror/).waitFor();
    await page.getByText(/It ends by itself in [78] m/).waitFor();
    const { breakers } = (await ask('/api/breakers')).body;
    assert.is(breakers[0].state, 'isolated');
    assert.is(Date.parse(breakers[0].override.until), clock.now() + 7 * 60_000);
    assert.is(breakers[0].override.reason, 'moving the mirror');

    await page.getByRole('button', { name: 'Reset' }).click();
    const again = page.getByRole('dialog', { name: 'Reset this breaker?' });
    await again.getByLabel('Reason').fill('it has moved');
    await again.getByRole('button', { name: 'Reset', exact: true }).click();
    await assertLit(page, 'closed');
    await history.getByText('it has moved').waitFor();
    assert.is(recovery.breaker('mirror.example.org')?.state, 'closed');
  })();
});

test.run();
