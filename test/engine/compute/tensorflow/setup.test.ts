import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadWheel } from '../../../../src-main/engine/compute/tensorflow/setup/download.ts';
import { extractWheel } from '../../../../src-main/engine/compute/tensorflow/setup/wheel-file.ts';
import { zipOf } from './zip.ts';

const signal = new AbortController().signal;
const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 31) % 251));
const wheel = {
  project: 'some-project',
  file: 'some_project-1.0-py3-none-any.whl',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};

let folder: string;
let server: Server;
/** File served by the index, and the requested ranges. */
let served: Buffer;
let ranges: (string | undefined)[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coto-setup-'));
  served = content;
  ranges = [];
  server = createServer((request, response) => {
    if (request.url === '/simple/some-project/')
      response.end(JSON.stringify({ files: [{ filename: wheel.file, url: '../../files/wheel' }] }));
    else if (request.url === '/files/wheel') {
      const { range } = request.headers;
      ranges.push(range);
      const start = Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
      response.statusCode = range ? 206 : 200;
      response.end(served.subarray(start));
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  process.env['PIP_INDEX_URL'] = `http://127.0.0.1:${portOf(server)}/simple`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a wheel is fetched', () => {
  it('from the index, with its progress, and once only', async () => {
    const target = join(folder, 'downloads', wheel.file);
    const seen: (number | null)[] = [];
    await downloadWheel(wheel, target, ({ done }) => seen.push(done), signal);
    expect(readFileSync(target)).toEqual(content);
    expect(seen).toContain(content.length);
    await downloadWheel(wheel, target, () => undefined, signal);
    expect(ranges).toEqual([undefined]);
  });

  it('from where an earlier attempt ended', async () => {
    const target = join(folder, wheel.file);
    writeFileSync(`${target}.part`, content.subarray(0, 1234));
    await downloadWheel(wheel, target, () => undefined, signal);
    expect(ranges).toEqual(['bytes=1234-']);
    expect(readFileSync(target)).toEqual(content);
  });

  it('but not if it has other bytes than those that are pinned', async () => {
    served = Buffer.concat([content.subarray(0, 4999), Buffer.from([7])]);
    const target = join(folder, wheel.file);
    await expect(downloadWheel(wheel, target, () => undefined, signal)).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining(wheel.file),
    });
    expect(existsSync(target) || existsSync(`${target}.part`)).toBe(false);
  });

  it('or it is said that the index lacks it, or cannot be reached', async () => {
    const fetched = (project: string) =>
      downloadWheel({ ...wheel, project }, join(folder, 'x'), () => undefined, signal);
    await expect(fetched('unknown')).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('404'),
    });
    await expect(
      downloadWheel({ ...wheel, file: 'other.whl' }, join(folder, 'x'), () => undefined, signal),
    ).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('other.whl') });
    server.close();
    await expect(fetched('some-project')).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/127\.0\.0\.1.* cannot be reached/),
    });
  });
});

describe('a wheel is unpacked', () => {
  it('with packed, plain and empty files, as far as needed', async () => {
    const file = join(folder, 'a.whl');
    const files = {
      'lib/packed.so': content,
      'lib/plain.h': Buffer.from('plain'),
      'lib/empty': Buffer.alloc(0),
      other: content,
    };
    writeFileSync(file, zipOf(files));
    await extractWheel(file, join(folder, 'out'), (name) => name.startsWith('lib/'), signal);
    for (const name of ['lib/packed.so', 'lib/plain.h', 'lib/empty'] as const)
      expect(readFileSync(join(folder, 'out', name))).toEqual(files[name]);
    expect(existsSync(join(folder, 'out', 'other'))).toBe(false);
  });

  it('never outside its folder, and not where it is cut off', async () => {
    const file = join(folder, 'a.whl');
    writeFileSync(file, zipOf({ '../escaped': content }));
    await expect(extractWheel(file, join(folder, 'out'), () => true, signal)).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining('../escaped'),
    });
    writeFileSync(file, zipOf({ one: content }).subarray(0, 300));
    await expect(extractWheel(file, join(folder, 'out'), () => true, signal)).rejects.toMatchObject({
      code: 'invalid_file',
    });
  });

  it('beyond 4 GiB by its zip64 records', async () => {
    const file = join(folder, 'a.whl');
    writeFileSync(file, zip64(zipOf({ 'lib/packed.so': content, 'lib/plain.h': Buffer.from('plain') })));
    await extractWheel(file, join(folder, 'out'), () => true, signal);
    expect(readFileSync(join(folder, 'out', 'lib', 'packed.so'))).toEqual(content);
    expect(readFileSync(join(folder, 'out', 'lib', 'plain.h'), 'utf8')).toBe('plain');
  });

  it('not where a file is not what was packed', async () => {
    const file = join(folder, 'a.whl');
    const broken = zipOf({ 'lib/plain.h': Buffer.from('plain') });
    broken.write('p1ain', broken.indexOf('plain', 30 + 'lib/plain.h'.length));
    writeFileSync(file, broken);
    await expect(extractWheel(file, join(folder, 'out'), () => true, signal)).rejects.toMatchObject({
      code: 'invalid_file',
      message: `The wheel ${file} cannot be unpacked: the checksum of lib/plain.h does not fit.`,
    });
  });

  it('not where a file holds more than the directory says', async () => {
    const file = join(folder, 'a.whl');
    const bomb = zipOf({ bomb: Buffer.alloc(1_000_000) });
    // The unpacked length in the directory's only entry.
    bomb.writeUInt32LE(1000, bomb.indexOf('PK\x01\x02', 0, 'latin1') + 24);
    writeFileSync(file, bomb);
    await expect(extractWheel(file, join(folder, 'out'), () => true, signal)).rejects.toMatchObject({
      code: 'invalid_file',
    });
  });

  it('not any further once it is cancelled', async () => {
    const file = join(folder, 'a.whl');
    writeFileSync(file, zipOf({ one: content }));
    await expect(extractWheel(file, join(folder, 'out'), () => true, AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

/** The archive with the place and number of its entries told by zip64 records alone, as above 4 GiB. */
function zip64(archive: Buffer): Buffer {
  const end = archive.subarray(-22);
  const [count, bytes, offset] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(bytes), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  const unknown = Buffer.from(end);
  unknown.fill(0xff, 8, 20);
  return Buffer.concat([archive.subarray(0, -22), record, locator, unknown]);
}

function portOf(listening: Server): number {
  const address: AddressInfo | string | null = listening.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
