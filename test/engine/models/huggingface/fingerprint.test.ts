import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { goldenPath } from '../../golden.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-fingerprint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isLinux = process.platform === 'linux';
/** Bytes that this process has read from files so far. */
const bytesRead = () => (isLinux ? Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]) : 0);

test('the weights are hashed once, until a file has changed, whatever its size and time say', async () => {
  const base = join(folder, 'base');
  cpSync(goldenPath('llama', 'base'), base, { recursive: true });
  const weights = join(base, 'model.safetensors');
  const { size, atime, mtime } = statSync(weights);
  const { fingerprint } = await describeModel(base);
  const before = bytesRead();
  expect((await describeModel(base)).fingerprint).toBe(fingerprint);
  expect(bytesRead() - before).toBeLessThan(size / 2);
  const bytes = readFileSync(weights);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(weights, bytes);
  utimesSync(weights, atime, mtime);
  expect((await describeModel(base)).fingerprint).not.toBe(fingerprint);
});
