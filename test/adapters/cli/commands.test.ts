import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { keptBytes } from '../../services/operations/download-fixture.ts';
import { type CliPlace, until, withCli } from '../../support/cli.ts';

export const suiteTimeout = 300_000;
const content = sampleBytes(500_000);
const gone: Fault = { kind: 'status', status: 404 };
const test = suite('cli commands');

/** Leaves a download that was stopped in the middle. */
async function interruptedDownload({ server, folder, start }: CliPlace, id: string): Promise<void> {
  const url = server.serve(`/${id}`, { content, pace: 250_000 });
  const cli = start('download', url, id, '--id', id);
  await until(async () => (await keptBytes(join(folder, id))) > 0);
  cli.child.kill('SIGKILL');
  await cli.finished;
  server.serve(`/${id}`, { content });
}

test(
  'lists by state, name and text, as a table and as JSON',
  withCli(async ({ server, run }) => {
    const good = server.serve('/good', { content });
    const bad = server.serve('/bad', { content, faults: [gone] });
    await run('download', good, 'good-file', '--id', 'good');
    await run('download', bad, 'bad-file', '--id', 'bad');

    const table = await run('list');
    const lines = table.out.trim().split('\n');
    assert.match(lines[0] ?? '', /^ID +NAME +STATE +ATTEMPT +UPDATED +WHAT$/);
    assert.match(lines[1] ?? '', /^bad +download +failed +1 .*bad-file: .*404/);
    assert.match(lines[2] ?? '', /^good +download +success +1 .*good-file$/);

    const ids = async (...args: string[]) => {
      const { exit, out } = await run('list', '--json', ...args);
      assert.is(exit, 0);
      return (JSON.parse(out) as { id: string }[]).map(({ id }) => id);
    };
    assert.equal(await ids(), ['bad', 'good']);
    assert.equal(await ids('--state', 'success', 'exhausted'), ['good']);
    assert.equal(await ids('--text', 'BAD-file'), ['bad']);
    assert.equal(await ids('--name', 'upload'), []);
    assert.equal(await ids('--limit', '1'), ['bad']);
    assert.match((await run('list', '--limit', '1')).out, /and more; --limit 2/);
    assert.match((await run('list', '--name', 'upload')).out, /no such operation/);
  }),
);

test(
  'lists the circuit breakers with what they have counted, as a table and as JSON',
  withCli(async ({ server, run }) => {
    await run('download', server.serve('/good', { content }), 'good-file');
    assert.match((await run('breakers')).out, /no circuit breaker/);
    const drops = { content, faults: [{ kind: 'status', status: 503 } as const] };
    await run('download', server.serve('/bad', drops), 'bad-file', '--max-retries', '0');
    const { host } = new URL(server.serve('/good', { content }));
    const table = await run('breakers');
    const lines = table.out.trim().split('\n');
    assert.match(lines[0] ?? '', /^KEY +STATE +CALLS +FAILED +SLOW +UNTIL +WHY$/);
    assert.match(lines[1] ?? '', new RegExp(`^${host} +closed +1 +1 \\(100 %\\) +0$`));
    const { exit, out } = await run('breakers', '--json');
    assert.is(exit, 0);
    const [{ key, state, failures }] = JSON.parse(out);
    assert.equal([key, state, failures], [host, 'closed', 1]);
  }),
);

test(
  'prints the charts as JSON and as Mermaid, all or one',
  withCli(async ({ run }) => {
    const both = JSON.parse((await run('machines')).out);
    assert.equal(Object.keys(both), ['operation', 'breaker']);
    const one = await run('machines', 'operation');
    assert.equal(JSON.parse(one.out), both.operation);
    assert.match(
      (await run('machines', 'breaker', '--format', 'mermaid')).out,
      /^stateDiagram-v2\n/,
    );
    const pages = (await run('machines', '--format', 'mermaid')).out;
    assert.is(pages.match(/^```mermaid$/gm)?.length, 2);
    const wrong = await run('machines', 'door');
    assert.is(wrong.exit, 2);
    assert.match(wrong.err, /no chart "door"; there are operation, breaker/);
  }),
);

test(
  'shows an operation with its steps, and its history with reasons in words',
  withCli(async ({ server, run }) => {
    const url = server.serve('/file', { content, faults: [{ kind: 'status', status: 503 }] });
    await run('download', url, 'file', '--id', 'one');

    const words = await run('show', 'one');
    assert.match(words.out, /^state +success$/m);
    assert.match(words.out, /^attempts +2$/m);
    assert.match(words.out, /transfer +2 +\{"file"/);
    assert.match(words.out, /in_progress -> recovering .*503.*retry 1 of 10.*http:503/);

    const { out } = await run('show', 'one', '--json');
    const { id, state, output, steps, history } = JSON.parse(out);
    assert.equal([id, state], ['one', 'success']);
    assert.equal(steps[0].result, output);
    assert.is(history.at(-1).to, 'success');

    const missing = await run('show', 'two');
    assert.is(missing.exit, 1);
    assert.match(missing.err, /there is no operation "two" \[OPERATION_NOT_FOUND\]; `list` shows/);
  }),
);

test(
  'resumes everything unfinished, and says when there is nothing',
  withCli(async place => {
    await interruptedDownload(place, 'a');
    await interruptedDownload(place, 'b');

    const resumed = await place.run('resume');

    assert.is(resumed.exit, 0, resumed.err);
    assert.match(resumed.out, /success: .*\/a, 500\.0 kB, \d+\.\d kB of it from before/);
    assert.match(resumed.out, /success: .*\/b, 500\.0 kB, \d+\.\d kB of it from before/);
    const again = await place.run('resume');
    assert.is(again.exit, 0);
    assert.match(again.out, /nothing to resume/);
  }),
);

test(
  'stops a resume at Ctrl-C, and fails with what it resumes',
  withCli(async place => {
    await interruptedDownload(place, 'a');
    const { server, start, run } = place;
    server.serve('/a', { content, pace: 100_000 });
    const cli = start('resume');
    await until(() => server.requests.length === 2);
    cli.child.kill('SIGINT');
    const stopped = await cli.finished;
    assert.is(stopped.exit, 130);
    assert.match(stopped.out, /go on with: .* resume\n/);

    server.serve('/a', { content, faults: [gone] });
    const failed = await run('resume');
    assert.is(failed.exit, 1);
    assert.match(failed.err, /^failed: a: .*404/m);
  }),
);

test(
  'retries what failed, and nothing else',
  withCli(async ({ server, run }) => {
    const url = server.serve('/file', { content, faults: [gone] });
    await run('download', url, 'file', '--id', 'one');

    const retried = await run('retry', 'one');
    const again = await run('retry', 'one');
    const missing = await run('retry', 'two');

    assert.is(retried.exit, 0);
    assert.match(retried.out, /success: .*file/);
    assert.is(again.exit, 1);
    assert.match(again.err, /\[OPERATION_CONFLICT\]/);
    assert.is(missing.exit, 1);
    assert.match(missing.err, /\[OPERATION_NOT_FOUND\]/);
  }),
);

test(
  'cancels what is unfinished, with the reason in the history',
  withCli(async place => {
    await interruptedDownload(place, 'one');

    const cancelled = await place.run('cancel', 'one', '--reason', 'not wanted');
    const again = await place.run('cancel', 'one');

    assert.is(cancelled.exit, 0, cancelled.err);
    assert.match(cancelled.out, 'cancelled: one');
    assert.match((await place.run('show', 'one')).out, /failed .*not wanted/);
    assert.is(again.exit, 1);
    assert.match(again.err, /one cannot be cancelled now: failed/);
    assert.is((await place.run('cancel', 'two')).exit, 1);
  }),
);

test(
  'checks a store that is whole, in use, damaged or missing',
  withCli(async ({ server, folder, start, run }) => {
    const url = server.serve('/file', { content, pace: 250_000 });
    const cli = start('download', url, 'file');
    await until(() => server.requests.length > 0);
    const inUse = await run('doctor');
    assert.is(inUse.exit, 0, inUse.err);
    await cli.finished;

    const whole = await run('doctor');
    assert.is(whole.exit, 0);
    assert.match(whole.out, /the store is whole/);
    await writeFile(join(folder, 'broken.db'), 'this was a database');
    const broken = await run('doctor', 'broken.db');
    assert.is(broken.exit, 1);
    assert.match(broken.err, /^problem: /m);
    const missing = await run('doctor', 'missing.db');
    assert.is(missing.exit, 1);
    assert.match(`${missing.out}${missing.err}`, /no store/);
  }),
);

test(
  'makes no store where it only looks',
  withCli(async ({ folder, run }) => {
    for (const args of [['list'], ['show', 'x'], ['resume'], ['retry', 'x'], ['cancel', 'x']]) {
      const { exit, err } = await run(...args);
      assert.is(exit, 1);
      assert.match(err, /there is no store at .*recovery\.db/);
    }
    await run('doctor');
    assert.equal(await readdir(folder), []);
  }),
);

test(
  'answers wrong usage with exit code 2 and a hint, and help with 0',
  withCli(async ({ run }) => {
    const wrong: [string[], RegExp][] = [
      [['frobnicate'], /unknown command 'frobnicate'/],
      [['list', '--state', 'happy'], /Allowed choices are/],
      [['list', '--limit', '0'], /integer of at least 1/],
      [['list', '--colour'], /unknown option/],
      [['show'], /missing required argument/],
      [['list', 'more'], /too many arguments/],
    ];
    for (const [args, message] of wrong) {
      const { exit, err } = await run(...args);
      assert.is(exit, 2, args.join(' '));
      assert.match(err, message);
    }
    const help = await run('--help');
    assert.is(help.exit, 0);
    assert.match(help.out, /download \[options\] <url> <file>/);
    assert.match(help.out, /130 interrupted/);
    assert.match((await run('--version')).out, /^\d+\.\d+\.\d+\n$/);
  }),
);

test(
  'ends its process with the same exit codes and words',
  withCli(async ({ server, start, run }) => {
    const bad = server.serve('/bad', { content, faults: [gone] });
    const failed = await start('download', bad, 'file', '--id', 'one').finished;
    assert.is(failed.exit, 1);
    assert.match(failed.err, /^failed: one: .*404/m);
    for (const args of [['--version'], ['list'], ['show', 'two'], ['frobnicate'], ['doctor']]) {
      const { exit, out, err } = await run(...args);
      assert.equal(await start(...args).finished, { exit, out, err }, args.join(' '));
    }
  }),
);

test.run();
