import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { createRecovery } from '../../index.ts';
import type { OperationTransition, OperationView } from '../../services/ports.ts';
import { SqlJsPersistence } from '../../sqljs.ts';
import { git as runGit } from '../services/operations/installations/support/git-server.ts';
import { FILE, NODE, type Noted, PROJECT } from './orders.ts';
import { isDoomed, mayFail } from './scenario.ts';
import { below, type Scene, sha256Of, textOf } from './scene.ts';

const FINAL = /^(success|failed|exhausted)$/;
/** What may stay of a file that did not come whole. */
const RESUMABLE = /\.part(\.json|\.at)?$/;

/** Whatever has happened: whole or not there, nothing run twice, and nothing left behind. */
export async function check(scene: Scene): Promise<void> {
  const { seed } = scene.scenario;
  const it = (what: string) => `seed ${seed}: ${what}`;
  await asItShouldEnd(scene, it);
  await wholeOrAbsent(scene, it);
  await nothingTwice(scene, it);
  await nothingLeft(scene, it);
  await noSecret(scene, it);
}

type Words = (what: string) => string;

async function asItShouldEnd({ scenario, ended }: Scene, it: Words): Promise<void> {
  const { error, drift } = ended;
  assert.equal(drift, [], it('an import that has succeeded has drifted'));
  if (scenario.cancelAfter === undefined && !mayFail(scenario)) {
    assert.is(error, undefined, it(`it should have succeeded: ${error?.message}`));
  } else if (isDoomed(scenario)) {
    assert.ok(error, it('it should have failed'));
  }
}

async function wholeOrAbsent(scene: Scene, it: Words): Promise<void> {
  const { scenario, folder, ended, commit } = scene;
  const succeeded = ended.error === undefined;
  const models = join(folder, 'models');
  for (const [at, { content, wrong }] of scenario.files.entries()) {
    const name = scenario.kind === 'download' ? FILE : `checkpoints/model-${at}.safetensors`;
    const found = await readFile(join(models, name)).catch(() => undefined);
    if (succeeded) assert.ok(found, it(`${name} is missing`));
    if (found === undefined) continue;
    assert.not(wrong, it(`${name} is there, though its checksum is wrong`));
    assert.is(sha256Of(found), sha256Of(content), it(`${name} is not what the server has`));
  }
  const project = join(folder, 'projects', PROJECT);
  const files = await below(project);
  if (scenario.kind === 'import' && succeeded) {
    assert.ok(files.includes('project.json'), it('the project has no manifest'));
  } else assert.equal(files, [], it('there is a project, whole or half'));

  const node = join(folder, 'nodes', NODE);
  const isThere = (await stat(node).catch(() => undefined)) !== undefined;
  if (scenario.node !== undefined && succeeded) assert.ok(isThere, it('the node is missing'));
  if (!isThere) return;
  assert.is(await runGit(node, 'rev-parse', 'HEAD'), commit, it('the node is another commit'));
  assert.is(await runGit(node, 'status', '--porcelain', '--untracked-files=no'), '');
  if (scenario.node?.packages === true) {
    const part = await textOf(join(node, 'node_modules/part/package.json'));
    assert.match(part, '"part"', it('the node lacks what it depends on'));
  }
}

async function nothingTwice(scene: Scene, it: Words): Promise<void> {
  const { scenario, folder, server } = scene;
  const recovery = await createRecovery({
    env: {},
    persistence: new SqlJsPersistence({ path: join(folder, 'recovery.db') }),
  });
  try {
    const { items } = await recovery.list({ limit: 100 });
    const children = items.filter(({ parentId }) => parentId === 'work');
    const parts = scenario.files.length + (scenario.node === undefined ? 0 : 1);
    if (scenario.kind === 'import') {
      assert.ok(children.length <= parts, it(`${children.length} children for ${parts} parts`));
    }
    const names = children.map(({ name, input }) => `${name} ${JSON.stringify(input)}`);
    assert.is(new Set(names).size, names.length, it('two children do the same'));
    for (const view of items) lived(view, await recovery.history(view.id), it);
    const firstSuccess = new Map<string, number>();
    for (const { url, at } of successes(
      children,
      await Promise.all(children.map(({ id }) => recovery.history(id))),
    )) {
      firstSuccess.set(new URL(url).pathname, at);
    }
    for (const { path, at } of server.requests) {
      assert.ok(at <= (firstSuccess.get(path) ?? at), it(`${path} was fetched after it was there`));
    }
  } finally {
    await recovery.close();
  }
  await foretold(scene, it);
}

function* successes(
  children: readonly OperationView[],
  histories: readonly (readonly OperationTransition[])[],
) {
  for (const [index, { input }] of children.entries()) {
    const { url } = input as { url?: string };
    const end = histories[index]?.find(({ to }) => to === 'success');
    if (url !== undefined && end !== undefined) yield { url, at: end.at };
  }
}

/** Numbered without a gap, ended once and for good, no attempt after the end. */
function lived(
  { id, attempt }: OperationView,
  history: readonly OperationTransition[],
  it: Words,
): void {
  assert.equal(
    history.map(({ seq }) => seq),
    history.map((_, at) => at + 1),
    it(`${id} has a gap in its history`),
  );
  const ends = history.filter(({ to }) => FINAL.test(to));
  assert.is(ends.length, 1, it(`${id} has ended ${ends.length} times`));
  assert.match(history.at(-1)?.to ?? '', FINAL);
  let before = 0;
  for (const { attempt: number } of history) {
    assert.ok(
      number - before === 0 || number - before === 1,
      it(`${id} has a gap in its attempts`),
    );
    before = number;
  }
  assert.is(before, attempt, it(`${id} has other attempts than its history`));
}

/** What a life was told is what the next one goes on with: the journal holds no transition that the store lacks. */
async function foretold({ folder }: Scene, it: Words): Promise<void> {
  const text = await readFile(join(folder, 'journal'), 'utf8');
  const ended = new Map<string, string>();
  for (const line of text.split('\n')) {
    const { id, to } = parsed(line);
    if (id === undefined || to === undefined) continue;
    assert.is(ended.get(id), undefined, it(`${id} went on after it was told as ended`));
    if (FINAL.test(to)) ended.set(id, to);
  }
}

/** The last line of a life that was killed may be torn. */
function parsed(line: string): Partial<Noted> {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

async function nothingLeft(scene: Scene, it: Words): Promise<void> {
  const { folder, ended, scenario } = scene;
  const hidden = [
    ...(await readdir(join(folder, 'projects')).catch(() => [])),
    ...(await readdir(join(folder, 'nodes')).catch(() => [])),
  ].filter(name => name.startsWith('.') && !name.endsWith('.lock'));
  assert.equal(hidden, [], it('something half made was left'));
  const known = new Set(
    scenario.kind === 'download'
      ? [FILE]
      : ['checkpoints', ...scenario.files.map((_, at) => `checkpoints/model-${at}.safetensors`)],
  );
  const others = (await below(join(folder, 'models'))).filter(name => !known.has(name));
  if (ended.error === undefined) assert.equal(others, [], it('parts of whole files were left'));
  for (const name of others) assert.match(name, RESUMABLE, it(`${name} was left`));
  assert.equal(await processesOf(folder), [], it('a program still runs'));
}

/** Processes that work in a folder, or were told of it. */
async function processesOf(folder: string): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = (await textOf(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ');
    const place = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    // The git server's own.
    if (/http-backend|upload-pack/.test(command)) continue;
    if (`${command} ${place}`.includes(folder)) found.push(command);
  }
  return found;
}

/** Neither as it is nor in the encodings that a header or an address has. */
async function noSecret({ folder, token, printed, scenario }: Scene, it: Words): Promise<void> {
  const encoded = Buffer.from(`x-access-token:${token}`).toString('base64');
  const forms = [token, Buffer.from(token).toString('base64').replace(/=+$/, ''), encoded];
  for (const form of forms) assert.not(printed.includes(form), it('a secret was printed'));
  for (const name of await below(folder)) {
    const path = join(folder, name);
    if (!(await stat(path)).isFile()) continue;
    const text = await textOf(path);
    for (const form of forms) assert.not(text.includes(form), it(`${name} has a secret`));
  }
  if (scenario.kind === 'import') return;
  const text = await readFile(join(folder, 'journal'), 'latin1');
  assert.match(text, '"work"');
}
