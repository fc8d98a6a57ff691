import type { Breakage, Group } from './breakage.ts';

/** What became of a breakage. */
export interface Fate {
  readonly group: Group;
  readonly breakage: Breakage;
  readonly caught: boolean;
  /** The first test that noticed, or why none did. */
  readonly told: string;
}

/**
 * Prints who noticed what, and what nobody did.
 * @returns the share of the breakages that were noticed, of those that can be
 */
export function report(fates: readonly Fate[]): number {
  const parts = [...new Set(fates.map(({ group }) => group.part))].sort();
  const counted = fates.filter(({ breakage }) => breakage.equivalent === undefined);
  const survivors = counted.filter(({ caught }) => !caught);
  const excused = fates.filter(({ breakage }) => breakage.equivalent !== undefined);

  for (const part of parts) {
    const own = counted.filter(({ group }) => group.part === part);
    const caught = own.filter(({ caught }) => caught);
    console.log(`\n${part}: ${caught.length} of ${own.length} are noticed`);
    for (const { breakage, told } of caught) console.log(`  ${breakage.what}\n    ${told}`);
  }
  for (const { breakage, caught, told } of excused) {
    console.log(`\nnot noticeable: ${breakage.file}: ${breakage.what}\n  ${breakage.equivalent}`);
    if (caught) console.log(`  ✘ but noticed by ${told}`);
  }
  for (const { breakage, told } of survivors) {
    console.log(`\n✘ survives: ${breakage.file}: ${breakage.what}: ${told}`);
    console.log(indented('- ', breakage.find) + indented('+ ', breakage.replace));
  }

  const caught = counted.length - survivors.length;
  const share = counted.length === 0 ? 1 : caught / counted.length;
  const others = excused.length === 0 ? '' : `, ${excused.length} that nobody can notice aside`;
  const words = `${caught} of ${counted.length} breakages are noticed${others}`;
  console.log(`\n${words}: ${(share * 100).toFixed(1)} %`);
  return share;
}

const indented = (mark: string, text: string): string =>
  text
    .split('\n')
    .map(line => `  ${mark}${line}\n`)
    .join('');
