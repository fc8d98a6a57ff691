import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inBrowser } from './support/in-browser.ts';
import { failing, refused, timed } from './support/puppet.ts';

const test = suite('the page and hostile words');

/** Each could be taken for something else than words somewhere. */
const WORDS = [
  '<img src=x onerror="globalThis.hurt=1">',
  '"><script>globalThis.hurt=1</script>',
  "';globalThis.hurt=1//",
  'javascript:globalThis.hurt=1',
  '\u202Etxt.exe\u2066',
  '__proto__',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a template would take for its own
  '{{7*7}}${7*7}<%=7*7%>',
  '👩‍👩‍👧‍👦🏳️‍🌈👍🏿'.repeat(9),
  '../../%2e%2e/?a=b#c=d&amp;',
] as const;
const LONG = 'long'.repeat(2_500);

/** Ids are short. */
const idOf = (word: string): string => [...word].slice(0, 60).join('');

async function assertHarmless(page: Page): Promise<void> {
  const { hurt, tags, wide } = await page.evaluate(() => ({
    hurt: 'hurt' in globalThis || 'polluted' in {},
    tags: document.querySelectorAll('main :is(script, iframe, img, object, [onerror])').length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  assert.equal({ hurt, tags, wide }, { hurt: false, tags: 0, wide: 0 }, page.url());
}

/** Fails where the words do not stand in one piece, letter for letter. */
async function assertShown(page: Page, words: string, within = 'main'): Promise<void> {
  await page.waitForFunction(
    ({ words, within }) =>
      [...document.querySelectorAll(`${within} *`)].some(it =>
        [...it.childNodes].some(
          ({ nodeType, nodeValue }) => nodeType === Node.TEXT_NODE && nodeValue?.includes(words),
        ),
      ),
    { words, within },
  );
}

test('are words wherever they stand, run nothing and break nothing', async () => {
  const { options } = timed();
  const serving = {
    recovery: options,
    page: { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' as const },
  };
  await inBrowser(serving, async ({ page, server, recovery }) => {
    for (const word of WORDS) {
      const hostile = recovery.operation(
        word,
        async (_: unknown, op) => {
          await op.step(word, () => ({ [word]: [word, LONG] }));
          return failing(refused(word, Object.assign(new RangeError(LONG), { code: word })))();
        },
        { breaker: word },
      );
      const input = JSON.parse(
        `{"__proto__":{"polluted":1},"constructor":${JSON.stringify(word)}}`,
      );
      const handle = await hostile.start([word, input, LONG], {
        id: idOf(word),
        metadata: { [word]: word, LONG },
      });
      await handle.result().catch(() => {});
      const ends = recovery.operation(`${word} `, async () => ({ [word]: word }), {
        breaker: word,
      });
      await ends.run(null as never, { id: `${idOf(word)} ended` });
      await recovery.forceBreaker(word, 'isolated', { reason: word.repeat(20), by: word });
    }
    await page.goto(server.url);
    await page.locator('.attention').waitFor();
    await assertHarmless(page);
    await page.goto(`${server.url}/operations`);
    for (const word of WORDS) await assertShown(page, idOf(word), '.grid-body');
    await assertHarmless(page);
    const heights = await page
      .locator('.grid-body .grid-row')
      .evaluateAll(rows => [...new Set(rows.map(row => row.getBoundingClientRect().height))]);
    assert.is(heights.length, 1);
    await page.goto(`${server.url}/machines`);
    await page.locator('.chart-picture').waitFor();
    await assertHarmless(page);

    for (const word of WORDS) {
      await page.goto(`${server.url}/operations/${encodeURIComponent(idOf(word))}`);
      await page.getByRole('heading', { name: 'What ended it' }).waitFor();
      await assertShown(page, idOf(word), '.operation-title');
      for (const place of ['.steps', '.history', '.chain', '.json', '.facts']) {
        await assertShown(page, word, place);
      }
      await page.locator('.chart-picture').waitFor();
      await assertHarmless(page);
      assert.match(await page.title(), idOf(word));
      await page.goto(`${server.url}/breakers#${new URLSearchParams({ key: word })}`);
      await page.getByText('order is in force').waitFor();
      await assertShown(page, word, '.breaker-head');
      await assertHarmless(page);
    }
    const kept = page.url();
    assert.match(kept, '/breakers#key=');
    await page.goto(`${server.url}/operations/${encodeURIComponent(`${idOf(WORDS[0])} ended`)}`);
    await page.getByRole('region', { name: 'Output' }).waitFor();
    await assertShown(page, WORDS[0]);
    await assertHarmless(page);
    // A link of a hostile id leads to that operation, and nowhere else.
    await page.goto(`${server.url}/operations`);
    await page.getByRole('link', { name: idOf(WORDS[8]), exact: true }).click();
    await page.getByRole('heading', { level: 1, name: idOf(WORDS[8]) }).waitFor();
    assert.is(page.url(), `${server.url}/operations/${encodeURIComponent(idOf(WORDS[8]))}`);
  })();
});

test.run();
