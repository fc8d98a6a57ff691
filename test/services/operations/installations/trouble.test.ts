import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ErrorClassifier } from '../../../../index.ts';
import {
  CommandError,
  CommandMissingError,
  InstallationBusyError,
  type Trouble,
  VerificationError,
} from '../../../../services/operations/installations/errors.ts';
import { MAX_OUTPUT, Output } from '../../../../services/operations/installations/output.ts';
import { troubleIn } from '../../../../services/operations/installations/trouble.ts';

const test = suite('trouble of programs');

/** What programs have really said. */
const SAID: readonly (readonly [Trouble, string])[] = [
  [
    'network',
    "fatal: unable to access 'http://nohost.invalid/x/': Could not resolve host: nohost.invalid",
  ],
  [
    'network',
    "fatal: unable to access 'http://127.0.0.1:9/x/': Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server",
  ],
  ['network', "fatal: unable to access 'https://h/x/': The requested URL returned error: 503"],
  ['network', "fatal: unable to access 'https://h/x/': The requested URL returned error: 429"],
  [
    'network',
    'error: RPC failed; curl 56 Recv failure: Connection reset by peer\nfatal: early EOF\nfatal: index-pack failed',
  ],
  ['network', 'error: RPC failed; curl 18 transfer closed with outstanding read data remaining'],
  [
    'network',
    'ssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.',
  ],
  ['network', 'ssh: Could not resolve hostname h: Name or service not known'],
  ['network', 'fatal: the remote end hung up unexpectedly'],
  ['network', 'npm error code ECONNRESET\nnpm error network aborted'],
  ['network', 'npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error network'],
  ['network', 'npm ERR! code E503\nnpm ERR! 503 Service Unavailable - GET https://r/x'],
  ['network', 'npm error code EINTEGRITY\nnpm error sha512-x integrity checksum failed'],
  [
    'network',
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(... [Errno -2] Name or service not known')'\nERROR: Could not find a version that satisfies the requirement x\nERROR: No matching distribution found for x",
  ],
  ['timeout', 'ssh: connect to host h port 22: Connection timed out'],
  [
    'timeout',
    'fatal: unable to access: Operation too slow. Less than 1000 bytes/sec transferred the last 60 seconds',
  ],
  ['timeout', 'npm error code ETIMEDOUT'],
  ['timeout', 'pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.'],
  ['disk', 'fatal: write error: No space left on device'],
  ['disk', 'npm error code ENOSPC\nnpm error syscall write'],
  [
    'disk',
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
  ],
  ['disk', 'error: copy-fd: write returned: Disk quota exceeded'],
  ['permission', "fatal: could not create work tree dir 'x': Permission denied"],
  [
    'permission',
    'git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.',
  ],
  ['permission', "fatal: could not read Username for 'https://h': terminal prompts disabled"],
  ['permission', "fatal: Authentication failed for 'https://h/x/'"],
  ['permission', "fatal: unable to access 'https://h/x/': The requested URL returned error: 403"],
  [
    'permission',
    "fatal: unable to access 'https://h/x/': SSL certificate problem: self-signed certificate",
  ],
  ['permission', 'Host key verification failed.\nfatal: Could not read from remote repository.'],
  ['permission', 'npm error code EACCES\nnpm error syscall mkdir'],
  ['permission', 'npm error code E401\nnpm error Incorrect or missing password.'],
  ['refused', "fatal: repository 'http://h/x/' not found"],
  ['refused', 'remote: Repository not found.\nfatal: repository not found'],
  [
    'refused',
    "fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.",
  ],
  ['refused', "fatal: couldn't find remote ref nothing"],
  ['refused', 'fatal: remote error: upload-pack: not our ref deadbeef'],
  ['refused', 'fatal: dumb http transport does not support shallow capabilities'],
  ['refused', "fatal: transport 'ext' not allowed"],
  ['refused', 'npm error code E404\nnpm error 404 Not Found - GET https://r/x - Not found'],
  ['refused', 'npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree'],
  ['refused', 'npm error code EUSAGE\nnpm error `npm ci` can only install packages when'],
  [
    'refused',
    'ERROR: Could not find a version that satisfies the requirement x (from versions: none)\nERROR: No matching distribution found for x',
  ],
  ['refused', "ERROR: Invalid requirement: 'x==='"],
  ['refused', 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.'],
  ['unknown', 'Segmentation fault'],
  ['unknown', ''],
];

test('tells the kinds of trouble apart by what programs say', () => {
  for (const [trouble, said] of SAID) assert.is(troubleIn(said), trouble, said);
});

test('makes each kind an error that is retried where that makes sense', () => {
  const classifier = new ErrorClassifier();
  const verdict = (error: Error) => {
    const { category, retryable } = classifier.explain(error);
    return `${category} ${retryable}`;
  };
  const wanted: Record<Trouble, string> = {
    network: 'network true',
    timeout: 'timeout true',
    disk: 'resource false',
    permission: 'permission false',
    refused: 'validation false',
    unknown: 'unknown true',
  };
  for (const [trouble, verdictWanted] of Object.entries(wanted)) {
    assert.is(verdict(new CommandError(trouble as Trouble, 'x')), verdictWanted, trouble);
  }
  assert.is(verdict(new CommandMissingError('git')), 'validation false');
  assert.is(verdict(new VerificationError('/x', ['y'])), 'unknown true');
  assert.is(verdict(new InstallationBusyError('/x', 1)), 'resource true');
});

test('keeps the end of what a program says, and not more than it may', () => {
  const output = new Output([], () => undefined);
  for (let line = 0; line < 20_000; line += 1) {
    output.add(line % 2 === 0 ? 'out' : 'err', Buffer.from(`this is line ${line}\n`));
  }
  assert.ok(output.text.length <= MAX_OUTPUT);
  assert.ok(output.text.length > MAX_OUTPUT - 1_000);
  assert.match(output.text, /^this is line \d+\n/);
  assert.is(output.lines.length, 20);
  assert.is(output.lines.at(-1), 'this is line 19999');
  const endless = new Output([], () => undefined);
  for (let part = 0; part < 10; part += 1) endless.add('out', Buffer.alloc(50_000, 'x'));
  assert.is(endless.text, '', 'of a line that is longer than all that is kept, nothing is');
  endless.add('out', Buffer.from(`\n${'y'.repeat(500)}\n`));
  assert.equal(endless.lines, ['y'.repeat(200)]);
});

test('takes the last version of a line that is overwritten, also where a letter comes in two pieces', () => {
  const told: string[] = [];
  const output = new Output([], line => told.push(line));
  output.add('err', Buffer.from('Receiving:  1%\rReceiving: 50%\r'));
  assert.is(told.at(-1), 'Receiving: 50%');
  const letter = Buffer.from('ü');
  output.add('err', letter.subarray(0, 1));
  output.add('err', letter.subarray(1));
  assert.is(told.at(-1), 'ü');
});

test('shows no secret, neither while it runs nor in the end, also one that comes in pieces', () => {
  const told: string[] = [];
  const output = new Output(['secret-word'], line => told.push(line));
  output.add('out', Buffer.from('it is secret-'));
  output.add('out', Buffer.from('word, really\n'));
  assert.is(output.text, 'it is [secret], really\n');
  assert.equal(output.lines, ['it is [secret], really']);
  assert.not.match(told.at(-1) ?? '', 'secret-word');
  for (let shift = 0; shift < 12; shift += 1) {
    const long = new Output(['secret-word'], line => told.push(line));
    long.add('out', Buffer.from(`secret-word${'x'.repeat(4_000 - 12 + shift)}`));
    const cut = new Output(['secret-word'], line => told.push(line));
    for (let part = 0; part < 3; part += 1) cut.add('out', Buffer.alloc(40_000, 'x'));
    cut.add('out', Buffer.from(`secret-word${'x'.repeat(MAX_OUTPUT - 12 + shift)}`));
    for (const line of [...told, ...cut.lines, cut.text.slice(0, 20)]) {
      assert.not.match(line, /(secret-w|ret-word|word)/);
    }
    told.length = 0;
  }
});

test.run();
