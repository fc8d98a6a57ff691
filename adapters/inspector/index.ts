export type { InspectFilter } from './filter.ts';
export { type InspectOptions, type InspectorView, inspectRecovery } from './inspect-recovery.ts';
export type { CreateInspector, InspectorMessage } from './messages.ts';
