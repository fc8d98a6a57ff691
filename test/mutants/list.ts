import type { Group } from './breakage.ts';
import { breakerChart } from './list/breaker-chart.ts';
import { calls } from './list/calls.ts';
import { commits } from './list/commits.ts';
import { families } from './list/families.ts';
import { house } from './list/house.ts';
import { launcher } from './list/launcher.ts';
import { operationChart } from './list/operation-chart.ts';
import { policies } from './list/policies.ts';
import { restarts } from './list/restarts.ts';
import { redo, rows } from './list/store.ts';
import { stream } from './list/stream.ts';
import { turns } from './list/turns.ts';
import { undos } from './list/undo.ts';

/** Every breakage, by part. */
export const GROUPS: readonly Group[] = [
  operationChart,
  breakerChart,
  calls,
  commits,
  turns,
  restarts,
  families,
  undos,
  stream,
  policies,
  launcher,
  house,
  redo,
  rows,
];
