import { channel } from 'node:diagnostics_channel';

/** A path that was lived to its end. */
export interface Lived {
  /** With its process cut in a commit. */
  readonly isCut: boolean;
  /** Real milliseconds that it took. */
  readonly took: number;
}

/** Name of the diagnostics channel that is told of every path that was lived in this process, and went well. */
export const LIVED = 'xstate-recovery:path-lived';
const channelOfLives = channel(LIVED);

/** @param begun when it began, as `performance.now()` tells */
export function tellLived(isCut: boolean, begun: number): void {
  channelOfLives.publish({ isCut, took: performance.now() - begun } satisfies Lived);
}
