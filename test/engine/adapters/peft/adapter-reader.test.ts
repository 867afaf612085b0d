import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { AdapterReader } from '../../../../src-main/engine/adapters/peft/adapter-reader.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { openSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { FloatArena } from '../../../../src-main/engine/tensors/staging.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { goldenPath } from '../../golden.ts';

let description: ModelDescription;
let scratch: string;
let folder: string;
const original = goldenPath('vit', 'adapters', 'lora');
const tensors = 'adapter_model.safetensors';

beforeAll(async () => {
  description = await describeModel(goldenPath('vit', 'base'));
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-adapter-reader-'));
});
beforeEach(async () => {
  folder = path.join(scratch, 'adapter');
  await rm(folder, { recursive: true, force: true });
  await cp(original, folder, { recursive: true });
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Writes zeros over every tensor of the folder, in place. */
async function zeroTensors(): Promise<void> {
  const bytes = await readFile(path.join(folder, tensors));
  bytes.fill(0, 8 + Number(bytes.readBigUInt64LE()));
  await writeFile(path.join(folder, tensors), bytes);
}

test('an adapter that was read is kept whole, whatever the limit, until it is released', async () => {
  const reader = new AdapterReader(description, 0);
  const expected = await readAdapter(original, description);
  const state = await reader.read(folder);
  expect(state).toEqual(expected);
  await zeroTensors();
  expect(await reader.read(folder)).toBe(state);
  const head = await reader.readHead(folder);
  expect(head.saved).toEqual(expected.saved);
  expect(head.modules.size).toBe(0);
  await reader.release(folder);
  const again = await reader.read(folder);
  expect([...again.saved.values()].every(({ data }) => data.every((value) => value === 0))).toBe(true);
  await reader.close();
});

test('tensors are kept up to the limit, and read again beyond it', async () => {
  const file = await openSafetensors(path.join(original, tensors));
  const [first = '', second = ''] = file.names;
  const expected = [(await file.read(first)).data, (await file.read(second)).data];
  await file.close();
  const reader = new AdapterReader(description, expected[0]?.byteLength);
  const { file: kept } = await reader.open(folder);
  const arena = new FloatArena();
  arena.reserve(2 ** 16, 8);
  const values = async () => [
    (await kept.stage(first, arena)).data.slice(),
    await kept.lend(second, ({ data }) => data.slice()),
  ];
  expect(await values()).toEqual(expected);
  await zeroTensors();
  expect(await values()).toEqual([expected[0], expected[1]?.map(() => 0)]);
  await reader.close();
});

test('a folder that cannot be opened is reported at every call, and closing does not fail', async () => {
  const reader = new AdapterReader(description);
  await rm(path.join(folder, tensors));
  await expect(reader.outline(folder)).rejects.toMatchObject({ code: 'invalid_file' });
  await expect(reader.read(folder)).rejects.toMatchObject({ code: 'invalid_file' });
  await reader.close();
});
