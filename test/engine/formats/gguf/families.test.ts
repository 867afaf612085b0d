import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { convertGguf } from '../../../../src-main/engine/formats/gguf/convert.ts';
import { writeGgufLora } from '../../../../src-main/engine/formats/gguf/lora-file.ts';
import { readGgufLora } from '../../../../src-main/engine/formats/gguf/read-lora.ts';
import { describeModel, readConfig } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import {
  attendedValues,
  floats,
  goldenPath,
  relativeDifference,
  reportDeviation,
  taken,
  tensorsOf,
} from '../../golden.ts';

const folder = goldenPath('gguf', 'families');
const home = mkdtempSync(join(tmpdir(), 'coto-gguf-families-'));
beforeAll(() => activateCompute('wasm'));
afterAll(() => rm(home, { recursive: true, force: true }));

/** Golden models as llama.cpp's converter wrote them. */
const families = readdirSync(folder).map((name) => basename(name, '.gguf'));

const configSchema = z.looseObject({ model_type: z.string() });
const configOf = (directory: string) =>
  configSchema.parse(JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')));

/** Settings of golden models that GGUF files have no keys for: llama.cpp computes with those of the published models. */
const lost: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  gemma2: { query_pre_attn_scalar: 8 },
  'qwen3-moe': { num_hidden_layers: 2, mlp_only_layers: [], num_experts: 4, norm_topk_prob: true },
  starcoder2: { sliding_window: null },
  gemma3: {
    query_pre_attn_scalar: 8,
    layer_types: ['sliding_attention', 'sliding_attention', 'sliding_attention', 'sliding_attention'],
    rope_theta: 1_000_000,
    rope_local_base_freq: 10_000,
    rope_scaling: { type: 'linear', rope_type: 'linear', factor: 4 },
    sliding_window: 5,
  },
};

/** First layers without experts, which llama.cpp does not know of the family: the generator leaves them out. */
const withoutLayers: Readonly<Record<string, number>> = { 'qwen3-moe': 1 };

/** A name of the golden model as the file's model has it; null of what was left out. */
function nameInFile(family: string, name: string): string | null {
  const left = withoutLayers[family] ?? 0;
  const [, before = '', layer, behind = ''] = /^(.*\blayers\.)(\d+)(\..*)$/.exec(name) ?? [];
  if (layer === undefined) return name;
  return Number(layer) < left ? null : `${before}${Number(layer) - left}${behind}`;
}

test('finds the files of all further architectures', () => {
  expect(families).toContain('gemma3');
  expect(families).toContain('gpt-oss');
  expect(families.length).toBeGreaterThan(17);
});

describe.each(families)('%s.gguf', (family) => {
  const converted = join(home, family);
  beforeAll(async () => {
    await mkdir(converted);
    await convertGguf(join(folder, `${family}.gguf`), converted);
  });

  test('has the tensors of the model in transformers, and no others', async () => {
    const found = await readSafetensors(join(converted, 'model.safetensors'));
    const golden = await readSafetensors(goldenPath(family, 'base', 'model.safetensors'));
    const expected = new Map(
      [...golden].flatMap(([name, tensor]) => {
        const own = nameInFile(family, name);
        return own === null ? [] : [[own, tensor] as const];
      }),
    );
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, { shape, data }] of expected) {
      const own = taken(found, name);
      expect(own.shape, name).toEqual(shape);
      // Gemma's converter stores the sum, rounded.
      const isSum = family.startsWith('gemma') && name.endsWith('norm.weight');
      const added = (values: ArrayLike<number>) =>
        Array.from(values, (value) => (isSum ? Math.fround(1 + value) : value));
      expect(added(floats(own)), name).toEqual(added(floats({ shape, data })));
    }
  });

  test('gives the outputs of transformers', async () => {
    const config = configOf(converted);
    expect(config.model_type).toBe(configOf(goldenPath(family, 'base')).model_type);
    expect(config).toMatchObject(lost[family] ?? {});
    if (lost[family]) return;
    const base = await loadBaseModel(converted);
    const model = new AdaptedModel(base);
    const inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
    const given = tensorsOf(inputs);
    const { logits } = model.outputs(given);
    const expected = taken(await readSafetensors(goldenPath(family, 'base-outputs.safetensors')), 'logits');
    const mask = inputs.get('attention_mask');
    const difference = relativeDifference(...attendedValues(logits?.dataSync() ?? [], expected, mask));
    reportDeviation(family, 'outputs of the GGUF file', difference);
    expect(difference).toBeLessThan(1e-5);
    tf.dispose([given, logits]);
    model.dispose();
    base.dispose();
  });

  test('takes an adapter of the model to a file of llama.cpp and back', async () => {
    const directory = goldenPath(family, 'base');
    const description = await describeModel(directory);
    const config = await readConfig(directory);
    const state = await readAdapter(goldenPath(family, 'adapters', 'lora'), description);
    const file = join(home, `${family}-lora.gguf`);
    await writeGgufLora(file, state, { description, config }, 'lora');
    expect(existsSync(file)).toBe(true);
    const read = await readGgufLora(file, [{ description, config }]);
    expect([...read.state.modules.keys()].sort()).toEqual([...state.modules.keys()].sort());
    for (const [name, { tensors, scaling }] of state.modules) {
      const own = read.state.modules.get(name);
      expect(own?.scaling, name).toBeCloseTo(scaling, 12);
      for (const [part, tensor] of tensors)
        expect(floats(taken(own?.tensors ?? new Map(), part)), `${name}.${part}`).toEqual(floats(tensor));
    }
  });
});
