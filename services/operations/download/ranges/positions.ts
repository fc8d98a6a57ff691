import { closeSync, openSync, writeSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { positionsPath } from '../record.ts';

/**
 * How far each range is, kept in `<file>.part.at` and brought up to date as it is written. What the system was given before the process was
 * killed is in the file, so these positions are right for as long as the system lives. After a crash of the machine they may be ahead of what has
 * reached the disk; so they name the run of the system (`boot`) that they hold for, and in another one only what was synced counts.
 */
export class Positions {
  readonly #fd: number | undefined;
  readonly #offset: number;
  readonly #cell = Buffer.alloc(8);
  #closed = false;

  private constructor(fd: number | undefined, offset: number) {
    this.#fd = fd;
    this.#offset = offset;
  }

  /** Writes the positions as they are now, as a whole, and keeps the file open. */
  static async open(file: string, generation: string, at: readonly number[]): Promise<Positions> {
    const boot = await currentBoot();
    // Where the run of the system has no name, nobody could believe it later.
    if (boot === undefined) return new Positions(undefined, 0);
    const heading = headingOf(generation, boot);
    const content = Buffer.alloc(heading.length + at.length * 8);
    heading.copy(content);
    for (const [index, position] of at.entries()) {
      content.writeDoubleLE(position, heading.length + index * 8);
    }
    const path = positionsPath(file);
    const handle = await open(`${path}.tmp`, 'w', 0o600);
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    await rename(`${path}.tmp`, path);
    return new Positions(openSync(path, 'r+'), heading.length);
  }

  /** A range is as far as this. Once for each block, so a few thousand times a GiB, and some microseconds each. */
  note(range: number, position: number): void {
    if (this.#fd === undefined || this.#closed) return;
    this.#cell.writeDoubleLE(position);
    writeSync(this.#fd, this.#cell, 0, 8, this.#offset + range * 8);
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd !== undefined && !this.#closed) closeSync(this.#fd);
    this.#closed = true;
  }
}

/** What the last process knew; undefined where that is not to be believed. */
export async function readPositions(
  file: string,
  generation: string,
  count: number,
): Promise<readonly number[] | undefined> {
  const boot = await currentBoot();
  if (boot === undefined) return undefined;
  const content = await readFile(positionsPath(file)).catch(() => undefined);
  const heading = headingOf(generation, boot);
  const fits =
    content?.length === heading.length + count * 8 &&
    content.subarray(0, heading.length).equals(heading);
  if (!fits) return undefined;
  return Array.from({ length: count }, (_, index) =>
    content.readDoubleLE(heading.length + index * 8),
  );
}

function headingOf(generation: string, boot: string): Buffer {
  return Buffer.from(`${generation} ${boot}\n`);
}

/** The name of this run of the system. Only Linux has one that costs nothing to read. */
async function currentBoot(): Promise<string | undefined> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  return text?.trim() || undefined;
}
