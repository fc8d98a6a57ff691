/** Installs as the JSON in argv[2] says, on a store, and prints what happens; made to be killed. */
import { writeSync } from 'node:fs';
import { createRecovery } from '../../../../../index.ts';
import { createInstallations, type InstallationsOptions } from '../../../../../operations.ts';
import { SqlJsPersistence } from '../../../../../sqljs.ts';

export interface Order {
  readonly store: string;
  readonly input: { readonly repository: string; readonly ref?: string; readonly name?: string };
  readonly options: InstallationsOptions;
  /** Waits for ever in the verification of this phase. */
  readonly hangIn?: 'staged' | 'installed';
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
    return new Promise(() => setInterval(() => undefined, 1_000));
  },
});
const running = await install.start(order.input, { id: 'one' });
say({ result: await running.result() });
await recovery.close();
