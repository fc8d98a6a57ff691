import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultyServer } from '../../adapters/cli/tour/faulty-server.ts';
import { GitServer, Repository } from '../services/operations/installations/support/git-server.ts';
import { programFile, SHORT_LIFE } from '../support/programs.ts';
import { check } from './check.ts';
import { type LifeOrder, TOKEN_VARIABLE, type Work } from './orders.ts';
import type { Scenario } from './scenario.ts';
import { type Scene, sha256Of } from './scene.ts';

const PROGRAM = programFile(new URL('life.js', import.meta.url));
/** A life that takes longer has hung. */
const PATIENCE = 90_000;
/**
 * Lives through a scenario, with real processes that are killed, and checks what has become of it.
 * @throws AssertionError that begins with the seed
 */
export async function runScenario(scenario: Scenario): Promise<Scene> {
  const { seed, kills, cancelAfter } = scenario;
  const folder = await mkdtemp(join(tmpdir(), `scenario-${seed}-`));
  const server = await FaultyServer.listen();
  const repositories = join(folder, 'repositories');
  const git = await GitServer.listen(repositories);
  const token = `secret-${createHash('sha256').update(String(seed)).digest('hex').slice(0, 20)}`;
  let keep = false;
  try {
    const { work, commit } = await prepare(scenario, { folder, server, git, repositories, token });
    let printed = '';
    for (const kill of kills) {
      const life = live({ folder, work }, token);
      await life.begun(kill.from);
      await Promise.race([sleep(kill.after), life.over]);
      life.kill();
      printed += (await life.over).out;
    }
    const order = { folder, work, ...(cancelAfter === undefined ? {} : { cancelAfter }) };
    const { out, err, exit } = await live(order, token).over;
    printed += out + err;
    const last = out.trimEnd().split('\n').at(-1) ?? '';
    if (exit !== 0)
      throw new Error(`seed ${seed}: the last life ended with ${exit}: ${err}${last}`);
    const scene: Scene = {
      ...{ scenario, folder, server, git, commit, token, printed },
      lives: kills.length + 1,
      ended: JSON.parse(last),
    };
    await check(scene);
    return scene;
  } catch (error) {
    keep = process.env.KEEP_SCENARIOS !== undefined;
    throw error;
  } finally {
    await Promise.all([server.close(), git.close()]);
    if (!keep) await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(
  { kind, files, node, checked, git: troubles }: Scenario,
  place: {
    readonly folder: string;
    readonly server: FaultyServer;
    readonly git: GitServer;
    readonly repositories: string;
    readonly token: string;
  },
): Promise<{ readonly work: Work; readonly commit: string | undefined }> {
  const { folder, server, git, repositories, token } = place;
  const urls = files.map(({ path, served }) => server.serve(path, served));
  const sums = files.map(({ content, wrong }) =>
    sha256Of(wrong ? new Uint8Array([1, ...content]) : content),
  );
  let commit: string | undefined;
  if (node !== undefined) {
    const repository = await Repository.make(join(repositories, 'tool'), {
      '__init__.py': 'NODE_CLASS_MAPPINGS = {}\n',
      'data/table.txt': 'x'.repeat(20_000),
      ...(node.packages
        ? {
            'package.json': JSON.stringify({ name: 'tool', dependencies: { part: 'file:./part' } }),
            'part/package.json': JSON.stringify({ name: 'part', version: '1.0.0' }),
          }
        : {}),
    });
    commit = await repository.commit({ 'second.txt': 'second' });
    git.statuses.push(...troubles.statuses);
    git.delay = troubles.delay;
    if (kind === 'install') git.authorization = `Bearer ${token}`;
  }
  const url = git.url('tool/.git');
  switch (kind) {
    case 'download': {
      const sum = sums[0] as string;
      const known = checked ? { sha256: sum } : {};
      return { work: { kind, url: urls[0] as string, ...known }, commit };
    }
    case 'install':
      return { work: { kind, repository: url, ref: node?.ref ?? 'main' }, commit };
    case 'import': {
      const models = files.map(({ path, content }, at) => [
        path.slice(1),
        { url: urls[at], sha256: sums[at], bytes: content.length, folder: 'checkpoints' },
      ]);
      const catalogue = join(folder, 'catalogue.json');
      const nodes = node && { ToolNode: { repository: url, ref: node.ref, name: 'tool' } };
      const content = {
        format: 'xstate-recovery/catalogue',
        version: 1,
        models: Object.fromEntries(models),
        nodes: nodes ?? {},
      };
      await writeFile(catalogue, JSON.stringify(content));
      return { work: { kind, catalogue, workflow: workflowOf(files.length, node) }, commit };
    }
  }
}

/** In the API's format: loaders of the models, and the node. */
function workflowOf(models: number, node: Scenario['node']): unknown {
  const loaders = Array.from({ length: models }, (_, at) => [
    String(at + 1),
    {
      class_type: 'CheckpointLoaderSimple',
      inputs: { ckpt_name: `model-${at}.safetensors` },
    },
  ]);
  const tool = node && [['99', { class_type: 'ToolNode', inputs: { model: ['1', 0] } }]];
  return Object.fromEntries([...loaders, ...(tool ?? [])]);
}

interface Over {
  readonly exit: number | string | null;
  readonly out: string;
  readonly err: string;
}

function live(order: LifeOrder, token: string) {
  const child = spawn(process.execPath, [...SHORT_LIFE, PROGRAM, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [TOKEN_VARIABLE]: token, GIT_CONFIG_GLOBAL: '/dev/null' },
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  let [out, err] = ['', ''];
  let atWork = () => {};
  const works = new Promise<void>(resolve => {
    atWork = resolve;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (out.includes('at work')) atWork();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const over: Promise<Over> = once(child, 'close').then(([code, signal]) => ({
    exit: code ?? signal,
    out,
    err,
  }));
  return {
    over,
    begun: (from: 'start' | 'work') =>
      from === 'start' ? Promise.resolve() : Promise.race([works, over]),
    kill: () => void child.kill('SIGKILL'),
  };
}
