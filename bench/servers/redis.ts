import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface Redis {
  readonly port: number;
  readonly description: string;
  stop(): Promise<void>;
}

/** A redis-server of the PATH that syncs its log before each answer; undefined where there is none. */
export async function startRedis(folder: string): Promise<Redis | undefined> {
  const version = await redisVersion();
  if (version === undefined) return undefined;
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...settings],
    { stdio: 'ignore' },
  );
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  await listening(port);
  return {
    port,
    description: `Redis ${version}, appendonly yes, appendfsync always`,
    async stop() {
      process.off('exit', killed);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function redisVersion(): Promise<string | undefined> {
  const child = spawn('redis-server', ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', chunk => {
    text += String(chunk);
  });
  try {
    await once(child, 'close');
  } catch {
    return undefined;
  }
  return /v=([\d.]+)/.exec(text)?.[1];
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = createConnection(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`redis-server does not listen on port ${port}`);
}
