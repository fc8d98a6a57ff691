import type { BrowserContextOptions, Page } from 'playwright-core';
import { type Served, type Serving, served } from '../../adapters/http/support/served.ts';
import { assertAsExpected, WatchedPage } from './watched-page.ts';

/** Milliseconds after which a test that waits for something else than its page is given up, so that there are pictures of it, too. */
const LIMIT = 150_000;

/** What a test in the browser works with. */
export interface Scene extends Served {
  /** Empty yet, so that routes and clocks can be set up: `page.goto(server.url)`. */
  readonly page: Page;
  /** Another page, with storage of its own. */
  another(options?: BrowserContextOptions): Promise<Page>;
  /** A problem of any page that is what the test is about. One that does not come is a failure, too. */
  expectProblem(pattern: RegExp): void;
}

/** Runs a test with a page before a served recovery, and takes all away. Whatever goes wrong in a page fails it. */
export function inBrowser(
  serving: Serving & { readonly page?: BrowserContextOptions },
  run: (scene: Scene) => Promise<void>,
): () => Promise<void> {
  return served(serving, async parts => {
    const { origin } = new URL(parts.server.url);
    const pages: WatchedPage[] = [];
    const expected: RegExp[] = [];
    const another = async (options: BrowserContextOptions = {}) => {
      const opened = await WatchedPage.open(origin, options);
      pages.push(opened);
      return opened.page;
    };
    try {
      const page = await another(serving.page);
      const expectProblem = (pattern: RegExp) => void expected.push(pattern);
      await withinLimit(run({ ...parts, page, another, expectProblem }));
      assertAsExpected(
        pages.flatMap(opened => opened.problems),
        expected,
      );
    } catch (error) {
      for (const opened of pages) {
        const picture = await opened.photograph().catch(String);
        console.error(`\n${opened.page.url()} as it was: ${picture}`, opened.problems);
      }
      throw error;
    } finally {
      for (const opened of pages) await opened.close();
    }
  });
}

async function withinLimit(running: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TypeError(`still waiting after ${LIMIT} ms`)), LIMIT);
  });
  try {
    await Promise.race([running, over]);
  } finally {
    clearTimeout(timer);
  }
}
