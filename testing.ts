/** xstate-recovery/testing: tests of operations that are made of the charts. */
export * from './adapters/testing/index.ts';
export { type Arrow, arrowsOf } from './services/testing/arrows.ts';
export {
  type ArrowCounts,
  ArrowCoverage,
  type CountedArrow,
  type LifeCounts,
  type MachineCoverage,
} from './services/testing/coverage.ts';
export { coverageBadge, coverageLines, coveragePage } from './services/testing/coverage-views.ts';
export {
  type CrashPath,
  crashPaths,
  type DefinedOperation,
  type DefineOperation,
  type OperationPath,
  type PathRun,
  type PathStep,
} from './services/testing/operation-paths.ts';
export type {
  FailingOutcome,
  OutcomeName,
  PathOutcome,
  RegisteringOutcome,
  ReturningOutcome,
} from './services/testing/outcomes.ts';
export { type PathEvents, type PathModel, toPathModel } from './services/testing/path-model.ts';
export { PathViolation } from './services/testing/path-violation.ts';
export {
  beginCoverage,
  COVERAGE_FOLDER,
  type CoverageEnd,
  type CoverageEndOptions,
  type CoverageOptions,
  endCoverage,
  type RunningCoverage,
} from './test-coverage.ts';
export { operationPaths, type PathsOptions } from './test-paths.ts';
export {
  createTestRecovery,
  type RestartOptions,
  TestRecovery,
  type TestRecoveryOptions,
} from './test-recovery.ts';
