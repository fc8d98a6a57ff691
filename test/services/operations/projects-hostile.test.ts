import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Finding, WorkflowError } from '../../../operations.ts';
import { OperationFailedError, type RecoveryError } from '../../../services/errors.ts';
import { checkCatalogue } from '../../../services/operations/projects/catalogue.ts';
import { needsOf } from '../../../services/operations/projects/needs.ts';
import { readWorkflow } from '../../../services/operations/projects/workflow.ts';
import { many } from '../../support/extent.ts';
import { rejects } from '../../support/rejects.ts';
import { FIXTURES, fixtureText, withProjects } from './projects-fixture.ts';
import { HOSTILE, loader, node, page } from './projects-hostile-files.ts';

export const suiteTimeout = 60_000;
const test = suite('projects: hostile files');

/** What is wrong with a text as a workflow; empty where nothing is. */
function findings(text: string): readonly Finding[] {
  try {
    needsOf(readWorkflow(text), new Set());
    return [];
  } catch (error) {
    assert.instance(error, WorkflowError);
    return (error as WorkflowError).details.problems as Finding[];
  }
}

for (const [what, file, pointer, words] of HOSTILE) {
  test(`refuses ${what}, and says where it is`, () => {
    const found = findings(typeof file === 'string' ? file : JSON.stringify(file));

    const told = JSON.stringify(found.slice(0, 3));
    const problem = found.find(each => words.test(each.problem));
    assert.ok(problem, told);
    const where = pointer.length > 300 ? problem.pointer : pointer;
    assert.is(problem.pointer, where, told);
  });
}

test('reads an input of very many texts', () => {
  const a = Array.from({ length: 300_000 }, () => 'text');
  assert.equal(findings(JSON.stringify({ 1: { class_type: 'Unknown', inputs: { a } } })), []);
});

test('tells many problems in one error, and how many there are', () => {
  const nodes = Array.from({ length: 500 }, (_, id) => node(id, { type: 7 }));
  try {
    readWorkflow(JSON.stringify(page(nodes)));
    assert.unreachable();
  } catch (error) {
    const { details, message } = error as WorkflowError;
    assert.is(details.total, 500);
    assert.is((details.problems as unknown[]).length, 100);
    assert.match(message, 'and 488 more');
    assert.ok(message.length < 2_000);
  }
});

for (const [what, file] of [
  [
    'many values of nodes that stand for a large subgraph',
    {
      nodes: Array.from({ length: 1_000 }, (_, id) => ({
        ...node(id, { type: 'sub' }),
        widgets_values: Array.from({ length: 100 }, () => 'a.pt'),
      })),
      links: [],
      definitions: {
        subgraphs: [
          {
            id: 'sub',
            nodes: Array.from({ length: 8_000 }, (_, id) => ({
              ...node(id, { type: 'VAELoader' }),
              widgets_values: ['b.pt'],
            })),
            links: [],
          },
        ],
      },
    },
  ],
  [
    'a node that names and declares many models',
    page([
      node(1, {
        type: 'Unknown',
        widgets_values: Array.from({ length: 50_000 }, () => 'a.pt'),
        properties: { models: Array.from({ length: 50_000 }, (_, i) => ({ name: `${i}.pt` })) },
      }),
    ]),
  ],
] as const) {
  test(`is quick with ${what}`, () => {
    const begun = performance.now();
    findings(JSON.stringify(file));
    assert.ok(performance.now() - begun < 15_000);
  });
}

test('is quick with subgraphs that multiply', () => {
  const levels = 200;
  const subgraphs = Array.from({ length: levels }, (_, level) => ({
    id: `s${level}`,
    nodes: Array.from({ length: 10 }, (_, id) => ({
      id,
      type: level === levels - 1 ? 'Reroute' : `s${level + 1}`,
    })),
    links: [],
  }));
  const groupNodes = Object.fromEntries(
    subgraphs.map(({ nodes }, level) => [
      `s${level}`,
      { nodes: nodes.map(({ type }) => ({ type: type.replace(/^s/, 'workflow>s') })) },
    ]),
  );
  const file = page([node(1, { type: 's0' }), node(2, { type: 'workflow>s0' })], [], {
    definitions: { subgraphs },
    extra: { groupNodes },
  });
  assert.equal(findings(JSON.stringify(file)), []);
});

test('refuses catalogues that are malformed or lead somewhere else, all in one error', () => {
  const good = { format: 'xstate-recovery/catalogue', version: 1 };
  const bad = {
    format: 'other',
    version: 2,
    models: {
      '../a.pth': { url: 'https://x.test/a' },
      'b.pth': { url: 'ftp://x.test/b', sha256: 'zz', bytes: -1, folder: '/etc' },
      'c.pth': { url: 'https://u:p@x.test/c', colour: 'red' },
    },
    nodes: {
      A: { repository: 'ext::sh -c touch% /tmp/x' },
      B: { repository: 'https://x.test/a/b;rm', ref: '--upload-pack=x', name: '../b' },
      C: { repository: 'https://x.test/a/../b', ref: 'a..b', name: '.git' },
      D: { repository: 'https://x.test/-oProxy/b', ref: 'x y' },
    },
    core: [7],
  };
  try {
    checkCatalogue(bad);
    assert.unreachable();
  } catch (error) {
    const { code, details } = error as RecoveryError;
    assert.is(code, 'CATALOGUE');
    assert.equal((details.problems as Finding[]).map(({ pointer }) => pointer).sort(), [
      '/core/0',
      '/format',
      '/models/..~1a.pth',
      '/models/b.pth/bytes',
      '/models/b.pth/folder',
      '/models/b.pth/sha256',
      '/models/b.pth/url',
      '/models/c.pth/colour',
      '/models/c.pth/url',
      '/nodes/A/repository',
      '/nodes/B/name',
      '/nodes/B/ref',
      '/nodes/B/repository',
      '/nodes/C/name',
      '/nodes/C/ref',
      '/nodes/C/repository',
      '/nodes/D/ref',
      '/nodes/D/repository',
      '/version',
    ]);
  }
  assert.equal(checkCatalogue(good), good);
});

/** What a mutation puts in the place of a value. */
const poison = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  1e308,
  '',
  '../../x.pth',
  'C:\\x.pth',
  'a\0.pth',
  'file:///etc/passwd',
  'workflow>x',
  '-10',
  [],
  {},
  [[[[]]]],
  { class_type: 'X' },
  { nodes: [] },
);
/** Replaces, removes, or adds under a hostile name; where is chosen by walking down. */
const mutation = fc.record({
  way: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
  value: poison,
  kind: fc.constantFrom('replace', 'remove', 'add', 'copy'),
});

function mutate(
  root: unknown,
  { way, value, kind }: { way: number[]; value: unknown; kind: string },
): void {
  let at = root as Record<string, unknown>;
  for (const [depth, step] of way.entries()) {
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) return;
    const child = at[key];
    const last = depth === way.length - 1 || typeof child !== 'object' || child === null;
    if (!last) at = child as Record<string, unknown>;
    else if (kind === 'replace') at[key] = value;
    else if (kind === 'remove') delete at[key];
    else if (kind === 'copy') at[key] = structuredClone(root);
    else at[['constructor', 'models', 'links', 'nodes', 'widgets_values'][step % 5] ?? ''] = value;
    if (last) return;
  }
}

test(
  'ends with a coded error or a project whatever was done to a good file, and leaves nothing but that',
  withProjects(async place => {
    const catalogue = await place.catalogueFor(...FIXTURES);
    const texts = await Promise.all(FIXTURES.map(fixtureText));
    const own = place.manager({ catalogue });
    let run = 0;
    let refused = 0;
    const property = fc.asyncProperty(
      fc.nat({ max: texts.length - 1 }),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      async (which, mutations) => {
        run += 1;
        const workflow = JSON.parse(texts[which] ?? '');
        for (const each of mutations) mutate(workflow, each);
        const file = join(place.models, `../${run}.json`);
        await writeFile(file, JSON.stringify(workflow));
        const name = `p${run}`;
        const before = await place.entries();
        try {
          await own.import.run({ name, file, allowMissing: true });
          assert.equal(await place.entries(), [...before, name].sort());
        } catch (error) {
          refused += 1;
          assert.instance(error, OperationFailedError);
          const { code } = (error as Error).cause as { code?: string };
          assert.ok(['WORKFLOW', 'UNRESOLVED', 'VALIDATION'].includes(code ?? ''), String(error));
          assert.equal(await place.entries(), before);
        }
      },
    );
    await fc.assert(property, { numRuns: many(150, 40), seed: 11 });

    assert.ok(refused > 20 && refused < 130, `${refused} of ${run} were refused`);
    for (const folder of await readdir(place.models)) {
      for (const file of await readdir(join(place.models, folder))) assert.not.match(file, /^\./);
    }
  }),
);

test(
  'says of a refused import what is wrong, in the words that the store keeps',
  withProjects(async ({ projects, recovery }) => {
    const workflow = loader('../../x.pth');
    await rejects(
      projects.import.run({ name: 'mine', workflow }, { id: 'i-1' }),
      OperationFailedError,
    );

    const view = await recovery.view('i-1');
    assert.match(
      JSON.stringify(view?.error),
      /WORKFLOW.*\/4\/inputs\/ckpt_name leads to another folder/,
    );
  }),
);

test.run();
