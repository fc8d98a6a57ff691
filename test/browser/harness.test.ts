import { statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAccessible } from './support/accessible.ts';
import { inBrowser } from './support/in-browser.ts';
import { assertAsExpected, WatchedPage } from './support/watched-page.ts';

const test = suite('tests in the browser');

test(
  'notice errors, what a policy blocks, and requests to anybody else',
  inBrowser({}, async ({ server }) => {
    const watched = await WatchedPage.open(new URL(server.url).origin, {});
    const { page, problems } = watched;
    try {
      await page.evaluate(() => fetch('https://elsewhere.example/').catch(() => {}));
      assert.ok(problems.includes('asked https://elsewhere.example/'));
      await page.goto(`${server.url}/index.html`);
      const before = problems.length;
      const blocked = page.waitForEvent('console', message => /^policy/.test(message.text()));
      const thrown = page.waitForEvent('pageerror');
      await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'globalThis.ran = true';
        document.body.append(script);
        console.error('mine');
        setTimeout(() => {
          throw new TypeError('nobody catches this');
        });
      });
      await Promise.all([blocked, thrown]);
      const noticed = problems.slice(before).join('\n');
      assert.match(noticed, 'policy: script-src-elem blocked inline');
      assert.match(noticed, 'console: mine');
      assert.match(noticed, 'uncaught: nobody catches this');
      assert.ok(statSync(await watched.photograph()).size > 0);
    } finally {
      await watched.close();
    }
  }),
);

test('fail for problems that nobody expected, and for expected ones that do not come', () => {
  assertAsExpected(['console: a', 'console: b'], [/a/, /b/]);
  assert.match(saidOf(['console: a', 'console: b'], [/a/]), 'went wrong');
  assert.match(saidOf(['console: a'], [/a/, /b/]), 'did not come');
});

/** `assert.throws` lets failed assertions through. */
function saidOf(...judged: Parameters<typeof assertAsExpected>): string {
  try {
    assertAsExpected(...judged);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test(
  'notice what people without eyes or a mouse cannot use',
  inBrowser({}, async ({ page }) => {
    await page.setContent('<html lang="en"><title>t</title><main><h1>h</h1><button></button>');
    let told = '';
    await assertAccessible(page).catch(error => {
      told = JSON.stringify(error.actual);
    });
    assert.match(told, 'button-name');
  }),
);

test.run();
