import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plannedModules } from '../../../../src-main/engine/adapters/inspect/planned-outline.ts';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, streamAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { fuseExpertFactors } from '../../../../src-main/engine/adapters/peft/expert-factors.ts';
import { describeDerivedBase } from '../../../../src-main/engine/adapters/residual/derived-base.ts';
import { mergedTensors } from '../../../../src-main/engine/adapters/weights/merged-weights.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { lowRankModules } from '../../../../src-main/engine/formats/adapters/low-rank-view.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { ignoredLabel } from '../../../../src-main/engine/ops/loss/softmax-cross-entropy.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { lossGradients } from '../../../../src-main/engine/training/loss-gradients.ts';
import { emptySums, taken as takenGradients } from '../../../../src-main/engine/training/step-gradients.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { attendedValues, floats, goldenPath, relativeDifference, taken, tensorsOf } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const scratch = mkdtempSync(join(tmpdir(), 'coto-expert-parameters-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(['mixtral', 'qwen3-moe', 'gpt-oss'])('%s', (family) => {
  const adapter = goldenPath(family, 'adapters', 'lora-experts');
  const file = join(adapter, 'adapter_model.safetensors');
  let base: BaseModel;
  let model: AdaptedModel;
  let inputs: Map<string, HostTensor>;

  beforeAll(async () => {
    base = await loadBaseModel(goldenPath(family, 'base'));
    model = new AdaptedModel(base);
    inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
  });
  afterAll(() => {
    model.dispose();
    base.dispose();
  });

  it('gives the outputs of PEFT with an adapter on the experts', async () => {
    model.loadState(await readAdapter(adapter, base.description));
    const given = tensorsOf(inputs);
    const outputs = model.outputs(given);
    const expected = await readSafetensors(join(adapter, 'expected.safetensors'));
    const actual = outputs['logits']?.dataSync() ?? [];
    const values = attendedValues(actual, taken(expected, 'logits'), inputs.get('attention_mask'));
    expect(relativeDifference(...values)).toBeLessThan(1e-5);
    tf.dispose([given, outputs]);
  });

  it('gives the loss and the gradients of autograd', async () => {
    const state = await readAdapter(adapter, base.description);
    model.loadState(state);
    const expected = await readSafetensors(join(adapter, 'gradients.safetensors'));
    const given = tensorsOf(inputs);
    const variables = model.trainable();
    const targets = nextTokens(taken(expected, 'labels'));
    const { value, gradients } = lossGradients(model, given, [...variables.values()], (states) =>
      model.loss(states, tf.tensor1d(targets, 'int32')),
    );
    expect(relativeDifference(value.dataSync(), floats(taken(expected, 'loss')))).toBeLessThan(1e-4);
    const own = new Map<string, HostTensor>();
    for (const [name, variable] of variables) {
      // An expert without a token has no gradient.
      const data = Float32Array.from(gradients.get(variable.name)?.dataSync() ?? new Float32Array(variable.size));
      own.set(`grad.base_model.model.${name}`, { shape: variable.shape, data });
    }
    const fused = fuseExpertFactors(own, 'grad.base_model.model.', base.description, new Map());
    const wanted = [...expected.keys()].filter((name) => name.startsWith('grad.'));
    expect([...fused.keys()].sort()).toEqual(wanted.sort());
    for (const name of wanted) {
      const difference = relativeDifference(floats(taken(fused, name)), floats(taken(expected, name)));
      expect(difference, name).toBeLessThan(1e-4);
    }
    tf.dispose([given, value, ...gradients.values()]);
  });

  it('is saved with the tensors and targets that PEFT has', async () => {
    const state = await readAdapter(adapter, base.description);
    const folder = join(scratch, family);
    await writeAdapter(folder, state, { description: base.description, baseModelName: 'base' });
    const [written, original] = [
      await readSafetensors(join(folder, 'adapter_model.safetensors')),
      await readSafetensors(file),
    ];
    expect([...written.keys()].sort()).toEqual([...original.keys()].sort());
    for (const [name, tensor] of original) expect(written.get(name), name).toEqual(tensor);
    const keys = ['target_parameters', 'target_modules', 'r', 'lora_alpha', 'use_rslora', 'rank_pattern'] as const;
    const read = (from: string): Record<string, unknown> =>
      JSON.parse(readFileSync(join(from, 'adapter_config.json'), 'utf8'));
    for (const key of keys) expect(read(folder)[key], key).toEqual(read(adapter)[key]);
  });

  it('is written module by module as it is at once', async () => {
    const state = await readAdapter(adapter, base.description);
    const folder = join(scratch, `${family}-streamed`);
    const names = { modules: [...state.modules.keys()], saved: [] };
    await streamAdapter(folder, base.description, names, async (sink) => {
      for (const [name, { tensors, rank, scaling }] of state.modules)
        await sink.module(name, { a: taken(tensors, 'a'), b: taken(tensors, 'b'), rank: rank ?? 0, scaling });
      return state;
    });
    const written = await readSafetensors(join(folder, 'adapter_model.safetensors'));
    for (const [name, tensor] of await readSafetensors(file)) expect(written.get(name), name).toEqual(tensor);
  });

  it('merged gives the weights that PEFT merges', async () => {
    const state = await readAdapter(adapter, base.description);
    const weights = await openModelWeights(goldenPath(family, 'base'));
    const merged = mergedTensors(weights, base.description, state);
    for (const [name, expected] of await readSafetensors(join(adapter, 'merged-experts.safetensors'))) {
      const [, module = '', linear = ''] = /^(.*)\.(\w+)$/.exec(name) ?? [];
      const [experts = 0, rows = 0, columns = 0] = expected.shape;
      for (let expert = 0; expert < experts; expert++) {
        const key = `${module}.${expert}.${linear}.weight`;
        const made = (await merged.get(key)?.make()) ?? (await weights.read(key));
        const all = floats(expected).slice(expert * rows * columns, (expert + 1) * rows * columns);
        // gpt-oss stores [inputs, outputs].
        const isTurned = base.description.family === 'gpt_oss';
        const own = Array.from({ length: all.length }, (_, at) =>
          isTurned ? (all[(at % rows) * columns + Math.floor(at / rows)] ?? 0) : (all[at] ?? 0),
        );
        expect(relativeDifference(floats(made), own), `${name} of expert ${expert}`).toBeLessThan(1e-5);
      }
    }
    await weights.close();
  });

  it('trains the experts that target_parameters names, and no other linear', async () => {
    const settings = adapterSettingsSchema.parse({
      ...{ r: 2, lora_dropout: 0, target_modules: [], target_parameters: ['experts.down_proj'] },
    });
    await model.createAdapter(settings, { labels: null, random: RandomStream.seeded(1, 'initialization') });
    const modules = model.adaptedModules().map(({ module }) => module);
    expect(modules.every(({ expert }) => expert?.parameter.endsWith('.experts.down_proj'))).toBe(true);
    const layers = base.description.family === 'qwen3_moe' ? base.layerCount - 1 : base.layerCount;
    expect(modules).toHaveLength(4 * layers);
  });

  it.each<[string, object, RegExp]>([
    ['DoRA', { variant: 'dora' }, /experts cannot have an adapter of the kind DoRA/],
    ['a dropout', { lora_dropout: 0.1 }, /experts cannot have a dropout/],
    ['biases', { lora_bias: true }, /experts cannot have a bias/],
    ['a start from the weights', { init_lora_weights: 'pissa' }, /experts cannot have the start PiSSA/],
    ['an unknown parameter', { target_parameters: ['mlp.gate.weight'] }, /no experts' parameter "mlp\.gate\.weight"/],
  ])('refuses %s on experts', (_, changes, message) => {
    const settings = adapterSettingsSchema.parse({
      ...{ lora_dropout: 0, target_modules: ['q_proj'], target_parameters: ['mlp.experts.down_proj'], ...changes },
    });
    expect(() => plannedModules(settings, base.description)).toThrow(message);
  });

  it('is refused in formats for plain factors, and where its base is unknown', async () => {
    const state = await readAdapter(adapter, base.description);
    expect(() => lowRankModules(state, base.description, 'MLX', true)).toThrow(/this one has factors of experts/);
    await expect(describeDerivedBase([adapter])).rejects.toThrow(/adapts parameters of experts \(target_parameters\)/);
  });

  it('leaves experts out of all-linear', () => {
    const modules = plannedModules(adapterSettingsSchema.parse({}), base.description);
    expect(modules.filter(({ name }) => name.includes('.experts.'))).toEqual([]);
  });
});

it('gives zero gradients to experts that no token reached, if others of their parameter have some', async () => {
  const variable = (name: string) => [name, tf.variable(tf.ones([2, 3]))] as const;
  const name = (layer: number, expert: number) => `layers.${layer}.mlp.experts.${expert}.down_proj.lora_A.weight`;
  const active = [variable(name(0, 0)), variable(name(0, 1)), variable(name(1, 0)), variable('layers.0.q_proj')];
  const sums = emptySums({ active });
  const given = tf.fill([2, 3], 5);
  sums.gradients.set(name(0, 1), given);
  const { gradients } = await takenGradients(sums);
  expect([...gradients.keys()].sort()).toEqual([name(0, 0), name(0, 1)]);
  expect([...(gradients.get(name(0, 0))?.dataSync() ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(gradients.get(name(0, 1))).toBe(given);
  tf.dispose([...gradients.values(), ...active.map(([, one]) => one)]);
});

/** The label of each token: the next token, and none after the last one. */
function nextTokens({ shape: [, tokens = 0], data }: HostTensor): Int32Array {
  return Int32Array.from(data, (_, at) => (at % tokens === tokens - 1 ? ignoredLabel : Number(data[at + 1])));
}
