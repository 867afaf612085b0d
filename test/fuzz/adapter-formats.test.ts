import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { collectModules } from '../../src-main/engine/formats/adapters/collect-modules.ts';
import type { WrittenAdapter } from '../../src-main/engine/formats/adapters/format.ts';
import { adapterFormats, recognizeAdapter } from '../../src-main/engine/formats/adapters/index.ts';
import { describeModel, readConfig } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { goldenPath } from '../engine/golden.ts';
import { fuzzCases } from './cases.ts';
import { expectReadOrRefused } from './corrupt.ts';
import { mutateBytes, seededNumbers } from './mutations.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-fuzz-formats-'));
afterAll(() => rm(home, { recursive: true, force: true }));

/** An adapter of a language model; of an image model where the format is for those. */
async function original(id: string): Promise<WrittenAdapter> {
  const directory = goldenPath('llama', 'base');
  const description = await describeModel(directory);
  if (id !== 'diffusers') {
    const name = id === 'gguf-lora' ? 'lora' : 'dora';
    const state = await readAdapter(goldenPath('llama', 'adapters', name), description);
    return { state, description, name: 'mine', config: await readConfig(directory) };
  }
  const values = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, at) => at / 7),
  });
  const module = (name: string) => ({
    name,
    kind: 'linear' as const,
    rank: 2,
    scaling: 1,
    tensors: new Map([
      ['a', values(2, 6)],
      ['b', values(4, 2)],
    ]),
  });
  const names = ['unet.mid_block.attentions.0.proj_in', 'text_encoder.text_model.encoder.layers.0.mlp.fc1'];
  const foreign = { name: 'sd', hash: null, architecture: null };
  return { ...collectModules('made', 'lora', names.map(module), foreign), name: 'mine', config: null };
}

const cases = Math.ceil(fuzzCases / adapterFormats.length);

describe.each(adapterFormats.map(({ id, extension }) => ({ id, extension })))('$id', ({ id, extension }) => {
  test(`${cases} corrupt adapters are read or refused in words`, async () => {
    const format = adapterFormats.find((one) => one.id === id);
    const path = join(home, extension === undefined ? id : `${id}.${extension}`);
    await format?.write(path, await original(id));
    const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
    const spoiled = files.filter((file) => /\.(safetensors|gguf|json)$/.test(file));
    const contents = spoiled.map((file) => readFileSync(file));
    const random = seededNumbers(11);
    const read = async () => {
      const { format: found, source } = await recognizeAdapter(path);
      return found.read(source, []);
    };
    const refused = await expectReadOrRefused(cases, path, async (index) => {
      const at = index % spoiled.length;
      for (const [other, file] of spoiled.entries()) writeFileSync(file, contents[other] ?? '');
      writeFileSync(spoiled[at] ?? '', mutateBytes(contents[at] ?? Buffer.alloc(0), random));
      await read();
    });
    expect(refused).toBeGreaterThan(cases / 5);
    expect(refused).toBeLessThan(cases);
    for (const [other, file] of spoiled.entries()) writeFileSync(file, contents[other] ?? '');
    expect((await read()).state.modules.size).toBeGreaterThan(1);
  });
});
