import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ValidationError } from '../../../../services/errors.ts';
import { refuseBuilds } from '../../../../services/operations/installations/requirements.ts';
import { rejects } from '../../../support/rejects.ts';

const test = suite('lists of Python packages');

async function withFiles(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'requirements-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('lets packages pass that are asked for by name', async () => {
  const lines = [
    '# a comment',
    'numpy',
    'torch>=2.0,<3 ; python_version > "3.8"  # why',
    'transformers[torch, vision] == 4.1.*',
    'opencv-python~=4.5',
    'a===1',
    'b (>=1)',
    '--index-url https://example.com/simple',
    '--extra-index-url=https://example.com/simple',
    '-i https://example.com/simple',
    '--pre',
    'hashed==1 \\',
    '  --hash=sha256:abc \\',
    '  --hash=sha256:def',
    '-r more/list.txt',
    '-cconstraints.txt',
  ];
  await withFiles(
    {
      'requirements.txt': lines.join('\r\n'),
      'more/list.txt': 'x\n-r ../requirements.txt\n',
      'constraints.txt': 'y<2',
    },
    folder => refuseBuilds(folder, 'requirements.txt'),
  );
});

test('refuses every line that would be built, and says which, also in lists that are named', async () => {
  const lines = [
    'git+https://example.com/x.git',
    'x @ https://example.com/x.tar.gz',
    'x@ file:///tmp/x',
    'https://example.com/x.zip',
    './local',
    '/abs/x.tar.gz',
    'local.tar.gz',
    'local.zip ; python_version > "3"',
    '-e .',
    '--editable=./x',
    '--no-binary :all:',
    '--no-binary=x',
    '--global-option=x',
    '--config-settings x',
  ];
  for (const line of lines) {
    await withFiles({ 'requirements.txt': `ok\n${line}\n` }, async folder => {
      const error = await rejects(refuseBuilds(folder, 'requirements.txt'), ValidationError);
      assert.match(error.message, `requirements.txt:2: ${line}`);
      assert.match(error.message, 'needs the option scripts');
    });
  }
  const nested = {
    'requirements.txt': '-r sub/a.txt\n',
    'sub/a.txt': 'ok\n-r b.txt',
    'sub/b.txt': '.',
  };
  await withFiles(nested, async folder => {
    const error = await rejects(refuseBuilds(folder, 'requirements.txt'), ValidationError);
    assert.match(error.message, 'sub/b.txt:1: .');
  });
});

test('reads no list outside of the folder', async () => {
  for (const outside of ['../list.txt', '/etc/hostname', 'link.txt']) {
    await withFiles({ 'requirements.txt': `-r ${outside}\n` }, async folder => {
      await symlink('/etc/hostname', join(folder, 'link.txt'));
      const error = await rejects(refuseBuilds(folder, 'requirements.txt'), ValidationError);
      assert.match(error.message, 'is not a file in the folder');
    });
  }
});

test.run();
