import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecovery } from '../../../../index.ts';
import { createInstallations } from '../../../../operations.ts';
import { ValidationError } from '../../../../services/errors.ts';
import {
  type InputLimits,
  parseInstall,
  parseUninstall,
} from '../../../../services/operations/installations/input.ts';
import { refProblem } from '../../../../services/operations/installations/names.ts';
import {
  PROTOCOLS,
  parseRepository,
} from '../../../../services/operations/installations/repository-url.ts';

const test = suite('hostile installations');
const all: InputLimits = { root: '/root', protocols: PROTOCOLS };
const good = { repository: 'https://example.com/owner/name.git' };

function refusal(input: unknown, limits = all): string {
  try {
    parseInstall(input, limits);
  } catch (error) {
    assert.instance(error, ValidationError);
    return (error as ValidationError).message;
  }
  return '';
}

test('takes the addresses that git takes, and names the folder after them', () => {
  const names: Record<string, string> = {
    'https://example.com/owner/name.git': 'name',
    'https://example.com:8443/owner/name/': 'name',
    'https://[::1]:8443/name': 'name',
    'http://127.0.0.1/a%20b.git': 'a b',
    'ssh://git@example.com:22/owner/name.git': 'name',
    'ssh://example.com/~user/name': 'name',
    'git@example.com:owner/name.git': 'name',
    'example.com:name': 'name',
    'file:///srv/git/name.git': 'name',
  };
  for (const [repository, name] of Object.entries(names)) {
    const order = parseInstall({ repository }, all);
    assert.is(order.name, name, repository);
  }
});

test('refuses addresses that are more than that, and says what is wrong with which member', () => {
  const refused: Record<string, RegExp> = {
    '': /must not be empty/,
    'ext::sh -c touch% /tmp/x': /remote helper, got "ext::"/,
    'fd::17': /remote helper/,
    '::x': /remote helper/,
    '--upload-pack=touch x': /must not begin with "-"/,
    '-u': /must not begin with "-"/,
    'ssh://-oProxyCommand=x/y': /host name|not a URL/,
    'ssh://-o@host/y': /user name/,
    '-oProxy@host:x': /must not begin/,
    'a@-oProxyCommand=x:y': /must be a URL|host name/,
    'git@host:-x': /path that begins with "-"/,
    'https://host/a;rm -rf x': /must not contain ";" \(character 15\)/,
    'https://host/$(id)': /must not contain "\$" \(character 14\)/,
    'https://host/`id`': /must not contain "`"/,
    'https://host/a\nb': /must not contain U\+000A \(character 15\)/,
    'https://host/a\0b': /must not contain U\+0000/,
    'https://host/a\u202eb': /must not contain U\+202E/,
    'https://host/a b': /must not contain U\+0020/,
    "https://host/'": /must not contain "'"/,
    'https://user:pass@host/x': /must not carry credentials/,
    'https://token@host/x': /must not carry credentials/,
    'ssh://u:p@host/x': /must not carry credentials/,
    'https://host/x?token=1': /query or a fragment/,
    'https://host/x#y': /query or a fragment/,
    'https://host/': /must have a path/,
    'https://host/a/%E0%A4%A': /not well encoded/,
    'git://host/x': /must be one of https, http, ssh, file, got git/,
    'ftp://host/x': /must be one of/,
    'file://host/x': /a file of this machine/,
    '/srv/git/x': /must be a URL/,
    '../x': /must be a URL/,
    'C:/x': /file:\/\/\/path/,
    'git@host:../x': /must not have ".." in its path/,
    'https://host/..%2f..%2fetc': /name: must be the name of one folder/,
    'https://host/.git': /name: must not be empty \(from the repository\)/,
    [`https://host/${'x'.repeat(3000)}`]: /longer than 2000/,
  };
  for (const [repository, message] of Object.entries(refused)) {
    const said = refusal({ repository });
    assert.match(said, message, repository);
    assert.match(said, /^this cannot be installed: (repository|name): /, repository);
  }
});

test('refuses ways that are not allowed', () => {
  const limits: InputLimits = { root: '/root', protocols: ['https', 'ssh'] };
  assert.is(refusal(good, limits), '');
  assert.is(refusal({ repository: 'git@host:x' }, limits), '');
  for (const repository of ['http://host/x', 'file:///x']) {
    assert.match(refusal({ repository }, limits), /must be one of https, ssh, got/);
  }
  const https: InputLimits = { root: '/root', protocols: ['https'] };
  assert.match(refusal({ repository: 'git@host:x' }, https), /got ssh/);
});

test('refuses refs that git or a shell would take for more than a name', () => {
  for (const ref of ['main', 'feature/x-1', 'v1.2.3', 'refs/heads/main', 'a#1', 'ünï', 'a+b=c,d']) {
    assert.is(refProblem(ref), undefined, ref);
  }
  const refused = [
    ...['', '-x', '--upload-pack=x', 'a b', 'a..b', 'a@{1}', '@', 'a^', 'a~1', 'a:b', 'a?b', 'a*b'],
    ...['a[b', 'a\\b', 'a/', '/a', 'a//b', 'a.lock', 'a.lock/b', '.a', 'a/.b', 'a.', 'a;b', 'a|b'],
    ...['a&b', 'a$b', 'a`b', "a'b", 'a"b', 'a<b', 'a(b', 'a{b', 'a!b', 'a\nb', 'a\0b', 'a\u200bb'],
    'x'.repeat(300),
  ];
  for (const ref of refused) {
    assert.match(refusal({ ...good, ref }), /: ref: /, JSON.stringify(ref));
  }
});

test('refuses names that lead out of the root, hide, or mean something to a system', () => {
  const names = ['..', '.', '.hidden', 'a/b', 'a\\b', '../x', '/etc', 'C:', 'a\0', 'a\n', '-x', ''];
  for (const name of [...names, 'con', 'NUL.txt', 'a.', 'a ', ' a', 'a*', 'ü'.repeat(100)]) {
    assert.match(refusal({ ...good, name }), /: name: /, JSON.stringify(name));
    assert.throws(() => parseUninstall({ name }, all), /: name: /);
  }
  for (const name of ['a', 'ComfyUI-Manager', 'a.b_c', 'größe 2', 'x@1']) {
    assert.is(refusal({ ...good, name }), '', name);
  }
});

test('keeps credentials to where they are safe', () => {
  const auth = { password: 'secret' };
  assert.is(refusal({ ...good, auth }), '');
  assert.is(refusal({ ...good, auth: 'Bearer abc' }), '');
  assert.is(refusal({ repository: 'http://127.0.0.1:80/x', auth }), '');
  assert.match(refusal({ repository: 'http://host/x', auth }), /auth: would be sent in the clear/);
  assert.match(refusal({ repository: 'git@host:x', auth }), /auth: has no use for ssh/);
  assert.match(refusal({ ...good, auth: 'a\r\nX: b' }), /auth: /);
  assert.match(refusal({ ...good, auth: { password: 'a\nb' } }), /auth/);
});

test('wants the root from one side only', () => {
  const open: InputLimits = { root: undefined, protocols: ['https'] };
  assert.match(refusal(good, open), /root: is missing/);
  assert.match(refusal({ ...good, root: 'relative' }, open), /root: must be an absolute path/);
  assert.is(refusal({ ...good, root: '/x' }, open), '');
  assert.match(refusal({ ...good, root: '/x' }), /root: is not for the input to say/);
  assert.match(refusal({ ...good, extra: 1 }), /extra/);
  assert.match(refusal(null), /cannot be installed/);
});

test('says everything that is wrong at once', () => {
  const said = refusal({ repository: 'https://host/a', ref: '-x', name: '..', auth: 5 });
  for (const member of ['ref: ', 'name: ', 'auth: ']) assert.match(said, member);
});

test('never makes a name of anything but one folder, whatever the address is', () => {
  const parts = ['https://h/', 'a', '..', '/', '.git', '%2e%2e', '%2f', '%5c', '%00', ':', '@'];
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed;
  };
  for (let round = 0; round < 3_000; round += 1) {
    const length = (random() % 6) + 1;
    const tail = Array.from({ length }, () => parts[(random() >> 8) % parts.length]).join('');
    const repository = `https://h/${tail}`;
    if (typeof parseRepository(repository, PROTOCOLS) === 'string') continue;
    try {
      const { name } = parseInstall({ repository }, all);
      assert.not.match(name, /[/\\\0]|^\.|^$/, repository);
    } catch (error) {
      assert.instance(error, ValidationError, repository);
    }
  }
});

test('refuses options that cannot be used, all at once', async () => {
  const recovery = await createRecovery();
  const options = {
    protocols: ['gopher'],
    commandTimeout: 0,
    killGrace: -1,
    pythonTarget: '../x',
    verify: 'yes',
    scripst: true,
  };
  // @ts-expect-error what JavaScript may pass
  const make = () => createInstallations(recovery, options);
  for (const option of Object.keys(options)) assert.throws(make, new RegExp(option));
  assert.throws(make, /did you mean scripts/);
  await recovery.close();
});

test.run();
