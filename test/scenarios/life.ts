/** A process of a launcher: goes on with what the one before has left, or begins it. Made to be killed. */
import { appendFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRecovery } from '../../index.ts';
import { createDownloads, createInstallations, createProjects } from '../../operations.ts';
import { RecoveryError } from '../../services/errors.ts';
import type { OperationHandle } from '../../services/ports.ts';
import { SqlJsPersistence } from '../../sqljs.ts';
import {
  type Ended,
  FILE,
  type LifeOrder,
  NODE,
  type Noted,
  PROJECT,
  TOKEN_VARIABLE,
} from './orders.ts';

const UNFINISHED = ['pending', 'in_progress', 'recovering'] as const;
const order: LifeOrder = JSON.parse(process.argv[2] ?? '');
const { folder, work } = order;
const token = process.env[TOKEN_VARIABLE] ?? '';
const authorization = `Bearer ${token}`;
const say = (line: unknown) => writeSync(1, `${JSON.stringify(line)}\n`);
const note = (line: unknown) =>
  appendFileSync(join(folder, 'journal'), `${JSON.stringify(line)}\n`);
const resolveSecrets = (_: unknown, { paths }: { readonly paths: readonly string[] }) =>
  Object.fromEntries(paths.map(path => [path, authorization]));
const policy = { maxRetries: 40, maxInterruptions: 100, resolveSecrets } as const;

const log = (level: string) => (fields: object, message: string) =>
  note({ level, fields, message });
const recovery = await createRecovery({
  env: {},
  persistence: new SqlJsPersistence({ path: join(folder, 'recovery.db') }),
  logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
  initialDelay: 10,
  maxDelay: 60,
  drainTimeout: 0,
});
recovery.transitions$.subscribe(transition => {
  if (transition.kind !== 'operation') return;
  const { operationId: id, to, at, reason } = transition;
  note({ life: process.pid, id, to, at, reason } satisfies Noted & { reason: unknown });
});
recovery.progress$.subscribe(note);
const [root, models, nodes] = ['projects', 'models', 'nodes'].map(name => join(folder, name)) as [
  string,
  string,
  string,
];
const { resolveSecrets: _, ...limits } = policy;
const downloads = createDownloads(recovery, {
  root: models,
  ranges: 3,
  rangesFrom: 60_000,
  resolveSecrets,
  policy: { ...limits, breaker: false },
});
const installations = createInstallations(recovery, {
  root: nodes,
  protocols: ['http'],
  killGrace: 100,
  policy: { ...policy, breaker: false },
});
const projects = createProjects(recovery, {
  root,
  models,
  nodes,
  downloadRoot: models,
  ...(work.kind === 'import' ? { catalogue: work.catalogue } : {}),
  download: downloads.operation,
  install: installations.install,
  policy: limits,
});
await recovery.resume();

function begin(): Promise<OperationHandle<unknown>> {
  const options = { id: 'work' };
  switch (work.kind) {
    case 'import':
      return projects.import.start({ name: PROJECT, workflow: work.workflow }, options);
    case 'download': {
      const { url, sha256 } = work;
      const known = sha256 === undefined ? {} : { sha256 };
      const input = { url, file: FILE, ...known, headers: { authorization } };
      return downloads.start({ ...input, idleTimeout: 400 }, options);
    }
    case 'install': {
      const { repository, ref } = work;
      const input = { repository, ref, name: NODE, auth: authorization };
      return installations.install.start(input, options);
    }
  }
}

const handle = await begin();
say('at work');
if (order.cancelAfter !== undefined) {
  setTimeout(() => void handle.cancel('nobody wants it').catch(() => {}), order.cancelAfter);
}
const error = await handle.result().then(
  () => undefined,
  (thrown: unknown) => thrown,
);
// Children that their parent has left end after it.
while ((await recovery.list({ states: UNFINISHED, limit: 1 })).items.length > 0) await sleep(5);
const swept = [...(await projects.sweep()), ...(await installations.sweep()).removed];
const drift = [];
if (error === undefined && work.kind === 'import') {
  drift.push(...(await projects.verify.run({ name: PROJECT }, { id: 'verify' })).drift);
}
const told =
  error instanceof RecoveryError
    ? { code: error.code, message: `${error.message}: ${String(error.cause)}` }
    : { code: 'NONE', message: String(error) };
const ended: Ended = { ...(error === undefined ? {} : { error: told }), drift, swept };
await recovery.close();
say(ended);
