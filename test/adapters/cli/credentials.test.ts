import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  GitServer,
  Repository,
} from '../../services/operations/installations/support/git-server.ts';
import { makeProgram } from '../../services/operations/installations/support/stage.ts';
import { lives, writtenPid } from '../../services/operations/installations/support/workplace.ts';
import { catalogueOn, fixturePath } from '../../services/operations/projects-fixture.ts';
import { type CliPlace, type Finished, until, withCli } from '../../support/cli.ts';

export const suiteTimeout = 300_000;
const test = suite('cli credentials');

const TOKEN = 'gh-t0ken_Zx81';
const OTHER = 'hf-t0ken_Qy72';
const basic = (token: string) =>
  `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
/** All that whoever sees it could use. */
const TELLING = [TOKEN, OTHER].flatMap(token => [token, basic(token).slice('Basic '.length)]);

/** No file below the working folder, and nothing that was printed, has a token in it. */
async function nobodyTells({ folder }: CliPlace, ...said: readonly Finished[]): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile());
  assert.ok(files.some(({ name }) => name.startsWith('recovery.db')));
  for (const { parentPath, name } of files) {
    const text = await readFile(join(parentPath, name), 'latin1').catch(() => '');
    for (const each of TELLING) assert.not.match(text, each, join(parentPath, name));
  }
  const printed = said.map(({ out, err }) => out + err).join('\n');
  for (const each of TELLING) assert.not.match(printed, each);
}

/** No process of this machine has a token among its arguments. @returns how many were looked at */
async function nobodyShows(): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name));
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    for (const each of TELLING) assert.not.match(line, each, `process ${pid}`);
  }
  return pids.length;
}

/** Runs a test with a git server that wants the token, whose repository is `node`. */
function withServer(
  run: (
    place: CliPlace & { readonly git: GitServer; readonly source: Repository },
  ) => Promise<void>,
): () => Promise<void> {
  return withCli(async place => {
    place.env.GIT_CONFIG_GLOBAL = '/dev/null';
    const git = await GitServer.listen(join(place.folder, 'repositories'));
    try {
      const source = await Repository.make(join(place.folder, 'repositories', 'node'), {
        'a.txt': 'one',
      });
      git.authorization = basic(TOKEN);
      await run({ ...place, git, source });
    } finally {
      await git.close();
    }
  });
}

const hostOf = (url: string): string => new URL(url).host;

test(
  'installs with a token of the environment, which stands nowhere, and goes on with it after SIGKILL',
  withServer(async place => {
    const { folder, env, git, source, start, run } = place;
    const pidFile = join(folder, 'git.pid');
    await makeProgram(
      folder,
      'git',
      `[ -z "$GIT_TOKEN" ] || touch ${folder}/leaked
      case "$*" in *fetch*) [ -e ${folder}/free ] || { echo $$ > ${pidFile}; exec sleep 300; } ;; esac
      PATH="\${PATH#*:}" exec git "$@"`,
    );
    env.PATH = `${join(folder, 'bin')}:${process.env.PATH}`;
    env.GIT_TOKEN = TOKEN;
    const url = git.url('node');
    const command = ['install', url, '--root', 'nodes'];
    const cli = start(...command, '--auth-env', 'GIT_TOKEN');
    const pid = await writtenPid(pidFile);
    if (process.platform === 'linux') assert.ok((await nobodyShows()) > 1);
    cli.child.kill('SIGKILL');
    const killed = await cli.finished;
    await writeFile(join(folder, 'free'), '');
    await nobodyTells(place, killed);

    const without = await run('resume');
    assert.equal([without.exit, without.out], [1, '']);
    assert.match(without.err, /lacks secrets of its input: auth.*\[SECRETS_MISSING\].*--auth-env/);
    const unset = await run('resume', '--auth-env', `${hostOf(url)}=NO_TOKEN`);
    assert.equal([unset.exit, unset.out], [2, '']);
    assert.match(unset.err, /the environment variable NO_TOKEN is not set \[VALIDATION\]/);
    const elsewhere = await run('resume', '--auth-env', 'example.com=GIT_TOKEN');
    assert.match(elsewhere.err, /SECRETS_MISSING/);
    const other = await run(...command);
    assert.match(other.err, /has other options; repeat it with those.*\[OPERATION_CONFLICT\]/);
    assert.match((await run('list')).out, /in_progress|recovering/, 'nothing was lost by that');
    const resumed = await run('resume', '--auth-env', `${hostOf(url)}=GIT_TOKEN`);

    assert.is(resumed.exit, 0, resumed.err);
    assert.match(resumed.out, /success: .*\/nodes\/node, commit/);
    assert.not(await lives(pid));
    await source.commit({ 'a.txt': 'two' });
    const updated = await run('update', 'node', '--root', 'nodes', '--auth-env', 'GIT_TOKEN');
    assert.is(updated.exit, 0, updated.err);
    assert.is(await readFile(join(folder, 'nodes/node/a.txt'), 'utf8'), 'two');
    assert.ok(git.requests.every(({ authorization }) => authorization === basic(TOKEN)));
    const shown = await run('list', '--json');
    assert.match(shown.out, '"$secret": "auth"');
    await nobodyTells(place, without, unset, other, resumed, updated, shown);
    assert.not((await readdir(folder)).includes('leaked'), 'programs do not get the variable');
  }),
);

test(
  'an operator lets a failed installation try again with another token',
  withServer(async place => {
    const { env, git, run } = place;
    env.OLD = OTHER;
    env.NEW = TOKEN;
    const url = git.url('node');
    const failed = await run('install', url, '--auth-env', 'OLD', '--id', 'one');
    assert.is(failed.exit, 1);
    assert.match(failed.err, /Authentication failed|could not read/);
    const without = await run('retry', 'one');
    assert.match(without.err, /SECRETS_MISSING/);
    const again = await run('retry', 'one', '--auth-env', `${hostOf(url)}=NEW`);
    assert.is(again.exit, 0, again.err);
    await nobodyTells(place, failed, without, again);
  }),
);

test(
  'an import gives each server its own token and no other, also after SIGKILL',
  withServer(async place => {
    const { folder, env, git, server, start, run } = place;
    env.GIT_TOKEN = TOKEN;
    env.MODEL_TOKEN = OTHER;
    const fixture = 'upscaler.api.json';
    const serve = async (pace?: number) => {
      const catalogue = await catalogueOn(server, [fixture], {
        size: 120_000,
        ...(pace === undefined ? {} : { pace }),
      });
      const [type = ''] = Object.keys(catalogue.nodes ?? {});
      const nodes = { [type]: { repository: git.url('node'), name: 'node' } };
      await writeFile(join(folder, 'catalogue.json'), JSON.stringify({ ...catalogue, nodes }));
    };
    await serve(40_000);
    const file = fixturePath(fixture);
    const command = ['project', 'import', file, '--catalogue', 'catalogue.json', '--name', 'mine'];
    const auth = [
      ...['--auth-env', `${hostOf(git.url('node'))}=GIT_TOKEN`],
      ...['--auth-env', `${hostOf(server.url)}=MODEL_TOKEN`],
    ];
    const hostless = await run(...command, '--auth-env', 'GIT_TOKEN');
    assert.match(hostless.err, /name the server of GIT_TOKEN: host=GIT_TOKEN \[VALIDATION\]/);

    const cli = start(...command, ...auth);
    await until(() => server.requests.reduce((sum, { sent }) => sum + sent, 0) > 60_000);
    cli.child.kill('SIGKILL');
    const killed = await cli.finished;
    await nobodyTells(place, killed);
    await serve();
    const without = [await run(...command), await run('resume')];
    for (const { exit, err } of without) {
      assert.is(exit, 1);
      assert.match(
        err,
        /lacks secrets of its input: (auth|headers\.Authorization).*SECRETS_MISSING/,
      );
    }
    assert.is(await stat(join(folder, 'projects/mine')).catch(() => undefined), undefined);
    const resumed = await run('resume', ...auth);

    assert.is(resumed.exit, 0, resumed.err);
    assert.match(resumed.out, /success: .*projects\/mine, 2 models of .*, 1 installation/);
    const seen = new Set(server.requests.map(({ headers }) => headers.authorization));
    assert.equal([...seen], [`Bearer ${OTHER}`]);
    const asked = new Set(git.requests.map(({ authorization }) => authorization));
    assert.equal([...asked], [basic(TOKEN)]);
    await nobodyTells(place, hostless, ...without, resumed);
  }),
);

test(
  'downloads with a token or a whole header, and gives none to another server, in the clear or to a server of operations',
  withServer(async place => {
    const { env, git, server, run, folder } = place;
    env.MODEL_TOKEN = OTHER;
    env.HEADER = `Digest ${TOKEN}`;
    const url = server.serve('/file', { content: new Uint8Array(10) });
    const got = [
      await run('download', url, 'one', '--auth-env', 'MODEL_TOKEN'),
      await run('download', url, 'two', '--auth-env', `${hostOf(url)}=HEADER`),
    ];
    assert.equal(
      got.map(({ exit }) => exit),
      [0, 0],
    );
    assert.equal(
      server.requests.map(({ headers }) => headers.authorization),
      [`Bearer ${OTHER}`, `Digest ${TOKEN}`],
    );
    await nobodyTells(place, ...got);
    const before = git.requests.length;
    const refused: readonly [readonly string[], RegExp][] = [
      [['download', url, 'x', '--auth-env', 'example.com=HEADER'], /has nothing for this address/],
      [['download', 'http://example.com/x', 'x', '--auth-env', 'HEADER'], /it is for https/],
      [['install', git.url('node'), '--auth-env', 'example.com=HEADER'], /has nothing for http:/],
      [['install', 'git@example.com:x/y', '--auth-env', 'HEADER'], /it is for https/],
      [['update', 'none', '--auth-env', 'HEADER'], /has nothing for what is not installed/],
      [['install', git.url('node'), '--auth-env', ''], /It is the name of an environment variable/],
      [
        ['install', git.url('node'), '--auth-env', 'HEADER', '--server', 'http://127.0.0.1:9'],
        /--auth-env is for a store.*http:\/\/127\.0\.0\.1:9/,
      ],
    ];
    const ends = await Promise.all(refused.map(([command]) => run(...command)));
    for (const [index, [command, words]] of refused.entries()) {
      assert.is(ends[index]?.exit, 2, command.join(' '));
      assert.match(ends[index]?.err ?? '', words);
    }
    assert.is(git.requests.length, before);
    assert.equal(
      (await readdir(folder)).filter(name => /^[xy]/.test(name)),
      [],
    );
  }),
);

test.run();
