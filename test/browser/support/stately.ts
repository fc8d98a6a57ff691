import type { Page } from 'playwright-core';

export const STATELY = 'https://stately.ai';

/** What came to a window: a message and the origin that it came from. */
interface Posted {
  readonly origin: string;
  readonly message: unknown;
}

/** Says that it is there, as Stately's inspector does, and passes on what it is told. */
const HTML = `<!doctype html><title>Stand-in</title><p>Stately's inspector stands here</p><script>
addEventListener('message', ({ data, origin }) => heard({ origin, message: data }));
parent.postMessage({ type: '@statelyai.connected' }, '*');
</script>`;

/** Stands in for Stately's inspector, in every frame of a page that asks for an address. */
export class StandIn {
  readonly posted: Posted[] = [];
  /** How often it has been asked for. */
  loaded = 0;
  #check: () => void = () => {};

  static async in(page: Page, addresses = `${STATELY}/**`): Promise<StandIn> {
    const standIn = new StandIn();
    await page.exposeFunction('heard', (posted: Posted) => {
      standIn.posted.push(posted);
      standIn.#check();
    });
    await standIn.at(page, addresses);
    return standIn;
  }

  async at(page: Page, addresses: string): Promise<void> {
    await page.route(addresses, async route => {
      this.loaded++;
      await route.fulfill({ contentType: 'text/html', body: HTML });
    });
  }

  get messages(): readonly unknown[] {
    return this.posted.map(({ message }) => message);
  }

  /** Resolves when it was told enough. */
  until(enough: (messages: readonly unknown[]) => boolean): Promise<void> {
    return new Promise(resolve => {
      this.#check = () => {
        if (enough(this.messages)) resolve();
      };
      this.#check();
    });
  }
}
