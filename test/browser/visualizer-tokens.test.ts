import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OPERATOR, TOKENS, VIEWER } from '../adapters/http/support/served.ts';
import { assertAccessible } from './support/accessible.ts';
import { inBrowser } from './support/in-browser.ts';

const test = suite('tokens in the page');

const guarded = { server: { tokens: TOKENS } };

const kept = (page: Page) =>
  page.evaluate(() => ({
    session: Object.values({ ...sessionStorage }),
    local: JSON.stringify({ ...localStorage }),
    cookies: document.cookie,
  }));

test(
  'is asked for, refused in words when it is wrong, kept in this tab, and forgotten on demand',
  inBrowser(guarded, async ({ page, another, server, expectProblem }) => {
    expectProblem(/status of 401/);
    await page.goto(`${server.url}/operations`);
    await page.getByRole('heading', { name: 'This server asks for a token' }).waitFor();
    await assertAccessible(page);
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('The server does not accept this token: It is not a valid one.').waitFor();
    await assertAccessible(page);
    await page.getByLabel('Token').fill(` ${OPERATOR} `);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    await page.getByText('Operator ·').waitFor();
    assert.equal(await kept(page), { session: [OPERATOR], local: '{}', cookies: '' });
    await page.reload();
    await page.getByText('Operator ·').waitFor();
    // The other tab shares no session storage.
    const tab = await page.context().newPage();
    await tab.goto(server.url);
    await tab.getByRole('heading', { name: 'This server asks for a token' }).waitFor();
    const stranger = await another();
    await stranger.goto(server.url);
    await stranger.getByRole('heading', { name: 'This server asks for a token' }).waitFor();
    await page.getByRole('button', { name: 'Forget the token' }).click();
    await page.getByRole('heading', { name: 'This server asks for a token' }).waitFor();
    assert.equal((await kept(page)).session, []);
  }),
);

test(
  'is taken from the fragment once; a viewer sees everything, and its buttons explain',
  inBrowser(guarded, async ({ page, server, recovery }) => {
    const work = recovery.operation('work', () => new Promise(() => {}));
    const handle = await work.start(undefined, { id: 'watched' });
    handle.result().catch(() => {});
    await page.goto(`${server.url}/breakers#key=work&token=${VIEWER}`);
    await page.getByRole('heading', { name: 'work', exact: true }).waitFor();
    assert.is(page.url(), `${server.url}/breakers#key=work`);
    assert.equal((await kept(page)).session, [VIEWER]);
    assert.is(await page.evaluate(() => history.length), 2);
    await page.getByText('Viewer ·').waitFor();
    assert.is(await page.getByRole('link', { name: 'Open in the inspector' }).count(), 0);
    const isBlocked = async (name: string) => {
      const button = page.getByRole('button', { name, exact: true });
      assert.is(await button.getAttribute('aria-disabled'), 'true');
      const why = await button.evaluate(
        it => document.getElementById(it.getAttribute('aria-describedby') ?? '')?.textContent,
      );
      assert.match(why ?? '', 'Your token is a viewer’s: it may look, not act.');
      await button.click({ force: true });
      assert.is(await page.getByRole('dialog').count(), 0);
    };
    await isBlocked('Force a state');
    await isBlocked('Reset');
    await page.getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('link', { name: 'watched' }).click();
    await page.getByRole('heading', { name: 'watched' }).waitFor();
    await isBlocked('Cancel');
    assert.is(recovery.health().active, 1);
    // The page asks again as whoever somebody else says that one is.
    await page.goto(`${server.url}/operations/watched#token=${OPERATOR}`);
    await page.reload();
    await page.getByText('Operator ·').waitFor();
    assert.is(page.url(), `${server.url}/operations/watched`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the operation' }).click();
    await page.getByText('Cancelled. It is failed now.').waitFor();
  }),
);

test.run();
