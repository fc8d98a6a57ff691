import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const ARGUMENTS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

let launched: Promise<Browser> | undefined;

/** Why there is no browser, and what to do; undefined where there is one. */
export function chromiumProblem(): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return `there is no Chromium at ${path}: install it (apt-get install chromium), or say where it is with CHROMIUM_PATH`;
  }
}

/** The one browser of a run, launched with the first test, with a profile folder of its own that goes with it. */
export function browser(): Promise<Browser> {
  launched ??= chromium.launch({ executablePath: path, args: ARGUMENTS });
  return launched;
}

/** Resolves when its process has ended. */
export async function closeBrowser(): Promise<void> {
  await (await launched)?.close();
  launched = undefined;
}
