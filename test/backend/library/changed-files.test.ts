import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkAdapterFiles } from '../../../src-main/backend/library/adapters/adapter-file.ts';
import { checkModelFiles } from '../../../src-main/backend/library/models/model-files.ts';
import { ForeignReader } from '../../../src-main/backend/reading/foreign-reader.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { fileHash } from '../../../src-main/files/file-hash.ts';
import { silentLog } from '../../../src-main/logging/log.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { goldenPath } from '../../engine/golden.ts';
import { modelRecord } from '../records.ts';
import { readerInProcess } from '../support.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-changed-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Flips one bit in the middle of a file. */
function flipBit(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.length - 9;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

it('an adapter with a flipped bit is named before it is used', async () => {
  cpSync(goldenPath('vit-28', 'adapters', 'lora'), join(folder, 'adapters', 'one'), { recursive: true });
  const file = join(folder, 'adapters', 'one', 'adapter_model.safetensors');
  const home = { absolute: (...parts: string[]) => join(folder, ...parts) };
  const adapter = { name: 'Mine', folder: 'adapters/one', sha256: await fileHash(file) };
  const check = () => checkAdapterFiles({ home }, adapter);
  await check();
  const { atime, mtime } = statSync(file);
  flipBit(file);
  utimesSync(file, atime, new Date(mtime.getTime() + 5000));
  await expect(check()).rejects.toMatchObject({
    code: 'invalid_file',
    message: `The adapter "Mine" is damaged: ${file} has been changed since it was added (SHA-256).`,
    hint: expect.stringContaining('backup'),
  });
  flipBit(file);
  await check();
  rmSync(file);
  await expect(check()).rejects.toThrow(`${file} is missing`);
});

it('an adapter whose adapter_config.json has a flipped bit is named before it is used', async () => {
  const own = join(folder, 'adapters', 'one');
  cpSync(goldenPath('vit-28', 'adapters', 'lora'), own, { recursive: true });
  const file = join(own, 'adapter_config.json');
  const home = { absolute: (...parts: string[]) => join(folder, ...parts) };
  const sha256 = await fileHash(join(own, 'adapter_model.safetensors'));
  const adapter = { name: 'Mine', folder: 'adapters/one', sha256, configSha256: await fileHash(file) };
  const check = () => checkAdapterFiles({ home }, adapter);
  await check();
  const before = readFileSync(file, 'utf8');
  const { atime, mtime } = statSync(file);
  // 8 and 9 differ in one bit; size and time stay.
  expect(before).toContain('"lora_alpha": 8');
  writeFileSync(file, before.replace('"lora_alpha": 8', '"lora_alpha": 9'));
  utimesSync(file, atime, mtime);
  await expect(check()).rejects.toMatchObject({
    code: 'invalid_file',
    message: `The adapter "Mine" is damaged: ${file} has been changed since it was added (SHA-256).`,
  });
  // Added by an earlier version, it has no hash of its config.
  await checkAdapterFiles({ home }, { name: adapter.name, folder: adapter.folder, sha256 });
  writeFileSync(file, before);
  await check();
});

it('a base whose weights have changed since it was added is refused', async () => {
  const path = join(folder, 'base');
  cpSync(goldenPath('vit-28', 'base'), path, { recursive: true });
  const store = openStore(join(folder, 'studio.sqlite'));
  const reader = new ForeignReader(readerInProcess, silentLog);
  try {
    store.models.save({ ...modelRecord, name: 'tiny', path, description: await describeModel(path) });
    await checkModelFiles({ store, reader }, path);
    flipBit(join(path, 'model.safetensors'));
    utimesSync(join(path, 'model.safetensors'), 1, 1);
    await expect(checkModelFiles({ store, reader }, path)).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringMatching(/^The model "tiny" is not what was added: .* have changed since \(SHA-256\)\.$/),
    });
    // A folder that is no model of the studio is not its business.
    await checkModelFiles({ store, reader }, folder);
  } finally {
    await reader.close();
    store.close();
  }
});
