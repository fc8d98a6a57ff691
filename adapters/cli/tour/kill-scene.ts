import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { formatBytes } from '../format.ts';
import { type SeenRequest, sampleBytes } from './faulty-server.ts';
import { kinds, type Stage, sha256Of, sha256OfFile } from './stage.ts';

const SIZE = 2_400_000;
const PACE = 1_200_000;
const ID = 'tour-killed';

/** A process is killed in the middle of a download, and another one goes on. */
export async function killScene(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.scene('kill -9: a process dies in the middle, and another one goes on');
  await stage.closeStore();
  const server = await stage.server();
  const content = sampleBytes(SIZE, 7);
  const url = server.serve('/big', { content, pace: PACE });
  const file = stage.file(ID);
  const command = ['download', url, file, '--store', stage.storePath, '--id', ID];

  const first = run(stage, command);
  await stage.until(async () => (await durableBytes(file)) > SIZE * 0.3 || first.ended());
  first.process.kill('SIGKILL');
  const death = await first.exit;
  const kept = (await stat(`${file}.part`).catch(() => undefined))?.size ?? 0;
  narrator.say(`killed process ${first.process.pid}; the part has ${formatBytes(kept)}`);
  narrator.claim('the process was killed in the middle', death === 'SIGKILL' && kept < SIZE);

  const second = run(stage, command);
  await stage.until(() => second.ended());
  const end = await second.exit;
  const resumed: SeenRequest | undefined = server.requests[1];
  const from = Number(/^bytes=(\d+)-$/.exec(resumed?.headers.range ?? '')?.[1] ?? 0);
  const { recovery } = await stage.openStore();
  const view = await recovery.view(ID);
  const history = await recovery.history(ID);
  narrator.claim(
    `process ${second.process.pid} asked the server for the bytes from ${from} on, of ${kept} that were there`,
    second.process.pid !== first.process.pid && from > 0 && from <= kept,
  );
  narrator.claim(
    `it was sent ${resumed?.sent} bytes: ${SIZE} less ${from}`,
    resumed?.sent === SIZE - from && server.requests.length === 2,
  );
  narrator.claim(
    'it said so: "resuming at ..., interrupted once"',
    second.lines.some(line => /resuming at .*attempt 2, interrupted once/.test(line)),
  );
  narrator.claim(
    'it ended well at attempt 2, and the history tells of the interruption',
    end === 0 &&
      view?.state === 'success' &&
      view.attempt === 2 &&
      kinds(history).includes('interrupted'),
  );
  narrator.claim('the file is right', (await sha256OfFile(file)) === sha256Of(content));
}

interface Run {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly lines: readonly string[];
  readonly exit: Promise<number | string | null>;
  ended(): boolean;
}

/** This program in a process of its own; what it prints is told. */
function run({ deps, narrator, signal }: Stage, command: readonly string[]): Run {
  const [program, ...first] = deps.self;
  // Settings of the caller's environment would change what is shown.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('RECOVERY_')),
  );
  const child = spawn(program, [...first, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line);
    narrator.say(`  ${child.pid} | ${line}`);
  });
  const exit = once(child, 'close').then(([code, killedBy]) => {
    signal.removeEventListener('abort', kill);
    return (code ?? killedBy) as number | string | null;
  });
  return {
    process: child,
    lines,
    exit,
    ended: () => child.exitCode !== null || child.signalCode !== null,
  };
}

/** How much the download's record says is on the disk. */
async function durableBytes(file: string): Promise<number> {
  const record = await readFile(`${file}.part.json`, 'utf8').catch(() => '{}');
  return JSON.parse(record).durable ?? 0;
}
