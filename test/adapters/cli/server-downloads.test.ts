import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { killed, serving, until, withCli } from '../../support/cli.ts';

export const suiteTimeout = 300_000;
const content = sampleBytes(200_000);
const gone: Fault = { kind: 'status', status: 404 };
const test = suite('cli following a server');

test(
  'follows a download at a server to its end, and attaches to it again',
  withCli(async place => {
    const { server, folder, run, start, env } = place;
    const first = await serving(place);
    env.RECOVERY_SERVER = first.url;
    // Whoever attaches must find it running, however slow the machine is.
    const url = server.serve('/slow', { content, pace: 5_000 });
    const command = ['download', url, 'slow', '--id', 'one'];
    const cli = start(...command);
    await until(() => /in_progress {2}attempt 1 {2}\d/.test(cli.out()));
    cli.child.kill('SIGINT');
    const left = await cli.finished;
    assert.is(left.exit, 130);
    assert.match(left.out, `it goes on at ${first.url}; see it with: `);
    assert.match(left.out, `show one --server ${first.url}\n`);
    const attached = start(...command);
    await until(() => /slow: resuming at \d/.test(attached.out()));
    const other = await run('download', url, 'other', '--id', 'one');
    assert.is(other.exit, 1);
    assert.match(other.err, /OPERATION_CONFLICT/);
    await run('cancel', 'one');
    assert.is((await attached.finished).exit, 1);
    assert.is(server.requests.length, 1);

    const fast = ['download', server.serve('/file', { content }), 'file'];
    const done = await run(...fast);
    assert.is(done.exit, 0, done.err);
    assert.match(done.out, `success: ${join(folder, 'file')}, 200.0 kB`);
    assert.match((await run(...fast)).out, /was downloaded on .*; remove it/);
    assert.is(server.requests.length, 2);
  }),
);

test(
  'goes on following a download when its server was killed and came back',
  withCli(async place => {
    const { server, start } = place;
    const first = await serving(place);
    const url = server.serve('/file', { content, pace: 100_000 });
    const cli = start('download', url, 'file', '--id', 'one', '--server', first.url);
    await until(() => /in_progress {2}attempt 1 {2}\d/.test(cli.out()));
    await killed(first);
    await until(() => cli.out().includes('reconnecting'));
    await serving(place, Number(new URL(first.url).port));
    const { exit, out, err } = await cli.finished;
    assert.is(exit, 0, err);
    assert.match(out, `the connection to ${first.url} broke; reconnecting\n`);
    assert.match(out, `${first.url} is there again\n`);
    assert.match(out, /file {2}in_progress {2}attempt 2/);
    assert.match(out, /success: .*file, 200\.0 kB/);
  }),
);

test(
  'says how operations ended at a server as it does in a store',
  withCli(async place => {
    const { server, run } = place;
    const { url } = await serving(place);
    const missing = server.serve('/missing', { content, faults: [gone, gone] });
    const failed = await run('download', missing, 'missing', '--id', 'there', '--server', url);
    const locally = await run(
      'download',
      missing,
      'missing',
      '--id',
      'there',
      '--store',
      'other.db',
    );
    assert.is(failed.exit, 1);
    assert.match(failed.err, /^failed: there: .*404.* \[OPERATION_FAILED\]; mend the cause/);
    assert.is(failed.err, locally.err);
    const slow = server.serve('/slow', { content, pace: 10_000 });
    const cli = place.start('download', slow, 'slow', '--id', 'slow', '--server', url);
    await until(() => cli.out().includes('in_progress'));
    await run('cancel', 'slow', '--reason', 'enough', '--server', url);
    const cancelled = await cli.finished;
    assert.is(cancelled.exit, 1);
    assert.match(cancelled.err, /^cancelled: slow: .*enough.* \[OPERATION_CANCELLED\]/);
    const unknown = await run('start', 'what', '--server', url);
    assert.is(unknown.exit, 1);
    assert.match(unknown.err, `no operation of that name is defined at ${url}`);
  }),
);

test.run();
