import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { browser } from './browser.ts';

/** Milliseconds after which what a test waits for in a page will not come any more. */
const PATIENCE = 15_000;

let folder: string | undefined;
let taken = 0;

/** A page with storage of its own, and what went wrong in it: console errors, errors that nobody caught, what its policy blocked, and requests to anybody but the server. */
export class WatchedPage {
  readonly page: Page;
  readonly problems: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.on('console', message => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', error => this.problems.push(`uncaught: ${error.message}`));
    page.on('crash', () => this.problems.push('the page has crashed'));
    // A route of a test goes before this one.
    const foreign = (url: URL) => url.origin !== origin && url.protocol.startsWith('http');
    void page.context().route(foreign, async route => {
      this.problems.push(`asked ${route.request().url()}`);
      await route.abort();
    });
  }

  /** @param origin the only one that it may ask for something, unless a test routes another */
  static async open(origin: string, options: BrowserContextOptions): Promise<WatchedPage> {
    const context = await (await browser()).newContext(options);
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
        console.error(`policy: ${effectiveDirective} blocked ${blockedURI}`),
      );
    });
    return new WatchedPage(await context.newPage(), origin);
  }

  /** @returns where the picture is */
  async photograph(): Promise<string> {
    folder ??= mkdtempSync(join(tmpdir(), 'browser-tests-'));
    const path = join(folder, `${++taken}.png`);
    await this.page.screenshot({ path, fullPage: true });
    return path;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}

/** Fails for problems that nobody expected, and for expected ones that did not come. */
export function assertAsExpected(problems: readonly string[], expected: readonly RegExp[]): void {
  const unexpected = problems.filter(problem => !expected.some(pattern => pattern.test(problem)));
  assert.equal(unexpected, [], 'something went wrong in a page');
  for (const pattern of expected) {
    const came = problems.some(problem => pattern.test(problem));
    assert.ok(came, `the expected problem ${pattern} did not come`);
  }
}
