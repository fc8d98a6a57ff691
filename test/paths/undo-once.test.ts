import { pathSuite } from './support/path-suite.ts';
import { UNDO_SUBJECTS } from './support/undo-subjects.ts';

/** Hundreds of lives, each of several processes. */
export const suiteTimeout = 180_000;

pathSuite('that is cut short while it takes back', UNDO_SUBJECTS.once, 20);
