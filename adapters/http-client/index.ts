export { type ServerAddress, sendableToken, serverAddress } from './address.ts';
export {
  type OperationDetails,
  RecoveryClient,
  type RecoveryClientOptions,
  type Steered,
} from './client.ts';
export { type Fetch, ForeignAnswerError } from './exchange.ts';
export { problemError, ServerRefusedError } from './problem-error.ts';
export { networkError, ServerUnreachableError } from './unreachable.ts';
