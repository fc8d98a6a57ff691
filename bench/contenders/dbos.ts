import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Contender } from '../contender.ts';

/** One workflow without steps: its start and its result are each a write of the system database. Default pool. */
const identity = DBOS.registerWorkflow(async (x: number) => x, { name: 'identity' });

export const contender: Contender = {
  async setup({ postgresUrl }) {
    if (postgresUrl === undefined) throw new TypeError('DBOS needs PostgreSQL');
    DBOS.setConfig({ name: 'bench', systemDatabaseUrl: postgresUrl, logLevel: 'error' });
    await DBOS.launch();
  },
  call: input => identity(input),
  teardown: () => DBOS.shutdown(),
};
