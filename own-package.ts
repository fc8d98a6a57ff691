import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** This package, wherever its code has been built to. */
export interface OwnPackage {
  readonly folder: string;
  readonly version: string;
}

/** Looks for it by its name; undefined where the code was bundled into another package and has left this one behind. */
export function ownPackage(): OwnPackage | undefined {
  try {
    const require = createRequire(import.meta.url);
    const manifest = require.resolve('xstate-recovery/package.json');
    const { version } = require(manifest) as { readonly version: unknown };
    return { folder: dirname(manifest), version: String(version) };
  } catch {
    return undefined;
  }
}
