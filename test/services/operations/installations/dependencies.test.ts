import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationFailedError, type RecoveryError } from '../../../../services/errors.ts';
import { rejects } from '../../../support/rejects.ts';
import { git } from './support/git-server.ts';
import { type Stage, text, withStage } from './support/stage.ts';

export const suiteTimeout = 120_000;
export const startsMany = true;
const run = promisify(execFile);
const test = suite('dependencies of installations');
const pip = await run('python3', ['-m', 'pip', '--version']).then(
  () => true,
  () => false,
);
// Needs python3 with pip.
const testWithPip = pip ? test : test.skip;

/** A folder with a wheel of a package that is one module. */
async function wheels({ folder }: Stage, name: string): Promise<string> {
  const into = join(folder, 'wheels');
  await mkdir(into);
  const script = `
import sys, zipfile
folder, name = sys.argv[1:]
info = f'{name}-1.0.dist-info'
files = {
    f'{name}.py': 'value = 42\\n',
    f'{info}/METADATA': f'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n',
    f'{info}/WHEEL': 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
with zipfile.ZipFile(f'{folder}/{name}-1.0-py3-none-any.whl', 'w') as wheel:
    for path, text in files.items():
        wheel.writestr(path, text)
    wheel.writestr(f'{info}/RECORD', ''.join(f'{path},,\\n' for path in [*files, f'{info}/RECORD']))
`;
  await run('python3', ['-c', script, into, name]);
  return into;
}

testWithPip(
  'installs what requirements.txt asks for into a folder that moves with the rest, and runs no code of the repository',
  withStage(async stage => {
    const { repository, installations, root } = stage;
    const source = await repository('r', {
      'requirements.txt': 'some_package==1.0\n',
      'pip.py': 'raise SystemExit("this is not pip")\n',
      'runpy.py': 'raise SystemExit("nor this")\n',
    });
    const pipArguments = ['--no-index', '--find-links', await wheels(stage, 'some_package')];
    const { install } = installations({ pipArguments });

    const result = await install.run({ repository: source.url });

    assert.equal(result.dependencies, ['pip']);
    const packages = join(root, 'r', '.python-packages');
    const env = { ...process.env, PYTHONPATH: packages };
    const said = await run('python3', ['-c', 'import some_package as x; print(x.value)'], { env });
    assert.is(said.stdout, '42\n');
    assert.is(await git(result.folder, 'status', '--porcelain'), '');
  }),
);

testWithPip(
  'tells a package that nobody has, and one that would be built',
  withStage(async ({ repository, installations, names }) => {
    const wanted: [string, RegExp, string, string?][] = [
      ['no-such-package\n', /pip install failed.*no-such-package/, 'COMMAND_REFUSED'],
      ['./local\n', /requirements\.txt:1: \.\/local/, 'VALIDATION'],
      ['x\n', /setup\.cfg says where packages go/, 'VALIDATION', '[install]\nprefix=/x\n'],
    ];
    const { install } = installations({ pipArguments: ['--no-index'] });
    for (const [index, [requirements, message, code, config = '']] of wanted.entries()) {
      const files = { 'requirements.txt': requirements, 'setup.cfg': config };
      const source = await repository(`r${index}`, files);
      const running = install.run({ repository: source.url });
      const { cause } = await rejects(running, OperationFailedError);
      assert.match((cause as RecoveryError).message, message);
      assert.is((cause as RecoveryError).code, code);
      assert.equal(await names(), [], 'nothing of it is left');
    }
  }),
);

test(
  'says what npm says, with its lines',
  withStage(async ({ repository, installations, program }) => {
    const source = await repository('r', { 'package.json': '{}', 'package-lock.json': '{}' });
    const npm = await program(
      'npm',
      'echo "npm error code ERESOLVE" >&2; echo "npm error $1 does not fit" >&2; exit 1',
    );
    const { install } = installations({ commands: { npm } });
    const { cause } = await rejects(install.run({ repository: source.url }), OperationFailedError);
    const error = cause as RecoveryError;
    assert.is(error.code, 'COMMAND_REFUSED');
    assert.is(error.message, 'npm ci failed with exit code 1: npm error ci does not fit');
    assert.equal(error.details.lines, ['npm error code ERESOLVE', 'npm error ci does not fit']);
  }),
);

test(
  'clones submodules only when it is asked to, and only by ways that are allowed',
  withStage(async ({ server, repository, installations, root }) => {
    const sub = await repository('sub', { 'deep.txt': 'deep' });
    const source = await repository('r');
    const add = async (url: string, path: string) => {
      await git(source.folder, '-c', 'protocol.file.allow=always', 'submodule', 'add', url, path);
      await source.commit({});
    };
    await add(server.url('sub'), 'part');
    const { install } = installations();
    await install.run({ repository: server.url('r'), name: 'without' });
    assert.equal(await readdir(join(root, 'without/part')), []);
    const asked = installations({ prefix: 'with.', submodules: true });
    await asked.install.run({ repository: server.url('r'), name: 'with' });
    assert.is(await text(root, 'with/part/deep.txt'), 'deep');

    await add(sub.url, 'local');
    const running = asked.install.run({ repository: server.url('r'), name: 'local' });
    const { cause } = await rejects(running, OperationFailedError);
    assert.match((cause as Error).message, "transport 'file' not allowed");
  }),
);

test(
  'says at once that files of the repository are in the way of packages, and leaves them where nobody touches them',
  withStage(async ({ repository, installations, program, names, folder, root }) => {
    const ran = join(folder, 'ran');
    const npm = await program('npm', `touch '${ran}'; rm -rf node_modules/*/own.js`);
    const python = await program('python', `touch '${ran}'`);
    const { install } = installations({ commands: { npm, python } });
    const locked = { 'package.json': '{}', 'package-lock.json': '{}' };
    const cases: [string, Record<string, string>, RegExp, boolean][] = [
      [
        'a',
        { ...locked, 'node_modules/x/own.js': '' },
        /npm puts .*: node_modules\/x\/own\.js;/,
        false,
      ],
      [
        'b',
        { 'requirements.txt': 'x', '.python-packages/own.py': '' },
        /pip puts .*: \.python-packages\/own\.py;/,
        false,
      ],
      ['c', { 'package.json': '{}', 'node_modules/x/own.js': '' }, /npm puts .*own\.js;/, true],
    ];
    for (const [name, files, message, runs] of cases) {
      const source = await repository(name, files);
      const { cause } = await rejects(
        install.run({ repository: source.url }),
        OperationFailedError,
      );
      assert.is((cause as RecoveryError).code, 'VALIDATION', name);
      assert.match((cause as RecoveryError).message, message);
      assert.equal(await names(), []);
      assert.is((await readdir(folder)).includes('ran'), runs, name);
    }
    const source = await repository('d', { 'package.json': '{}', 'node_modules/x/other.js': 'x' });
    await install.run({ repository: source.url });
    assert.is(await text(root, 'd/node_modules/x/other.js'), 'x');
  }),
);

test.run();
