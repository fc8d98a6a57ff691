import type { StartOptions } from './ports.ts';

const FRESH = Symbol('fresh');

/** Start options with an id that was drawn just now, so that no look into the store is needed. */
export const newId = (id: string): StartOptions => Object.assign({ id }, { [FRESH]: true });

export const isNewId = (options: StartOptions): boolean => FRESH in options;
