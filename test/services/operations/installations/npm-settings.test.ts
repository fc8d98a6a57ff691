import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError, ValidationError } from '../../../../services/errors.ts';
import { npmEnvironment } from '../../../../services/operations/installations/environment.ts';
import { refuseSettings } from '../../../../services/operations/installations/npm-settings.ts';
import { rejects } from '../../../support/rejects.ts';
import { causeOf } from './support/cause-of.ts';
import { text, withStage } from './support/stage.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const test = suite('settings of npm that come with a repository');

function withFolder(run: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'npm-settings-'));
    try {
      await run(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}

/** Runs with variables in the environment of this process. */
async function withVariables<T>(
  variables: Readonly<Record<string, string>>,
  run: () => T | Promise<T>,
): Promise<T> {
  Object.assign(process.env, variables);
  try {
    return await run();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: npm has such variables.
test(
  'lets settings pass that choose versions and servers',
  withFolder(async folder => {
    await refuseSettings(folder);
    const lines = [
      '\ufeff# a comment',
      '; another ${HOME}',
      '',
      'registry=https://registry.example.com/npm/',
      '@scope:registry = https://registry.example.com/ # ours',
      '//registry.example.com/npm/:_authToken=abc-123=',
      'engine-strict=true',
      '  legacy-peer-deps = true  ',
      'save-exact',
      'save-prefix=""',
      "message='chore: release %s'",
      'public-hoist-pattern[]=*eslint*',
      'ignore-scripts=false',
    ];
    await writeFile(join(folder, '.npmrc'), lines.join('\r\n'));
    await refuseSettings(folder);
  }),
);

test(
  'refuses every other one with its line, and says no value',
  withFolder(async folder => {
    const lines = [
      'git=./g.sh',
      'global=true',
      'location=global',
      'cache=/tmp/x',
      'logs-dir=/tmp/x',
      'prefix=/tmp/x',
      'userconfig=./other',
      'globalconfig=./other',
      'node-options=--require=./x.js',
      'script-shell=./x.sh',
      'proxy=http://example.com',
      'strict-ssl=false',
      'cafile=./ca.pem',
      'dry-run=true',
      'registry=http://example.com/',
      'registry=https://example.com/${SECRET}/',
      'registry="https://example.com/"\\',
      '@x:registry=https://example.com/$\\{SECRET}',
      '//example.com/:_authToken=${SECRET}',
      '//example.com/:keyfile=/x',
      'legacy-peer-deps=${SECRET}',
      '${X}=1',
      '"git"=./g.sh',
      'git\\;=x',
      'GIT=x',
      '[section]',
      'gi\u2028t=x',
    ];
    for (const line of lines) {
      await writeFile(join(folder, '.npmrc'), `# x\nfund=false\r${line}`);
      const error = await rejects(refuseSettings(folder), ValidationError);
      assert.match(error.message, `.npmrc:3: ${line.split('=')[0]}`);
      assert.match(error.message, 'needs the option scripts');
      assert.not.match(error.message, 'SECRET}/');
    }
    await rm(join(folder, '.npmrc'));
    await writeFile(join(folder, 'settings'), 'fund=false');
    await symlink('settings', join(folder, '.npmrc'));
    const error = await rejects(refuseSettings(folder), ValidationError);
    assert.match(error.message, '.npmrc is not a file');
  }),
);

test('gives npm what it needs of the environment, and what is asked for', async () => {
  const variables = {
    HTTPS_PROXY: 'http://proxy.example.com',
    GIT_SSH_COMMAND: 'ssh -x',
    NPM_CONFIG_REGISTRY: 'https://example.com',
    NPM_CONFIG_GIT: 'other',
    'npm_config_//example.com/:_authToken': 'key',
    NPM_CONFIG__AUTH: 'key',
    NPM_TOKEN: 'token',
    WANTED_TOKEN: 'key',
    DATABASE_PASSWORD: 'key',
    LC_MESSAGES: 'de_DE',
    COREPACK_ENV_FILE: '.corepack.env',
  };
  const env = await withVariables(variables, () => npmEnvironment('git', ['WANTED_TOKEN']));
  assert.is(env.PATH, process.env.PATH);
  assert.is(env.HTTPS_PROXY, 'http://proxy.example.com');
  assert.is(env.GIT_SSH_COMMAND, 'ssh -x');
  assert.is(env.NPM_CONFIG_REGISTRY, 'https://example.com');
  assert.is(env.NPM_TOKEN, 'token');
  assert.is(env.npm_config_git, 'git');
  assert.is(env.npm_config_global, 'false');
  assert.is(env.npm_config_location, 'project');
  assert.is(env.NPM_CONFIG_GIT, undefined);
  const keys = Object.keys(env).filter(name => env[name] === 'key');
  assert.equal(keys, ['WANTED_TOKEN']);
  assert.is(env.LC_MESSAGES, undefined);
  assert.is(env.LC_ALL, 'C');
  assert.is(env.COREPACK_ENV_FILE, '0');
  assert.is(env.COREPACK_ENABLE_PROJECT_SPEC, '0');
});

test(
  'refuses such a repository before npm is run, and lets it do as it likes with scripts',
  withStage(async ({ repository, installations, program, folder, names, root }) => {
    const source = await repository('r', {
      'package.json': '{}',
      '.npmrc': `cache=${join(folder, 'cache')}\n`,
    });
    const npm = await program('npm', `touch ${join(folder, 'ran')}; env > variables`);
    const options = { commands: { npm }, npmEnvironment: ['WANTED_TOKEN'] };

    const refused = installations(options).install.run({ repository: source.url });

    const error = await causeOf(refused);
    assert.is(error.code, 'VALIDATION');
    assert.match(error.message, '.npmrc:1: cache');
    assert.equal(await names(), []);
    assert.not((await readdir(folder)).includes('ran'));
    await withVariables({ WANTED_TOKEN: 'one', OTHER_TOKEN: 'two' }, async () => {
      const { install } = installations({ ...options, prefix: 'scripts.', scripts: true });
      await install.run({ repository: source.url });
      assert.match(await text(root, 'r/variables'), 'OTHER_TOKEN=two');
      await source.commit({ '.npmrc': 'fund=false\n' });
      const careful = installations({ ...options, prefix: 'careful.' });
      await careful.update.run({ name: 'r' });
      assert.match(await text(root, 'r/variables'), 'WANTED_TOKEN=one');
      assert.not.match(await text(root, 'r/variables'), 'OTHER_TOKEN');
    });
  }),
);

test(
  'prepares no package from git, and does not look at settings of its own',
  withStage(async ({ repository, installations, program, folder, root }) => {
    const evil = join(folder, 'evil');
    await mkdir(evil);
    const ran = join(folder, 'ran');
    await writeFile(join(evil, 'x.js'), `require('fs').appendFileSync('${ran}', 'node')`);
    const git = await program('evil-git', `echo git >> '${ran}'; exec git "$@"`);
    const scripts = { prepare: `echo script >> '${ran}'` };
    const inner = await repository('inner', {
      'package.json': JSON.stringify({ name: 'inner', version: '1.0.0', scripts }),
    });
    const outer = await repository('outer', {
      'package.json': JSON.stringify({
        name: 'outer',
        version: '1.0.0',
        scripts,
        dependencies: { inner: `git+${inner.url}` },
        devDependencies: { nowhere: `git+${inner.url}-nowhere` },
      }),
      '.npmrc': [
        `git=${git}`,
        'ignore-scripts=false',
        `node-options=--require=${join(evil, 'x.js')}`,
        `logs-dir=${join(folder, 'logs-${NPM_TOKEN}')}`,
      ].join('\n'),
    });
    const source = await repository('r', {
      'package.json': JSON.stringify({
        name: 'r',
        version: '1.0.0',
        dependencies: { outer: `git+${outer.url}` },
      }),
    });
    const npmArguments = ['--cache', join(folder, 'cache'), '--offline'];
    const { install } = installations({ npmArguments });

    await withVariables({ NPM_TOKEN: 'open-sesame' }, () =>
      install.run({ repository: source.url }),
    );

    assert.match(await text(root, 'r/node_modules/outer/package.json'), '"outer"');
    assert.match(await text(root, 'r/node_modules/inner/package.json'), '"inner"');
    assert.is(await text(ran).catch(() => 'nothing ran'), 'nothing ran');
    assert.not.match(inspect(await readdir(folder)), 'open-sesame');
  }),
);
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: npm has such variables.

test(
  'wants names of variables',
  withStage(async ({ installations }) => {
    for (const npmEnvironment of ['X', [''], [1]] as never[]) {
      assert.throws(
        () => installations({ npmEnvironment }),
        (error: unknown) => error instanceof ConfigError && /npmEnvironment/.test(error.message),
      );
    }
  }),
);

test.run();
