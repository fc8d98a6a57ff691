/** Installs as the JSON in argv[2] says, on a store, and prints what happens; made to be killed. */
import { existsSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRecovery } from '../../../../../index.ts';
import { createInstallations, type InstallationsOptions } from '../../../../../operations.ts';
import { SqlJsPersistence } from '../../../../../sqljs.ts';

export interface Order {
  readonly store: string;
  readonly input: { readonly repository: string; readonly ref?: string; readonly name?: string };
  readonly options: InstallationsOptions;
  /** Waits for ever in the verification of this phase, or until the file `refusal` is there: then it refuses. */
  readonly hangIn?: 'staged' | 'installed';
  readonly refusal?: string;
}

const order: Order = JSON.parse(process.argv[2] ?? '');
const say = (line: unknown) => writeSync(1, `${JSON.stringify(line)}\n`);
const recovery = await createRecovery({
  persistence: new SqlJsPersistence({ path: order.store }),
  initialDelay: 1,
});
recovery.progress$.subscribe(({ value }) => say(value));
const { install } = createInstallations(recovery, {
  ...order.options,
  async verify(_folder, { phase }) {
    if (phase !== order.hangIn) return true;
    say({ hanging: phase });
    while (order.refusal === undefined || !existsSync(order.refusal)) await sleep(20);
    return false;
  },
});
const running = await install.start(order.input, { id: 'one' });
const ended = running.result().then(
  result => ({ result }),
  error => ({ failed: error.code }),
);
say(await ended);
await recovery.close();
