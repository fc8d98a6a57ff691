import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AnyStateMachine, type AnyStateNode, createMachine } from 'xstate';
import { breakerMachine } from '../../../machines/breaker/machine.ts';
import { operationMachine } from '../../../machines/operation/machine.ts';
import { guardName, list, typeOf } from '../../../services/charts/chart-json.ts';
import { charts } from '../../../services/charts/index.ts';

const test = suite('charts');
const machines: readonly AnyStateMachine[] = [operationMachine, breakerMachine];

/** Every state with its actors, and every transition with its target, guard and actions, in order. */
function facts(node: AnyStateNode): unknown[] {
  const transitions = [...node.transitions.values()]
    .flat()
    .map(each => [
      each.eventType,
      each.target?.map(({ id }) => id) ?? [],
      each.guard === undefined ? null : guardName(each.guard),
      each.actions.map(typeOf),
      each.reenter,
    ]);
  const invoked = node.invoke.map(({ id, src }) => [id, src]);
  const entry = list(node.entry).map(typeOf);
  const begins = node.type === 'compound' ? node.initial.target?.map(({ id }) => id) : [];
  const own = [node.id, node.type, begins, invoked, entry, transitions];
  return [own, ...Object.values(node.states).flatMap(facts)];
}

for (const [index, machine] of machines.entries()) {
  const { name, config, mermaid } = charts()[index] as ReturnType<typeof charts>[number];
  const imported = createMachine(JSON.parse(JSON.stringify(config)));

  test(`the JSON of the ${name} chart makes the same machine again`, () => {
    assert.equal(facts(imported.root), facts(machine.root));
    assert.not.match(JSON.stringify(config), 'inline');
  });

  test(`the Mermaid diagram of the ${name} chart has each state, and each transition between states`, () => {
    const declared = new Map<string, number>();
    const arrows: [string, string, string][] = [];
    let depth = 0;
    const [first, ...lines] = mermaid.split('\n');
    assert.is(first, 'stateDiagram-v2');
    for (const line of lines) {
      const state = /^ +state "(\w+)" as (\w+)( \{)?$/.exec(line);
      const arrow = /^ +(\[\*\]|\w+) --> (\[\*\]|\w+)(?: : ([^:;\n]+))?$/.exec(line);
      if (state !== null) {
        assert.not.ok(declared.has(state[2] as string));
        declared.set(state[2] as string, depth);
        if (state[3] !== undefined) depth++;
      } else if (arrow !== null) arrows.push([arrow[1] ?? '', arrow[2] ?? '', arrow[3] ?? '']);
      else {
        assert.match(line, /^ +\}$/);
        depth--;
      }
    }
    assert.is(depth, 0);
    const nodes = (node: AnyStateNode): AnyStateNode[] => [
      node,
      ...Object.values(node.states).flatMap(nodes),
    ];
    const [, ...states] = nodes(machine.root);
    assert.equal([...declared.keys()].sort(), states.map(({ path }) => path.join('__')).sort());
    for (const [from, to] of arrows) {
      for (const end of [from, to]) assert.ok(end === '[*]' || declared.has(end), end);
    }
    for (const state of states) {
      for (const { target } of [...state.transitions.values()].flat()) {
        for (const goal of target ?? []) {
          const [from, to] = [state.path.join('__'), goal.path.join('__')];
          assert.ok(
            arrows.some(arrow => arrow[0] === from && arrow[1] === to),
            `${from} --> ${to}`,
          );
        }
      }
    }
  });
}

test('an event that every state of a chart takes is drawn from each that is not an end', () => {
  const { mermaid } = charts()[0] as ReturnType<typeof charts>[number];
  const cancels = mermaid
    .split('\n')
    .filter(line => / (pending|in_progress|recovering) --> .*: cancel/.test(line));
  assert.equal(
    cancels.map(line => line.trim()),
    [
      ['recovering__undoing', 'isDated and hasUndos'],
      ['failed', 'isDated'],
    ].flatMap(([goal, guard]) =>
      ['pending', 'in_progress', 'recovering'].map(
        state => `${state} --> ${goal} : cancel [${guard}]`,
      ),
    ),
  );
});

test.run();
