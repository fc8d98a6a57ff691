import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arrowCounts, type CountRow } from '../../../visualizer/chart/counts.ts';
import { estimatedWidth } from '../../../visualizer/chart/fonts.ts';
import { layoutChart } from '../../../visualizer/chart/layout.ts';
import { breakerModel, operationModel } from './support/charts.ts';
import { type ChartProps, chartDrawer, elementsBy } from './support/drawn.ts';

/** Vite compiles the component, and elk is slow until Node has compiled it. */
export const suiteTimeout = 120_000;

const test = suite('chart component');
const measure = estimatedWidth;
const drawer = chartDrawer();

const START = 'pending.queued|start|0';
const GRANTED = 'in_progress.admitting|permit.granted|0';
const RUNNING = 'in_progress.running|xstate.done.actor.attempt';

const running: Omit<ChartProps, 'layout'> = {
  model: operationModel,
  active: ['in_progress.running'],
  taken: new Set([START, GRANTED]),
  latest: [GRANTED],
  label: 'The operation',
};

async function drawn(props: Partial<ChartProps> = {}): Promise<string> {
  const all = { ...running, ...props };
  const layout = await layoutChart(all.model, { measure, badges: all.counts !== undefined });
  const draw = await drawer;
  return draw({ layout, ...all });
}

test('every state is there, and of these the active one and what is around it are lit', async () => {
  const states = elementsBy(await drawn(), 'data-state');
  const paths = [...operationModel.nodes.keys()].filter(path => path !== '');
  assert.equal([...states.keys()].sort(), paths.sort());
  const active = [...states].filter(([, attributes]) => attributes['data-active'] === 'true');
  assert.equal(active.map(([path]) => path).sort(), ['in_progress', 'in_progress.running']);
  assert.is(states.get('failed')?.['data-active'], 'false');
});

test('a state that is lit has a sign besides its colour', async () => {
  const signs = (markup: string): number => markup.split('class="chart-sign"').length - 1;
  assert.is(signs(await drawn()), 2);
  assert.is(signs(await drawn({ active: ['failed'] })), 1);
  assert.is(signs(await drawn({ active: [] })), 0);
});

test('every drawn arrow is there, and tells whether it was taken, and which was the last', async () => {
  const arrows = elementsBy(await drawn(), 'data-arrow');
  const moving = [...operationModel.arrows.values()].filter(({ kind }) => kind !== 'internal');
  assert.equal([...arrows.keys()].sort(), moving.map(({ id }) => id).sort());
  const taken = [...arrows].filter(([, attributes]) => attributes['data-taken'] === 'true');
  assert.equal(taken.map(([id]) => id).sort(), [GRANTED, START].sort());
  const latest = [...arrows].filter(([, attributes]) => attributes['data-latest'] === 'true');
  assert.equal(
    latest.map(([id]) => id),
    [GRANTED],
  );
});

test('a dot runs along the edge of the arrow taken last, and no other', async () => {
  const edges = elementsBy(await drawn(), 'data-edge');
  const latest = [...edges].filter(([, attributes]) => attributes['data-latest'] === 'true');
  assert.equal(
    latest.map(([id]) => id),
    ['in_progress.admitting->in_progress.running'],
  );
  assert.is((await drawn()).split('class="chart-travel"').length, 2);
  assert.is((await drawn({ latest: [] })).split('class="chart-travel"').length, 1);
});

const row = (from: string | null, to: string, event: string, kind: string | null, count: number) =>
  ({ from, to, event, reason_kind: kind, count }) satisfies CountRow;

test('counts stand beside their arrows, and what is taken less often than the threshold is faded', async () => {
  const { counts } = arrowCounts(operationModel, [
    row(null, 'pending', 'create', 'created', 1_250),
    row('pending', 'in_progress', 'start', null, 1_250),
    row('in_progress', 'success', 'attempt.succeeded', 'succeeded', 1_246),
    row('in_progress', 'failed', 'attempt.failed', 'not_retryable', 4),
  ]);
  const markup = await drawn({ counts });
  const arrows = elementsBy(markup, 'data-arrow');
  const rare = (id: string, of = arrows) => [of.get(id)?.['data-count'], of.get(id)?.['data-rare']];
  assert.equal(rare(START), ['1250', 'false']);
  assert.equal(rare(`${RUNNING}|0`), ['1246', 'false']);
  assert.equal(rare(`${RUNNING}|6`), ['4', 'false']);
  assert.equal(rare(`${RUNNING}|4`), ['0', 'true']);
  assert.ok(markup.includes('>1.3k</text>'));
  const edges = elementsBy(markup, 'data-edge');
  const edge = (id: string, of = edges) => of.get(id)?.['data-rare'];
  assert.is(edge('several/in_progress.falling_back->in_progress.falling_back'), 'true');
  assert.is(edge('in_progress.running->failed'), 'false');
  const strict = await drawn({ counts, threshold: 5 });
  assert.equal(rare(`${RUNNING}|6`, elementsBy(strict, 'data-arrow')), ['4', 'true']);
  assert.is(edge('in_progress.running->failed', elementsBy(strict, 'data-edge')), 'true');
  assert.is(elementsBy(await drawn(), 'data-count').size, 0);
});

test('the picture has a name, and words for what it shows', async () => {
  const markup = await drawn();
  const [svg = ''] = /<svg[^>]*>/.exec(markup) ?? [];
  assert.match(svg, 'role="img"');
  const [, name = ''] = /aria-labelledby="([^"]+)"/.exec(svg) ?? [];
  const [, words = ''] = /aria-describedby="([^"]+)"/.exec(svg) ?? [];
  assert.ok(markup.includes(`<title id="${name}">The operation</title>`));
  const told = 'Active state: in_progress › running. Taken last: permit.granted. 2 of';
  assert.ok(markup.includes(`<desc id="${words}">${told} `));
  assert.match(await drawn({ active: [] }), 'No state is active.');
});

test('what scrolls can be reached by keyboard, and every button has a name', async () => {
  const markup = await drawn();
  assert.match(markup, /<section[^>]*aria-label="The operation"[^>]*tabindex="0"/i);
  const buttons = [...markup.matchAll(/<button[^>]*aria-label="([^"]+)"/g)].map(([, name]) => name);
  assert.equal(buttons, ['Zoom out', 'Zoom in', 'Fit to width']);
});

test('what was taken and leads nowhere leaves a sign at its state', async () => {
  const noted = 'metrics_only|permit.return|1';
  const props = { model: breakerModel, active: ['metrics_only'], taken: new Set([noted]) };
  const markup = await drawn({ ...props, latest: [noted] });
  assert.is(markup.split('class="chart-within"').length, 2);
  assert.is(
    (await drawn({ ...props, taken: new Set(), latest: [] })).split('chart-within').length,
    1,
  );
});

test.run();
