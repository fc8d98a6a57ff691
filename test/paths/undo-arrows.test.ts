import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { operationMachine } from '../../machines/operation/machine.ts';
import { arrowsOf } from '../../testing.ts';
import { pathsOf } from './support/path-suite.ts';
import { UNDO_SUBJECTS } from './support/undo-subjects.ts';

const test = suite('paths of operations that take back');

test('together they take every arrow that has to do with undos', async () => {
  const taken = new Set<string>();
  for (const subject of Object.values(UNDO_SUBJECTS)) {
    const paths = await pathsOf(subject, 'memory');
    for (const { from, event, to } of paths.flatMap(({ steps }) => steps)) {
      taken.add(`${from} ${event} ${to}`);
    }
  }
  const arrows = arrowsOf(operationMachine).filter(
    ({ from, event, guard, to }) =>
      /undoing|undo\./.test(`${from} ${event} ${to}`) || /undo/i.test(guard ?? ''),
  );
  assert.ok(arrows.length >= 20, `${arrows.length} arrows`);
  const isTaken = ({ from, event, to = from }: (typeof arrows)[number]) =>
    [...taken].some(one => one.startsWith(from) && one.endsWith(` ${event} ${to}`));
  assert.equal(
    arrows.filter(arrow => !isTaken(arrow)).map(({ key }) => key),
    [],
  );
});

test.run();
