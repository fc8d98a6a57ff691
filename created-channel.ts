/** Name of the diagnostics channel that is told of every new recovery of the process. */
export const CREATED = 'xstate-recovery:created';
