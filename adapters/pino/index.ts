export type { TransitionLevel } from './levels.ts';
export { type PinoLoggerOptions, pinoLogger } from './logger.ts';
export { type LogTransitionsOptions, logTransitions } from './transitions.ts';
