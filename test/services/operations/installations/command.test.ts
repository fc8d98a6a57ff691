import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, runCommand } from '../../../../services/operations/installations/command.ts';
import {
  CommandError,
  CommandMissingError,
  InstallationBusyError,
} from '../../../../services/operations/installations/errors.ts';
import { endOrphans, markOf } from '../../../../services/operations/installations/orphans.ts';
import { identityOf } from '../../../../services/operations/installations/process-identity.ts';
import { Staging } from '../../../../services/operations/installations/staging.ts';
import { until } from '../../../support/cli.ts';
import { rejects } from '../../../support/rejects.ts';
import { type Bench, lives, withBench, writtenPid } from './support/workplace.ts';

export const suiteTimeout = 60_000;
export const startsMany = true;
const test = suite('programs of installations');
/** Where there is no list of processes with their environments, orphans are known by their beginning alone. */
const linux = process.platform === 'linux';

function shell(script: string): Command {
  return {
    program: 'sh',
    args: ['-c', script],
    what: 'sh',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  };
}

test(
  'gives the answer of a program, and tells its lines while it runs',
  withBench(async ({ place, told, workshop }) => {
    const answer = await runCommand(shell('echo one; echo two >&2; cat; pwd'), workshop());
    assert.is(answer, `one\n${place.staging}\n`, 'there is nothing to read for it');
    assert.ok(told.includes('two'));
    assert.equal(await readdir(place.root), [place.staging.slice(place.root.length + 1)]);
  }),
);

test(
  'says of a failure what the program said, with its exit code or signal',
  withBench(async ({ workshop, place }) => {
    const failing = shell('echo working; echo "fatal: repository \'x\' not found" >&2; exit 3');
    const error = await rejects(runCommand(failing, workshop()), CommandError);
    assert.is(error.message, "sh failed with exit code 3: fatal: repository 'x' not found");
    assert.is(error.code, 'COMMAND_REFUSED');
    assert.equal(error.details.lines, ['working', "fatal: repository 'x' not found"]);
    assert.match(String(error.details.output), /^working\n/);
    const killed = await rejects(runCommand(shell('kill -9 $$'), workshop()), CommandError);
    assert.match(killed.message, /was ended by SIGKILL/);
    const missing = { ...shell(''), program: 'no-such-program' };
    await rejects(runCommand(missing, workshop()), CommandMissingError);
    assert.not.ok((await readdir(place.root)).some(name => name.includes('process')));
  }),
);

test(
  'ends a program that takes too long, with all that it has started',
  withBench(async ({ place, workshop }) => {
    const file = join(place.staging, 'pid');
    const slow = shell(`sleep 300 & echo $! > ${file}; echo waiting; wait`);
    const error = await rejects(runCommand(slow, workshop({ timeout: 300 })), CommandError);
    assert.is(error.code, 'COMMAND_TIMEOUT');
    assert.match(error.message, /took longer than 300 ms/);
    assert.is(error.details.output, 'waiting\n');
    assert.not(await lives(await writtenPid(file)));
  }),
);

test(
  'ends a program when its attempt is over, also one that does not listen, and what has left its group',
  withBench(async ({ place, stop, workshop }) => {
    const [deaf, away] = [join(place.staging, 'deaf'), join(place.staging, 'away')];
    const setsid = linux ? `setsid sleep 300 & echo $! > ${away};` : '';
    const script = `trap '' TERM; ${setsid} echo $$ > ${deaf}; while :; do sleep 1; done`;
    const running = runCommand(shell(script), workshop());
    const pid = await writtenPid(deaf);
    if (linux) await writtenPid(away);

    stop.abort(new RangeError('cancelled'));

    assert.is((await rejects(running, RangeError)).message, 'cancelled');
    assert.not(await lives(pid));
    if (linux) assert.not(await lives(await writtenPid(away)));
    await rejects(runCommand(shell('true'), workshop()), RangeError);
  }),
);

test(
  'takes away what a program has left running when it ended by itself',
  withBench(async ({ place, workshop }) => {
    const file = join(place.staging, 'pid');
    await runCommand(shell(`sleep 300 & echo $! > ${file}`), workshop());
    const pid = await writtenPid(file);
    await until(async () => !(await lives(pid)));
  }),
);

test(
  'lets no program begin that is not on record',
  withBench(async ({ place, workshop }) => {
    const env = linux ? "tr '\\0' '\\n' < /proc/$$/environ" : 'env';
    const answer = await runCommand(shell(`cat "${place.process}"; echo $$; ${env}`), workshop());
    const end = answer.indexOf('\n}\n') + 3;
    const record = JSON.parse(answer.slice(0, end));
    assert.is(record.operationId, 'one');
    assert.is(answer.slice(end).split('\n')[0], String(record.leader.pid));
    // Were it a race, it would not win each time.
    const quick = shell(`[ -e "${place.process}" ] || echo too early`);
    for (let round = 0; round < 25; round += 1) {
      assert.is(await runCommand(quick, workshop()), '');
    }
    for (const [name, value] of Object.entries(markOf(place, 'one'))) {
      assert.match(answer, `\n${name}=${value}\n`);
    }
  }),
);

/** A program as a process that was killed has left it: on record, and in a group of its own. */
async function orphan(
  { place }: Bench,
  env: NodeJS.ProcessEnv = markOf(place, 'one'),
  script = 'exec sleep 300',
): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn('sh', ['-c', script], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, ...env },
  });
  await once(child, 'spawn');
  return child as ChildProcess & { readonly pid: number };
}

async function putOnRecord({ place }: Bench, leader: unknown): Promise<void> {
  const record = { format: 1, operationId: 'one', command: 'sh', leader };
  await writeFile(place.process, JSON.stringify(record));
}

async function ended(...children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

test(
  'ends the program that a dead process has left behind, with its children',
  withBench(async bench => {
    const file = join(bench.place.staging, 'pid');
    const child = await orphan(bench, undefined, `sleep 300 & echo $! > ${file}; wait`);
    await putOnRecord(bench, await identityOf(child.pid));
    const grandchild = await writtenPid(file);
    const exited = once(child, 'exit');

    await endOrphans(bench.place, 'one', 200);

    await exited;
    assert.not(await lives(grandchild));
    assert.not.ok((await readdir(bench.place.root)).some(name => name.includes('process')));
  }),
);

test(
  'ends nobody else who has got its number since',
  withBench(async bench => {
    // Another program of the same kind: its group has the number that stands on record, but it began at another time.
    const stranger = await orphan(bench, {});
    const identity = await identityOf(stranger.pid);
    const others = [
      { ...identity, began: '1' },
      { ...identity, boot: 'another' },
      ...(linux ? [identity] : []),
    ];
    try {
      for (const leader of others) {
        await putOnRecord(bench, leader);
        await endOrphans(bench.place, 'one', 50);
        assert.ok(await lives(stranger.pid), JSON.stringify(leader));
      }
      const other = await orphan(bench, markOf({ ...bench.place, mark: '/other' }, 'one'));
      await putOnRecord(bench, await identityOf(other.pid));
      if (linux) await endOrphans(bench.place, 'one', 50);
      assert.ok(await lives(other.pid), 'it works in another folder');
      await ended(other);
    } finally {
      await ended(stranger);
    }
  }),
);

// Only Linux shows the environment of a process.
(linux ? test : test.skip)(
  'finds the program also where its leader is dead or the record is torn',
  withBench(async bench => {
    for (const [record, operationId] of [
      ['{"format":1,"opera', 'one'],
      ['', undefined],
    ] as const) {
      const child = await orphan(bench);
      const exited = once(child, 'exit');
      await writeFile(bench.place.process, record);
      await endOrphans(bench.place, operationId, 200);
      await exited;
    }
    const file = join(bench.place.staging, 'pid');
    const leader = await orphan(bench, undefined, `sleep 300 & echo $! > ${file}; exit`);
    await putOnRecord(bench, { pid: leader.pid, began: '1', boot: null });
    const left = await writtenPid(file);
    await endOrphans(bench.place, 'one', 200);
    assert.not(await lives(left));
  }),
);

test(
  'keeps out of a folder in which another process works that is alive',
  withBench(async bench => {
    const { place } = bench;
    await Staging.claim(place, 'one', 50);
    const record = JSON.parse(await readFile(place.record, 'utf8'));
    const other = await orphan(bench, {});
    try {
      await writeFile(
        place.record,
        JSON.stringify({ ...record, owner: await identityOf(other.pid) }),
      );
      const error = await rejects(Staging.claim(place, 'one', 50), InstallationBusyError);
      assert.is(error.details.pid, other.pid);
    } finally {
      await ended(other);
    }
    assert.is((await Staging.claim(place, 'one', 50)).record.owner.pid, process.pid);
  }),
);

test.run();
