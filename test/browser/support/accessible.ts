import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string }[];
}
interface Axe {
  run(options: object): Promise<{ readonly violations: readonly Violation[] }>;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails where axe finds something in the page as it is now; frames of others are theirs. */
export async function assertAccessible(page: Page): Promise<void> {
  // Once for each document: it is half a megabyte.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    // On its way from one theme to the next a colour has a contrast that nobody gets to see.
    const moving = document
      .getAnimations()
      .filter(({ playState, effect }) => {
        const end = Number(effect?.getComputedTiming().endTime);
        return playState === 'running' && Number.isFinite(end);
      })
      .map(({ finished }) => finished);
    await Promise.allSettled(moving);
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const { axe } = globalThis as unknown as { readonly axe: Axe };
    return (await axe.run({ iframes: false, resultTypes: ['violations'] })).violations;
  });
  assert.equal(
    violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html)}`),
    [],
  );
}
