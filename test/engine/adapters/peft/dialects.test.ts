import { mkdtempSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { derivePeftConfig } from '../../../../src-main/engine/adapters/peft/derive-config.ts';
import { withShared } from '../../../../src-main/engine/adapters/variant/variant.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { goldenPath } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

/** Contents of adapter folders beyond their configs. */

let description: ModelDescription;
const scratch = mkdtempSync(path.join(tmpdir(), 'coto-dialects-'));
beforeAll(async () => {
  await activateCompute(testCompute);
  description = await describeModel(goldenPath('llama', 'base'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function changed(name: string, tag: string, edit: (tensors: Map<string, HostTensor>) => void): Promise<string> {
  const folder = path.join(scratch, tag);
  await cp(goldenPath('llama', 'adapters', name), folder, { recursive: true });
  const file = path.join(folder, 'adapter_model.safetensors');
  const tensors = await readSafetensors(file);
  edit(tensors);
  await writeSafetensors(file, tensors);
  return folder;
}

const prefix = 'base_model.model.';
const embedding = `${prefix}model.embed_tokens.weight`;
const table = (rows: number): HostTensor => ({
  shape: [rows, 24],
  data: Float32Array.from({ length: rows * 24 }, (_, at) => at),
});

it('takes an embedding that was stored along for one saved whole, and says so when it writes', async () => {
  const folder = await changed('lora', 'along', (tensors) => tensors.set(embedding, table(64)));
  const state = await readAdapter(folder, description);
  expect([...state.saved.keys()]).toEqual(['model.embed_tokens.weight']);
  expect(state.config.modules_to_save).toEqual(['model.embed_tokens']);
  const again = path.join(scratch, 'again');
  await writeAdapter(again, state, { description, baseModelName: 'x' });
  expect(await readAdapter(again, description)).toMatchObject({ saved: state.saved, modules: state.modules });
});

it('refuses an embedding of another vocabulary by its sizes', async () => {
  const folder = await changed('lora', 'resized', (tensors) => tensors.set(embedding, table(66)));
  await expect(readAdapter(folder, description)).rejects.toThrow(
    `${embedding} has the shape [66, 24] where [64, 24] is expected`,
  );
});

it('leaves out a copy of a saved module, but not what has no other name', async () => {
  const copy = `${prefix}lm_head.modules_to_save.weight`;
  const both = await changed('lora-modules-to-save', 'both', (tensors) => tensors.set(copy, table(64)));
  const plain = await readAdapter(goldenPath('llama', 'adapters', 'lora-modules-to-save'), description);
  expect((await readAdapter(both, description)).saved).toEqual(plain.saved);
  const alone = await changed('lora-modules-to-save', 'alone', (tensors) => {
    tensors.set(copy, table(64));
    tensors.delete(`${prefix}lm_head.weight`);
  });
  await expect(readAdapter(alone, description)).rejects.toThrow(`${copy} belongs to no linear layer of the base`);
});

it('reads magnitudes under either of their names', async () => {
  const folder = await changed('dora', 'magnitudes', (tensors) => {
    for (const [key, tensor] of [...tensors])
      if (key.endsWith('.lora_magnitude_vector')) {
        tensors.delete(key);
        tensors.set(`${key}.weight`, tensor);
      }
  });
  const golden = await readAdapter(goldenPath('llama', 'adapters', 'dora'), description);
  expect((await readAdapter(folder, description)).modules).toEqual(golden.modules);
});

it('does not take a bias or a magnitude that the config says nothing of', async () => {
  const extra = [
    ['lora_B.bias', 'lora_bias is false'],
    ['lora_magnitude_vector', 'use_dora is false'],
  ] as const;
  for (const [end, message] of extra) {
    const key = `${prefix}model.layers.0.self_attn.q_proj.${end}`;
    const folder = await changed('lora', end, (tensors) =>
      tensors.set(key, { shape: [24], data: new Float32Array(24) }),
    );
    await expect(readAdapter(folder, description)).rejects.toThrow(message);
  }
});

it("says IA³'s feed-forward modules in today's names where the folder said them in older ones", async () => {
  const vit = await describeModel(goldenPath('vit', 'base'));
  const state = await readAdapter(goldenPath('vit', 'adapters', 'ia3'), vit);
  const inputs = [...state.modules].filter(([, { tensors }]) => tensors.get('l')?.shape[0] === 1).map(([name]) => name);
  expect(inputs.length).toBeGreaterThan(0);
  for (const feedforward_modules of [['output.dense'], String.raw`.*\.\d+\.output\.dense`]) {
    const config = derivePeftConfig({ ...state, parameters: { feedforward_modules }, savedNames: [] }, vit);
    const said = z.array(z.string()).parse(config['feedforward_modules']);
    const found = [...state.modules.keys()].filter((name) => said.some((end) => name.endsWith(end)));
    expect(found).toEqual(inputs);
  }
});

it.each([
  ['vera-no-projections', 'down_proj'],
  ['randlora-no-projections', 'up_proj'],
])('writes the projections of %s where what is left of it would draw others', async (name, largest) => {
  const state = await readAdapter(goldenPath('llama', 'adapters', name), description);
  const write = async (tag: string, modules: typeof state.modules) => {
    const folder = path.join(scratch, `${name}-${tag}`);
    await writeAdapter(folder, { ...state, modules }, { description, baseModelName: 'base' });
    const keys = [...(await readSafetensors(path.join(folder, 'adapter_model.safetensors'))).keys()];
    return { again: await readAdapter(folder, description), shared: keys.filter((key) => key.split('.').length === 2) };
  };
  const whole = await write('whole', state.modules);
  expect(whole.shared).toEqual([]);
  expect(whole.again.shared).toEqual(state.shared);
  const left = new Map([...state.modules].filter(([module]) => !/(up|down)_proj$/.test(module)));
  expect([...state.modules.keys()].some((module) => module.endsWith(largest))).toBe(true);
  const pruned = await write('pruned', left);
  expect(pruned.shared).toHaveLength(2);
  expect(pruned.again.parameters['save_projection']).toBe(true);
  const weight = tf.zeros<tf.Rank.R2>([24, 24]);
  for (const module of description.linears.filter((one) => left.has(one.name) && one.outFeatures === 24)) {
    const [before, after] = [state, pruned.again].map((adapter) => {
      const { tensors, ...own } = withShared(module, adapter.modules.get(module.name) ?? fail(), adapter);
      const placed = new Map(
        [...tensors].map(([part, { shape, data }]) => [part, tf.tensor(data, [...shape], 'float32')]),
      );
      return adapter.variant.mergedWeight(weight, { ...own, tensors: placed }, false).dataSync();
    });
    expect(after).toEqual(before);
  }
});

function fail(): never {
  throw new Error('missing');
}
