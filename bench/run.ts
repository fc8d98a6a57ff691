/**
 * Measures xstate-recovery beside its peers and writes bench/RESULTS.md.
 *
 * Usage: npm run bench [-- --quick] [--only durable|memory|breaker|recovery|open|loop|live|page|download]
 * A quick or partial run prints its figures and leaves RESULTS.md alone.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeLoad, describeMachine, versions } from './environment.ts';
import { render } from './report.ts';
import { holds, type Section, type Stage } from './section.ts';
import { breaker } from './sections/breaker.ts';
import { download } from './sections/download.ts';
import { durable } from './sections/durable.ts';
import { eventLoop } from './sections/event-loop.ts';
import { live } from './sections/live.ts';
import { memory } from './sections/memory.ts';
import { opening } from './sections/opening.ts';
import { page } from './sections/page.ts';
import { recoveryTime } from './sections/recovery-time.ts';

const sections: Readonly<Record<string, (stage: Stage) => Promise<Section>>> = {
  durable,
  memory,
  breaker,
  recovery: recoveryTime,
  open: opening,
  loop: eventLoop,
  live,
  page,
  download,
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
  },
});
const unknown = values.only.filter(name => !(name in sections));
if (unknown.length > 0) {
  console.error(
    `there is no section ${unknown.join(', ')}: use ${Object.keys(sections).join(', ')}`,
  );
  process.exit(2);
}

const bench = fileURLToPath(new URL('../../', import.meta.url));
const data = join(bench, '.data');
await rm(data, { recursive: true, force: true });

const chosen = Object.keys(sections).filter(
  name => values.only.length === 0 || values.only.includes(name),
);
const begin = performance.now();
const done: Section[] = [];
const parts = [await heading()];
console.log(parts[0]);
try {
  for (const name of chosen) {
    const folder = join(data, name);
    await mkdir(folder, { recursive: true });
    const say = (line: string) => console.error(`  ${name}: ${line}`);
    const section = await sections[name]?.({ folder, quick: values.quick, say });
    if (section === undefined) continue;
    done.push(section);
    parts.push(render(section));
    console.log(`\n${render(section)}`);
  }
} finally {
  await rm(data, { recursive: true, force: true });
}

const targets = done.flatMap(section => section.targets);
const reached = targets.filter(holds).length;
const seconds = Math.round((performance.now() - begin) / 1000);
parts.push(`${reached} of ${targets.length} targets reached; the run took ${seconds} s.`);
console.log(`\n${parts.at(-1)}`);
if (!values.quick && chosen.length === Object.keys(sections).length) {
  await writeFile(join(bench, 'RESULTS.md'), `${parts.join('\n\n')}\n`);
  console.log('written to bench/RESULTS.md');
}

async function heading(): Promise<string> {
  const peers = await versions(bench);
  return [
    '# Benchmark results\n',
    'Written by `npm run bench`; do not edit. bench/README.md says how to read it.\n',
    `- ${new Date().toISOString().slice(0, 10)}, ${describeMachine()}`,
    `- before the run: ${describeLoad()}`,
    `- ${peers.join(', ')}`,
  ].join('\n');
}
