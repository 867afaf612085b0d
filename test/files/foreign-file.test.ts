import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { copyForeignFile, openRegularFile, readBounded, readForeignText } from '../../src-main/files/foreign-file.ts';

const root = mkdtempSync(join(tmpdir(), 'coto-foreign-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const isUnix = process.platform !== 'win32';

function folder(name: string): string {
  const made = join(root, name);
  mkdirSync(made, { recursive: true });
  return made;
}

test('a file is read up to its limit', async () => {
  const file = join(folder('size'), 'config.json');
  writeFileSync(file, '{"a":1}');
  expect(await readForeignText(file, 7)).toBe('{"a":1}');
  await expect(readForeignText(file, 6)).rejects.toThrow(`${file} has 1 MiB`);
  truncateSync(file, 3 * 2 ** 30);
  await expect(readForeignText(file, 2 ** 20)).rejects.toThrow('has 3072 MiB, and at most 1 MiB are read');
});

test('a missing file is null, a missing file that was named is an error', async () => {
  expect(await readForeignText(join(root, 'nothing.json'), 10)).toBeNull();
  await expect(readBounded(join(root, 'nothing.json'), 10)).rejects.toThrow('ENOENT');
});

test.runIf(isUnix)('a FIFO, a device and a folder are refused at once', async () => {
  const at = folder('kinds');
  execFileSync('mkfifo', [join(at, 'fifo')]);
  symlinkSync('/dev/zero', join(at, 'zero'));
  for (const name of ['fifo', 'zero'])
    await expect(openRegularFile(join(at, name))).rejects.toThrow(`${join(at, name)} is not a regular file.`);
  await expect(readBounded(at, 10)).rejects.toThrow('is not a regular file');
  await expect(readForeignText(join(at, 'fifo'), 10)).rejects.toThrow('is not a regular file');
});

test.runIf(isUnix)('a link out of the folder is neither read nor copied, one within it is', async () => {
  const at = folder('links');
  writeFileSync(join(root, 'secret'), 'secret');
  writeFileSync(join(at, 'own'), 'own');
  symlinkSync(join(root, 'secret'), join(at, 'README.md'));
  symlinkSync('own', join(at, 'linked'));
  await expect(readForeignText(join(at, 'README.md'), 100)).rejects.toThrow('is a link to a file outside its folder');
  await expect(copyForeignFile(join(at, 'README.md'), join(root, 'copy'))).rejects.toThrow('outside its folder');
  expect(await readForeignText(join(at, 'linked'), 100)).toBe('own');
  await copyForeignFile(join(at, 'linked'), join(root, 'copy'));
  expect(readFileSync(join(root, 'copy'), 'utf8')).toBe('own');
});

test.runIf(isUnix)('a snapshot of the Hugging Face cache links to its blobs, and no further', async () => {
  const repository = folder('models--me--mine');
  const snapshot = folder('models--me--mine/snapshots/abc');
  folder('models--me--mine/blobs');
  writeFileSync(join(repository, 'blobs', '1234'), 'blob');
  symlinkSync('../../blobs/1234', join(snapshot, 'config.json'));
  symlinkSync('../../../secret', join(snapshot, 'README.md'));
  expect(await readForeignText(join(snapshot, 'config.json'), 100)).toBe('blob');
  await expect(readForeignText(join(snapshot, 'README.md'), 100)).rejects.toThrow('outside its folder');
});

test.runIf(isUnix)('a folder that is itself a link is read', async () => {
  const at = folder('real');
  writeFileSync(join(at, 'config.json'), '{}');
  symlinkSync(at, join(root, 'alias'));
  expect(await readForeignText(join(root, 'alias', 'config.json'), 100)).toBe('{}');
});
