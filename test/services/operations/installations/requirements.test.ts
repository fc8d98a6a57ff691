import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ValidationError } from '../../../../services/errors.ts';
import { refuseBuilds } from '../../../../services/operations/installations/requirements.ts';
import { refuseScheme } from '../../../../services/operations/installations/setup-config.ts';
import { rejects } from '../../../support/rejects.ts';

const test = suite('lists of Python packages');

async function withFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
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
    '--no-index --find-links=wheels --only-binary=:all:',
    'a ; platform_system != "Windows" and (extra == \'x-y\')',
    '  # é: a comment does not go on \\',
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

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: pip has such variables.
test('refuses what pip reads in another way than it looks', async () => {
  const contents = [
    '# a comment does not go on \\\n./local\n',
    'a==1 \\\n# nor amid a line \\\n./local\n',
    'a==1 # x\f./local\n',
    'a==1 # x\u2028./local\n',
    'a==1 # x\u0085./local\n',
    'a==1 # x\v./local\n',
    'x=/local\n',
    'a=.zip\n',
    'a===.zip\n',
    'a.zip[x]\n',
    'a.tar.gz [x]\n',
    '--pre -e ./local\n',
    '--pre --no-binary :all:\n',
    '--pre "-e" ./local\n',
    '--pre \\-e ./local\n',
    '--pre -r other.txt\n',
    '-i -e ./local\n',
    '-r other.txt -e ./local\n',
    '-r "other.txt"\n',
    '-r file:other.txt\n',
    '--only-binary=:none:\n',
    '-i https://example.com --no-binary=:all:\n',
    'a==1 --config-settings=x=y\n',
    'a; python_version > "3" --no-binary :all:\n',
    'a==1 --hash=sha256:abc --no-binary=:all:\n',
    'a @ https://example.com/a-1-py3-none-any.whl\n',
    '--pre ${OPTIONS}\n',
    '${PACKAGE}\n',
    'a; python_version > "${SECRET}"\n',
    '-i https://example.com/${SECRET}/\n',
    '# -*- coding: utf-7 -*-\na\n',
    'a\n# vim: fileencoding=cp037\n',
    Buffer.from('\ufeffa\n', 'utf16le'),
    Buffer.from('# caf\xe9\na\n', 'latin1'),
  ];
  for (const content of contents) {
    const files = {
      'requirements.txt': content,
      'other.txt': './local',
      'other.txt -e ./local': '',
      'file:other.txt': '',
    };
    await withFiles(files, async folder => {
      const error = await rejects(refuseBuilds(folder, 'requirements.txt'), ValidationError);
      assert.match(error.message, 'needs the option scripts', String(content));
    });
  }
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: pip has such variables.

test('refuses more lists than it looks at, and says no more than it must', async () => {
  const files: Record<string, string> = { 'requirements.txt': '-r 1.txt\n', '60.txt': './local\n' };
  for (let number = 1; number < 60; number += 1) files[`${number}.txt`] = `-r ${number + 1}.txt\n`;
  await withFiles(files, async folder => {
    const error = await rejects(refuseBuilds(folder, 'requirements.txt'), ValidationError);
    assert.match(error.message, '49.txt:1: names more than 50 lists');
  });
  await withFiles({ 'requirements.txt': './local\n'.repeat(1_000) }, async folder => {
    const error = await rejects(refuseBuilds(folder, 'requirements.txt'), ValidationError);
    assert.is((error.details.problems as unknown[]).length, 100);
  });
});

test('looks at the list that pip finds where a link is on the way', async () => {
  const files = {
    'requirements.txt': '-r link/../list.txt\n',
    'list.txt': 'ok\n',
    'a/list.txt': './local\n',
    'a/b/x': '',
  };
  await withFiles(files, async folder => {
    await symlink('a/b', join(folder, 'link'));
    const error = await rejects(refuseBuilds(folder, 'requirements.txt'), ValidationError);
    assert.match(error.message, 'a/list.txt:1: ./local');
  });
});

test('is done with a long line at once', async () => {
  const lines = [
    `a${' '.repeat(200_000)}!`,
    `a==1${' '.repeat(200_000)}x`,
    `${'a'.repeat(200_000)}!`,
  ];
  await withFiles({ 'requirements.txt': lines.join('\n') }, async folder => {
    const begun = performance.now();
    const error = await rejects(refuseBuilds(folder, 'requirements.txt'), ValidationError);
    assert.is((error.details.problems as unknown[]).length, 3);
    assert.ok(performance.now() - begun < 5_000);
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

test('refuses a setup.cfg by which pip would put packages elsewhere', async () => {
  await withFiles({ 'setup.cfg': '[metadata]\nname = x\n[install_lib]\n' }, refuseScheme);
  await withFiles({}, refuseScheme);
  const contents = [
    '[install]\ninstall_lib=/x',
    '[metadata]\r[install] ; x\rprefix=/x',
    '\u00e9\n[install]',
  ];
  for (const content of contents) {
    await withFiles({ 'setup.cfg': content }, async folder => {
      const error = await rejects(refuseScheme(folder), ValidationError);
      assert.match(error.message, 'needs the option scripts');
    });
  }
  await withFiles({ 'other.cfg': '' }, async folder => {
    await symlink('other.cfg', join(folder, 'setup.cfg'));
    await rejects(refuseScheme(folder), ValidationError);
  });
});

test.run();
