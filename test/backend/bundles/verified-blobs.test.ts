import { createHash } from 'node:crypto';
import { linkSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isWhole } from '../../../src-main/backend/bundles/verified-blobs.ts';
import { temporaryFolder } from '../../engine/data/make-data.ts';

it('a shared blob is hashed once, and again where it may have changed', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'blob');
  const content = Buffer.alloc(3 * 2 ** 20, 'a');
  const blob = { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
  let hashed = 0;
  const ask = async () => {
    hashed = 0;
    return [await isWhole(file, blob, (bytes) => (hashed += bytes)), hashed];
  };
  expect(await ask()).toEqual([false, 0]);
  writeFileSync(file, content);
  expect(await ask()).toEqual([true, content.length]);
  linkSync(file, join(folder, 'in a bundle'));
  expect(await ask()).toEqual([true, 0]);
  // Written to in place, and another file of the same time.
  writeFileSync(file, Buffer.alloc(content.length, 'b'));
  utimesSync(file, 1, 1);
  expect(await ask()).toEqual([false, content.length]);
  const other = join(folder, 'other');
  writeFileSync(other, content);
  utimesSync(other, 1, 1);
  renameSync(other, file);
  expect(await ask()).toEqual([true, content.length]);
  writeFileSync(file, 'torn');
  expect(await ask()).toEqual([false, 0]);

  writeFileSync(file, content);
  const stop = () => {
    throw new Error('cancelled');
  };
  await expect(isWhole(file, blob, stop)).rejects.toThrow('cancelled');
});
