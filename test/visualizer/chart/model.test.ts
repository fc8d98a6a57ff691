import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { guardName } from '../../../services/charts/chart-json.ts';
import { charts } from '../../../services/charts/index.ts';
import { ChartError } from '../../../visualizer/chart/chart-error.ts';
import { drawingOf } from '../../../visualizer/chart/drawing.ts';
import { chartModel, leafOf } from '../../../visualizer/chart/model.ts';
import { arrowsOf } from '../../machines/support/paths.ts';
import { arrowIdOf, jsonOf, machineOf, modelOf, NAMES, operationModel } from './support/charts.ts';

const test = suite('chart model');

const pathOf = ({ path }: AnyStateNode): string => path.join('.');
const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(nodesOf),
];

for (const name of NAMES) {
  const model = modelOf(name);
  const { root } = machineOf(name);

  test(`the ${name}'s states are those of the machine, with kind, beginning and actors`, () => {
    const real = nodesOf(root).map(node => [
      pathOf(node),
      node.type,
      node.type === 'compound' ? pathOf(node.initial.target?.[0] as AnyStateNode) : null,
      node.invoke.map(({ id, src }) => [id, src]),
    ]);
    const read = [...model.nodes.values()].map(({ path, kind, initial, invoked }) => [
      path,
      kind,
      initial,
      invoked.map(({ id, src }) => [id, src]),
    ]);
    assert.equal(read, real);
  });

  test(`each arrow of the ${name} is there once, with source, event, guard and target`, () => {
    const real = (arrowsOf(root) as AnyTransitionDefinition[]).map(each => [
      arrowIdOf(each),
      pathOf(each.source),
      each.eventType,
      each.guard === undefined ? null : guardName(each.guard),
      (each.target ?? []).map(pathOf),
    ]);
    const read = [...model.arrows.values()].map(({ id, source, event, guard, targets }) => [
      id,
      source,
      event,
      guard,
      targets,
    ]);
    assert.equal(read.sort(), real.sort());
    const listed = [...model.nodes.values()].flatMap(node => node.arrows);
    assert.equal([...listed].sort(), [...model.arrows.keys()].sort());
  });

  test(`the ${name}'s arrows have the words of the Mermaid diagram`, () => {
    const diagram = charts().find(chart => chart.name === name)?.mermaid ?? '';
    for (const { label, kind } of model.arrows.values()) {
      if (kind !== 'internal')
        assert.ok(diagram.includes(` : ${label}\n`) || diagram.endsWith(label));
    }
  });

  test(`every arrow of the ${name} that leads somewhere is drawn once, and no other`, () => {
    const { edges } = drawingOf(model);
    const drawn = edges.flatMap(edge => edge.arrows);
    const moving = [...model.arrows.values()].filter(({ kind }) => kind !== 'internal');
    assert.equal([...drawn].sort(), moving.map(({ id }) => id).sort());
    const pairs = edges.map(({ source, target }) => `${source} to ${target}`);
    assert.is(new Set(pairs).size, pairs.length, 'two edges between the same boxes');
  });
}

test('what every state does is drawn from one box, and the states that an order chooses between are in a frame', () => {
  const { boxes, edges } = drawingOf(modelOf('breaker'));
  const any = boxes.filter(({ kind }) => kind === 'any');
  assert.is(any.length, 1);
  const orders = edges.filter(({ source }) => source === any[0]?.id);
  assert.equal(orders.map(({ target }) => target).sort(), [
    'closed',
    'forced_closed',
    'isolated',
    'metrics_only',
  ]);
  const [frame] = boxes.filter(({ kind }) => kind === 'group');
  const framed = boxes.filter(({ parent }) => parent === frame?.id).map(({ id }) => id);
  assert.equal(framed, ['isolated', 'forced_closed', 'metrics_only']);
  assert.is(
    drawingOf(operationModel).boxes.find(({ kind }) => kind === 'group'),
    undefined,
  );
});

test('a state that is entered from very many others, and is no end, is entered from one box beside it', () => {
  const { boxes, edges } = drawingOf(operationModel);
  const into = (target: string) => edges.filter(edge => edge.target === target);
  const [edge, ...others] = into('recovering.undoing');
  assert.equal(others, []);
  const box = boxes.find(({ id }) => id === edge?.source);
  assert.equal([box?.kind, box?.parent, box?.label], ['any', 'recovering', 'several states']);
  const sources = edge?.arrows.map(id => operationModel.arrows.get(id)?.source ?? '');
  for (const source of ['in_progress.running', 'recovering.blocked', '']) {
    assert.ok(sources?.includes(source), source);
  }
  assert.ok(into('failed').length > 3);
});

test('an arrow back to its own state, and one that leads nowhere, are told apart from moves', () => {
  const kinds = (kind: string) =>
    [...modelOf('breaker').arrows.values()].filter(arrow => arrow.kind === kind);
  assert.equal(
    kinds('self').map(({ id }) => id),
    ['half_open.probing|xstate.done.actor.lease|1', 'metrics_only|xstate.done.actor.override|0'],
  );
  assert.ok(kinds('internal').some(({ id }) => id === '|configure|0'));
  assert.ok(kinds('internal').every(({ targets }) => targets.length === 0));
});

test('entering a state leads to the innermost of its beginnings', () => {
  assert.is(leafOf(operationModel, ''), 'pending.queued');
  assert.is(leafOf(operationModel, 'in_progress'), 'in_progress.admitting');
  assert.is(leafOf(operationModel, 'failed'), 'failed');
});

/** The operation's chart with another value at a place; undefined takes it away. */
function changed(place: string, value: unknown): unknown {
  const chart = jsonOf('operation');
  const keys = place.split(' ');
  const last = keys.pop() as string;
  let holder = chart as Record<string, unknown>;
  for (const key of keys) holder = holder[key] as Record<string, unknown>;
  holder[last] = value;
  return JSON.parse(JSON.stringify(chart));
}

const MALFORMED: readonly (readonly [where: string, json: unknown])[] = [
  ['chart', null],
  ['chart', 'operation'],
  ['chart', []],
  ['chart.id', changed('id', undefined)],
  ['chart.id', changed('id', 7)],
  ['chart.states', changed('states', [])],
  ['chart.states', { id: 'empty' }],
  ['chart.initial', changed('initial', undefined)],
  ['chart.initial', changed('initial', 'nowhere')],
  ['chart.on.cancel', changed('on cancel', 'failed')],
  ['chart.on.cancel[0].target', changed('on cancel', [{ target: '.nowhere' }])],
  ['chart.on.cancel[0].target', changed('on cancel', [{ target: 'failed' }])],
  ['chart.on.cancel[0].target', changed('on cancel', [{ target: 3 }])],
  ['chart.on.cancel[0].guard', changed('on cancel', [{ guard: 'isDated' }])],
  ['chart.on.cancel[0].actions[0]', changed('on cancel', [{ actions: [1] }])],
  ['chart.states.pending', changed('states pending', null)],
  ['chart.states.failed.initial', changed('states failed initial', 'first')],
  ['chart.states.failed.type', changed('states failed type', 'parallel')],
  ['chart.states.failed.invoke[0].src', changed('states failed invoke', [{ id: 'timer' }])],
  ['chart.states.a.b', changed('states a.b', {})],
];

for (const [index, [where, json]] of MALFORMED.entries()) {
  test(`a malformed chart is refused with the place: ${index + 1}, ${where}`, () => {
    try {
      chartModel(json);
    } catch (error) {
      assert.instance(error, ChartError);
      assert.is((error as ChartError).where, where, String(error));
      assert.is((error as ChartError).code, 'CHART_MALFORMED');
      return;
    }
    assert.unreachable('it was read');
  });
}

test.run();
