/**
 * An operation inside an app's own machine. `definition.logic` is plain actor logic: invoked here, it is retried, guarded by its breaker and
 * durable like any other operation, and its output is the operation's.
 */
import { assign, createActor, setup, waitFor } from 'xstate';
import { createRecovery } from 'xstate-recovery';

const recovery = await createRecovery({ initialDelay: 10 });

let calls = 0;
const install = recovery.operation('install', async (project: string) => {
  calls++;
  if (calls < 3) throw Object.assign(new TypeError('fetch failed'), { code: 'ECONNRESET' });
  return `/models/${project}`;
});

const launcher = setup({
  types: {
    context: {} as { readonly project: string; readonly folder: string | null },
    input: {} as { readonly project: string },
  },
  actors: { install: install.logic },
}).createMachine({
  id: 'launcher',
  context: ({ input }) => ({ project: input.project, folder: null }),
  initial: 'installing',
  states: {
    installing: {
      invoke: {
        src: 'install',
        input: ({ context }) => context.project,
        onDone: { target: 'ready', actions: assign({ folder: ({ event }) => event.output }) },
        onError: 'broken',
      },
      on: { forget: 'idle' }, // leaving the state cancels the operation
    },
    ready: {},
    broken: {},
    idle: {},
  },
});

const actor = createActor(launcher, { input: { project: 'portrait' } }).start();
const { value, context } = await waitFor(actor, snapshot => snapshot.value !== 'installing');
console.log(value, context.folder, `after ${calls} calls`);
await recovery.close();
