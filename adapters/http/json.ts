import { z } from 'zod';

const MAX_DEPTH = 200;

/** Any JSON value that can be walked by recursion: what a client sends may be nested a million deep. */
export const jsonSchema = z
  .unknown()
  .refine(value => !isDeeper(value, MAX_DEPTH), `must be nested at most ${MAX_DEPTH} deep`);

function isDeeper(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= most; depth++) {
    level = level.flatMap(item =>
      typeof item === 'object' && item !== null ? Object.values(item) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}
