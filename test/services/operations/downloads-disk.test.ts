import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { ErrorClassifier } from '../../../index.ts';
import { DiskSpaceError, download } from '../../../operations.ts';
import { BlockWriter } from '../../../services/operations/download/block-writer.ts';
import { diskErrorOf } from '../../../services/operations/download/disk.ts';
import { hashFile } from '../../../services/operations/download/hasher.ts';
import { recordingContext } from '../../support/operation-context.ts';
import { rejects } from '../../support/rejects.ts';
import { sha256Of, withPlace } from './download-fixture.ts';
import { withDownloads } from './downloads-fixture.ts';

export const suiteTimeout = 60_000;
const content = sampleBytes(3_000_000);
const sha256 = sha256Of(content);
const IN_MEMORY = '/dev/shm';
const test = suite('downloads, on disk');

const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

test('says on a full disk what is needed and free, and that only a person can help', async () => {
  const error = await diskErrorOf(full, join(tmpdir(), 'file'), 5_000, 2_000);
  assert.instance(error, DiskSpaceError);
  const { needed, free, cause } = error as DiskSpaceError;
  assert.is(needed, 3_000);
  assert.ok((free ?? 0) > 0);
  assert.is(cause, full);
  const { category, retryable } = new ErrorClassifier().explain(error);
  assert.equal({ category, retryable }, { category: 'resource', retryable: false });
  const other = new RangeError('other');
  assert.is(await diskErrorOf(other, '/x/file', 5, 2), other);
});

test('hands a refused write to whoever writes next, and counts no byte of it', async () => {
  const written: number[] = [];
  let room = 600_000;
  const file = {
    async write(_: Uint8Array, _offset: number, length: number) {
      const bytesWritten = Math.min(length, room, 200_000);
      room -= bytesWritten;
      if (bytesWritten === 0) throw full;
      return { bytesWritten };
    },
  };
  const writer = new BlockWriter(file, 1_000, at => {
    written.push(at);
    return false;
  });
  await writer.append(content.subarray(0, 400_000));
  await writer.flush();
  assert.equal(written, [401_000]);
  const refused = async () => {
    await writer.append(content.subarray(0, 1_200_000));
    await writer.flush();
  };
  assert.is(await rejects(refused(), Error), full);
  assert.is(await rejects(writer.flush(), Error), full);
  assert.is(writer.written, 601_000);
});

/** A file system of two MB; undefined where this process may not make one. */
function smallDisk(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

test(
  'keeps the part on a disk that becomes full on the way',
  withPlace(async ({ server }) => {
    const disk = smallDisk();
    if (disk === undefined) return; // only root can make a disk that is full: the tests above stand for this one
    try {
      // Of unknown length, so that nobody can see it coming, and longer than the disk and what is on its way.
      const long = sampleBytes(8_000_000);
      const url = server.serve('/file', { content: long, length: false });
      const input = { url, file: join(disk, 'file') };

      const error = await rejects(download(input, recordingContext()), DiskSpaceError);

      assert.is(error.needed, undefined);
      assert.ok((await stat(join(disk, 'file.part'))).size > 1_000_000);
      const known = server.serve('/known', { content });
      const early = download({ ...input, url: known }, recordingContext());
      assert.is((await rejects(early, DiskSpaceError)).needed, content.length);
      assert.is((await stat(join(disk, 'file.part'))).size, 0, 'nothing was written');
    } finally {
      execFileSync('umount', [disk]);
      await rm(disk, { recursive: true });
    }
  }),
);

const crossesDisks = existsSync(IN_MEMORY) && statSync(IN_MEMORY).dev !== statSync(tmpdir()).dev;
const acrossDisks = crossesDisks ? test : test.skip; // a link that cannot be made needs two file systems

acrossDisks(
  'copies a known file where a link does not reach',
  withDownloads(async ({ server, folder, manage }) => {
    const elsewhere = await mkdtemp(join(IN_MEMORY, 'downloads-'));
    try {
      const url = server.serve('/file', { content });
      const reuse = { folder: join(folder, 'known') };
      await manage({ root: elsewhere, reuse, name: 'there' }).run({ url, file: 'file', sha256 });

      const here = await manage({ reuse, name: 'here' }).run({ url, file: 'file', sha256 });

      assert.is(server.requests.length, 1);
      assert.is(here.resumedFrom, content.length);
      assert.is(sha256Of(await readFile(join(folder, 'file'))), sha256);
      assert.equal((await readdir(folder)).sort(), ['file', 'known']);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  }),
);

test(
  'is not misled by what else is among the notes of finished files',
  withDownloads(async ({ server, folder, manage }) => {
    const url = server.serve('/file', { content });
    const reuse = { folder: join(folder, 'known') };
    const notes = join(reuse.folder, sha256);
    await mkdir(notes, { recursive: true });
    await writeFile(join(notes, 'a.json'), '{"file":');
    await writeFile(join(notes, 'b.json'), JSON.stringify({ file: folder, bytes: 1 }));
    await writeFile(join(notes, 'c.json'), JSON.stringify({ file: '/nowhere', bytes: 3_000_000 }));
    await writeFile(join(notes, 'd.tmp'), 'half');

    const { resumedFrom } = await manage({ reuse }).run({ url, file: 'file', sha256 });

    assert.is(resumedFrom, 0);
    assert.is(server.requests.length, 1);
  }),
);

test(
  'takes checksums of large files by a thread, and stops when nobody wants them',
  withPlace(async ({ file }) => {
    const large = Buffer.alloc(40 * 1024 * 1024, sampleBytes(65_537));
    await writeFile(file, large);
    const signal = new AbortController().signal;
    const all = ['sha256', 'sha512'] as const;
    const [one, both] = await Promise.all([
      hashFile(file, large.length, signal),
      hashFile(file, large.length, signal, all),
    ]);
    assert.is(one.sha256, sha256Of(large));
    assert.is(both.sha256, one.sha256);
    assert.is(both.sha512?.length, 128);
    const longer = hashFile(file, large.length + 1, signal);
    assert.match((await rejects(longer, Error)).message, /the file ends at 41943040 bytes/);
    const stopped = hashFile(file, large.length, AbortSignal.abort(new RangeError('enough')));
    await rejects(stopped, RangeError);
  }),
);

test.run();
