import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as assert from 'uvu/assert';
import type { InstallResult } from '../../../../../operations.ts';
import { programFile, SHORT_LIFE } from '../../../../support/programs.ts';
import type { Order } from './install-program.ts';
import type { Stage } from './stage.ts';

const program = programFile(new URL('install-program.js', import.meta.url));

/** What the program prints. */
export interface Said {
  readonly phase?: string;
  readonly hanging?: string;
  readonly result?: InstallResult;
  /** The code of what it has failed with. */
  readonly failed?: string;
}

/** Runs the program that installs; kills it as soon as `when` says so. @returns the last that it said */
export async function runInstall(
  { folder, root }: Stage,
  order: Partial<Order> & Pick<Order, 'input'>,
  when: (said: Said) => boolean | Promise<boolean> = () => false,
): Promise<Said> {
  const whole: Order = {
    store: join(folder, 'recovery.db'),
    ...order,
    options: { root, protocols: ['file'], killGrace: 200, ...order.options },
  };
  const child = spawn(process.execPath, [...SHORT_LIFE, program, JSON.stringify(whole)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  });
  const exited = once(child, 'exit');
  let last: Said = {};
  let killed = false;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line);
    if (!killed && (await when(last))) killed = child.kill('SIGKILL');
  }
  assert.equal(await exited, killed ? [null, 'SIGKILL'] : [0, null]);
  return last;
}
