import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { cutAt, keptBytes, sha256Of } from '../../services/operations/download-fixture.ts';
import { until, withCli } from '../../support/cli.ts';

export const suiteTimeout = 300_000;
const content = sampleBytes(1_000_000);
const sha256 = sha256Of(content);
const test = suite('cli download');

test(
  'downloads through trouble, and says what happened in plain lines',
  withCli(async ({ server, folder, start }) => {
    const faults = [cutAt(300_000, join(folder, 'deep/file'))];
    const url = server.serve('/file', { content, faults });

    const { exit, out, err } = await start('download', url, 'deep/file', '--sha256', sha256)
      .finished;

    assert.is(err, '');
    assert.is(exit, 0);
    assert.match(out, /file {2}in_progress {2}attempt 1/);
    assert.match(out, /file {2}recovering {2}attempt 1 {2}.*retry 1 of 10/);
    assert.match(out, /success: .*deep\/file, 1\.0 MB, 300\.0 kB of it from before, SHA-256/);
    assert.is(sha256Of(await readFile(join(folder, 'deep/file'))), sha256);
  }),
);

test(
  'has a thread take the checksum of a large file',
  withCli(async ({ server, start }) => {
    const large = sampleBytes(40_000_000);
    const url = server.serve('/large', { content: large });
    const command = ['download', url, 'large', '--sha256', sha256Of(large)];
    const { exit, err } = await start(...command).finished;
    assert.equal([exit, err], [0, '']);
  }),
);

test(
  'goes on in a new process after each SIGKILL, and says from where',
  withCli(async ({ server, folder, start, run }) => {
    const url = server.serve('/file', { content, pace: 250_000 });
    const command = ['download', url, 'file', '--sha256', sha256];

    for (const share of [0.25, 0.5]) {
      const cli = start(...command);
      await until(async () => (await keptBytes(join(folder, 'file'))) > content.length * share);
      cli.child.kill('SIGKILL');
      assert.is((await cli.finished).exit, 'SIGKILL');
    }
    server.serve('/file', { content });
    const { exit, out } = await run(...command);

    assert.is(exit, 0);
    assert.match(out, /file: resuming at \d+\.\d kB, attempt 3, interrupted twice/);
    const [first, second, third] = server.requests.map(request => request.headers.range);
    assert.is(first, 'bytes=0-67108863');
    assert.ok(offset(second) > 250_000 && offset(third) > 500_000, `${second} ${third}`);
    assert.is(server.requests[2]?.sent, content.length - offset(third));
    assert.is(sha256Of(await readFile(join(folder, 'file'))), sha256);
  }),
);

test(
  'stops durably at Ctrl-C, and goes on with the command that it says',
  withCli(async ({ server, folder, start }) => {
    const url = server.serve('/file', { content, pace: 250_000 });
    const command = ['download', url, 'file', '--max-retries', '3'];
    const cli = start(...command);
    await until(async () => (await keptBytes(join(folder, 'file'))) > 0);

    cli.child.kill('SIGINT');
    const stopped = await cli.finished;

    assert.is(stopped.exit, 130);
    assert.match(stopped.out, /stopped at \d+\.\d kB of 1\.0 MB/);
    assert.match(stopped.out, `download ${url} file --max-retries 3\n`);
    assert.is(stopped.err, '');
    server.serve('/file', { content });
    const said = /^go on with: (.*)$/m.exec(stopped.out)?.[1] ?? '';
    const resumed = await promisify(execFile)('sh', ['-c', said], { cwd: folder });
    assert.match(resumed.stdout, /resuming at \d+\.\d kB, attempt 2, stopped once/);
    assert.ok(offset(server.requests[1]?.headers.range) > 0);
  }),
);

test(
  'stops at SIGTERM as at Ctrl-C, also while it waits for a retry',
  withCli(async ({ server, start, run }) => {
    const faults: Fault[] = [{ kind: 'status', status: 503, retryAfter: '30' }];
    const url = server.serve('/file', { content, faults });
    const cli = start('download', url, 'file');
    await until(() => cli.out().includes('recovering'));

    cli.child.kill('SIGTERM');

    assert.is((await cli.finished).exit, 130);
    assert.match((await run('list')).out, /recovering/);
  }),
);

test(
  'ends at once at the second Ctrl-C, and is resumable even so',
  withCli(async ({ server, start, run }) => {
    const url = server.serve('/file', { content, pace: 250_000 });
    const cli = start('download', url, 'file');
    await until(() => (server.requests[0]?.sent ?? 0) > 200_000);

    cli.child.kill('SIGINT');
    cli.child.kill('SIGINT');

    assert.is((await cli.finished).exit, 130);
    server.serve('/file', { content });
    assert.is((await run('download', url, 'file')).exit, 0);
  }),
);

test(
  'fails on a wrong SHA-256, and tries again when it is told the right one',
  withCli(async ({ server, folder, run }) => {
    const url = server.serve('/file', { content });

    const wrong = await run('download', url, 'file', '--sha256', 'a'.repeat(64));

    assert.is(wrong.exit, 1);
    assert.match(wrong.err, /^failed: download-\w+: .*SHA-256 is .* \[OPERATION_FAILED\]/m);
    assert.is(wrong.err.trim().split('\n').length, 1);
    assert.is(await stat(join(folder, 'file')).catch(() => undefined), undefined);
    const right = await run('download', url, 'file', '--sha256', sha256);
    assert.is(right.exit, 0);
    assert.match((await run('list')).out, /download-\w+-2 .*success/);
  }),
);

test(
  'tries a failed one again, leaves a finished one alone, and fetches a removed file anew',
  withCli(async ({ server, folder, run }) => {
    const gone: Fault = { kind: 'status', status: 404 };
    const url = server.serve('/file', { content, faults: [gone] });
    const command = ['download', url, 'file'];

    const failed = await run(...command);
    const retried = await run(...command);
    const there = await run(...command);
    await rm(join(folder, 'file'));
    const anew = await run(...command);

    assert.is(failed.exit, 1);
    assert.match(failed.err, /404/);
    assert.equal([retried.exit, there.exit, anew.exit], [0, 0, 0]);
    assert.match(there.out, /file was downloaded on .*; remove it to download it again/);
    assert.is(server.requests.length, 3);
    assert.is((await stat(join(folder, 'file'))).size, content.length);
  }),
);

test(
  'is exhausted when the retries are used up',
  withCli(async ({ server, run }) => {
    const down: Fault = { kind: 'status', status: 503 };
    const url = server.serve('/file', { content, faults: [down, down, down] });

    const { exit, err } = await run('download', url, 'file', '--max-retries', '1');

    assert.is(exit, 1);
    assert.match(err, /^exhausted: .*\[OPERATION_EXHAUSTED\]; `retry` lets it try again/m);
    assert.is(server.requests.length, 2);
  }),
);

test(
  'refuses what makes no sense with exit code 2, before it makes a store',
  withCli(async ({ server, folder, run }) => {
    const url = server.serve('/file', { content });
    const refused: [string[], RegExp][] = [
      [['download', 'ftp://host/f', 'file'], /must be http or https.*\[VALIDATION\]/],
      [['download', url, 'file', '--sha256', 'abc'], /64 hexadecimal digits/],
      [['download', url, 'folder/'], /must name a file/],
      [['download', url, 'file', '--header', 'nothing'], /a name and a value/],
      [['download', url, 'file', '--header', 'Range: bytes=1-'], /set by the download itself/],
      [['download', url, 'file', '--max-retries', '-1'], /integer of at least 0/],
      [['download', url, 'file', '--idle-timeout', 'soon'], /duration such as/],
      [['download', url], /missing required argument 'file'/],
    ];
    for (const [args, message] of refused) {
      const { exit, err } = await run(...args);
      assert.is(exit, 2, args.join(' '));
      assert.match(err, message);
      assert.not.match(err, /\n {4}at /);
    }
    assert.is(await stat(join(folder, 'recovery.db')).catch(() => undefined), undefined);
    assert.is(server.requests.length, 0);
  }),
);

test(
  'says in one line why a store cannot be used',
  withCli(async ({ server, folder, start, run }) => {
    const url = server.serve('/file', { content, pace: 100_000 });
    await mkdir(join(folder, 'a-folder'));
    await writeFile(join(folder, 'foreign'), 'no database');

    const inFolder = await run('download', url, 'file', '--store', 'a-folder');
    const foreign = await run('download', url, 'file', '--store', 'foreign');
    const first = start('download', url, 'file');
    await until(() => server.requests.length > 0);
    const second = await run('download', url, 'other');
    first.child.kill('SIGKILL');

    for (const { exit, err } of [inFolder, foreign, second]) {
      assert.is(exit, 1);
      assert.is(err.trim().split('\n').length, 1, err);
    }
    assert.match(inFolder.err, /a-folder/);
    assert.match(foreign.err, /\[STORE_(FOREIGN|DAMAGED)\]/);
    assert.match(second.err, /\[STORE_LOCKED\]; stop the process/);
  }),
);

test(
  'sends the headers it was given, and keeps to the id',
  withCli(async ({ server, run }) => {
    const url = server.serve('/file', { content });
    const headers = ['--header', 'Authorization: Bearer x:y', '--header', 'X-A:1'];

    const { exit } = await run('download', url, 'file', '--id', 'mine', ...headers);
    const other = await run('download', url, 'other', '--id', 'mine');

    assert.is(exit, 0);
    assert.is(server.requests[0]?.headers.authorization, 'Bearer x:y');
    assert.is(server.requests[0]?.headers['x-a'], '1');
    assert.is(other.exit, 1);
    assert.match(other.err, /"mine" has other options.*\[OPERATION_CONFLICT\]/);
  }),
);

test(
  'keeps headers out of the store, and goes on with those that are said again',
  withCli(async ({ server, folder, start, run }) => {
    const url = server.serve('/file', { content, pace: 400_000 });
    const command = ['download', url, 'file'];
    const header = ['--header', 'Authorization: Bearer s3cr3t-word'];
    const cli = start(...command, ...header);
    await until(async () => (await keptBytes(join(folder, 'file'))) > 0);
    cli.child.kill('SIGKILL');
    await cli.finished;
    const names = (await readdir(folder)).filter(name => name.startsWith('recovery.db'));
    for (const name of names) {
      const path = join(folder, name);
      if ((await stat(path)).isFile()) assert.not.match(await readFile(path, 'latin1'), /s3cr3t/);
    }
    server.serve('/file', { content });

    const without = await run('resume');
    assert.is(without.exit, 1);
    assert.match(without.out + without.err, /lacks secrets of its input: headers.Authorization/);
    const again = await run(...command, ...header);

    assert.is(again.exit, 0, again.err);
    assert.is(server.requests.at(-1)?.headers.authorization, 'Bearer s3cr3t-word');
  }),
);

test(
  'fetches no faster than it is told, and refuses rates and ranges that are none',
  withCli(async ({ server, run }) => {
    const url = server.serve('/file', { content });
    const begin = performance.now();
    const slow = await run('download', url, 'file', '--limit-rate', '2M', '--ranges', '2');
    assert.is(slow.exit, 0, slow.err);
    assert.ok(performance.now() - begin >= 350, 'a MB at 2 MB/s, but for what may come at once');
    for (const wrong of [
      ['--limit-rate', 'fast'],
      ['--limit-rate', '0'],
      ['--ranges', '0'],
    ]) {
      assert.is((await run('download', url, 'file', ...wrong)).exit, 2, wrong.join(' '));
    }
  }),
);

function offset(range: string | undefined): number {
  return Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? Number.NaN);
}

test.run();
