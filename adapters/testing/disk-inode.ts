/** What a disk tears is whole sectors. */
const SECTOR = 512;

export interface Write {
  readonly offset: number;
  readonly data: Buffer;
}

/** A file of a simulated disk. */
export interface Inode {
  /** What reads see. */
  cached: Buffer;
  durable: Buffer;
  /** In the cache only. */
  dirty: Write[];
  /** Written, and forgotten by a failed sync: no later sync brings them to the disk, though reads see them. */
  forgotten: Write[];
}

/** A file whose content is durable. The two are copies, since each is written in place. */
export const newInode = (content: Buffer): Inode => ({
  cached: Buffer.from(content),
  durable: Buffer.from(content),
  dirty: [],
  forgotten: [],
});

/** The content with a write in it; in place where it is long enough for that. */
export function overwrite(content: Buffer, { offset, data }: Write): Buffer {
  const end = offset + data.length;
  const result = end <= content.length ? content : grown(content, end);
  data.copy(result, offset);
  return result;
}

function grown(content: Buffer, length: number): Buffer {
  const result = Buffer.alloc(length);
  content.copy(result);
  return result;
}

export function sectorsOf({ offset, data }: Write): Write[] {
  const sectors: Write[] = [];
  for (let at = 0; at < data.length; at += SECTOR) {
    sectors.push({ offset: offset + at, data: data.subarray(at, at + SECTOR) });
  }
  return sectors;
}
