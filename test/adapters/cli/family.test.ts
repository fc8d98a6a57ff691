import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FamilyDisplay } from '../../../adapters/cli/display/family.ts';
import { type Status, transferWords } from '../../../adapters/cli/display/status.ts';

const test = suite('cli: children of an operation');

test('shows what is under way, says once what is done, and nothing of what was done before', () => {
  const lines: string[] = [];
  const family = new FamilyDisplay({
    show({ label, state, progress }: Status, changed: boolean) {
      const words = progress === null ? '' : transferWords(progress);
      lines.push(`${label.trim()} ${state} ${words}${changed ? ' (new)' : ''}`);
    },
    note() {},
    stop() {},
  });
  const child = { id: 'a/1', kind: 'model', label: 'a.pth', attempt: 1, done: 0, total: 10 };
  const node = { id: 'a/2', kind: 'node', label: 'pack', attempt: 1, done: 0, total: null };
  const before = { id: 'a/3', kind: 'model', label: 'b.pth', state: 'done', done: 5, total: 5 };

  family.tell({ children: [{ ...child, state: 'waiting' }, before] });
  family.tell({ children: [{ ...child, state: 'running' }, before] });
  family.tell({ children: [{ ...child, state: 'running', done: 5 }] });
  family.tell({ children: [{ ...node, state: 'running', phase: 'clone' }, 'nonsense', null] });
  family.tell({ children: [{ ...child, state: 'done', done: 10 }] });
  family.tell({ children: [{ ...child, state: 'done', done: 10 }] });
  for (const nonsense of [null, 5, {}, { children: 'x' }]) family.tell(nonsense);

  assert.equal(lines, [
    'a.pth in_progress 0 B of 10 B (0%) (new)',
    'a.pth in_progress 5 B of 10 B (50%)',
    'pack in_progress clone (new)',
    'a.pth success 10 B of 10 B (100%) (new)',
  ]);
});

test.run();
