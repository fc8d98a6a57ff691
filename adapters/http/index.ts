export { Access, type AccessTokens, type Caller, type Role } from './access.ts';
export type { Annex } from './annex.ts';
export type {
  HealthLimits,
  MetricsSource,
  RecoveryServerOptions,
  RequestLimits,
} from './options.ts';
export type { ProblemDetails } from './problem.ts';
export { type RecoveryServer, serveRecovery } from './server.ts';
