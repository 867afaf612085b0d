import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { describeDerivedBase, factorSizes } from '../../../../src-main/engine/adapters/residual/derived-base.ts';
import { layersOf } from '../../../../src-main/engine/adapters/residual/derived-layers.ts';
import { findLinear } from '../../../../src-main/engine/adapters/targets/target-modules.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeFolders } from '../../../../src-main/engine/merge/run/merge-folders.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { pruneMethod } from '../../../../src-main/engine/prune/index.ts';
import { runPrune } from '../../../../src-main/engine/prune/run-prune.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { goldenPath } from '../../golden.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'coto-derived-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const families = ['bert', 'llama', 'gpt2', 'vit', 'clip', 'deberta-v2'];
/** Variants whose tensors do not tell the sizes of their modules: these are read beside their base alone. */
const silent = ['vera', 'shira', 'randlora', 'oft', 'miss', 'bat'];

describe.each(families)('%s', (family) => {
  const adapters = readdirSync(goldenPath(family, 'adapters'));
  test.each(adapters)('%s reads, and is written, as with its base', async (name) => {
    const folder = goldenPath(family, 'adapters', name);
    const known = await describeModel(goldenPath(family, 'base'));
    const expected = await readAdapter(folder, known).catch((error: unknown) => {
      if (error instanceof StudioError) return null;
      throw error;
    });
    // Kinds that the studio does not read, and those whose tensors do not tell sizes.
    if (expected === null || silent.includes(expected.variant.declaration.id)) return;
    if (/"trainable_token_indices": [[{]/.test(readFileSync(path.join(folder, 'adapter_config.json'), 'utf8'))) {
      await expect(describeDerivedBase([folder])).rejects.toThrow('trains tokens (trainable_token_indices)');
      return;
    }
    const derived = await describeDerivedBase([folder]);
    const state = await readAdapter(folder, derived);
    expect(state.modules.size).toBe(expected.modules.size);
    for (const [module, { tensors, rank, scaling }] of state.modules) {
      const real = findLinear(known, module);
      const own = expected.modules.get(real?.name ?? '');
      expect({ rank, scaling, tensors }).toEqual(own);
      const described = findLinear(derived, module);
      const sizes = expected.variant.sizes ? {} : { inFeatures: real?.inFeatures, outFeatures: real?.outFeatures };
      expect(described).toMatchObject({ ...sizes, kind: real?.kind });
      // CLIP has two towers, whose layers are counted through.
      if (family !== 'clip') expect(described?.layer).toBe(real?.layer);
    }
    expect([...state.saved.keys()].sort()).toEqual([...expected.saved.keys()].sort());
    const written = path.join(scratch, `${family}-${name}`);
    await writeAdapter(written, state, { description: derived, baseModelName: 'somewhere' });
    const again = await readAdapter(written, known);
    expect(again.modules).toEqual(expected.modules);
    expect(again.biases).toEqual(expected.biases);
  });
});

test('a merge and a pruning without the base are those with it, to the bit', async () => {
  const known = await describeModel(goldenPath('llama', 'base'));
  const inputs = ['a0', 'a1', 'a2'].map((name) => goldenPath('llama', 'merges', 'equal', name));
  const derived = await describeDerivedBase(inputs);
  const made = [];
  for (const [at, description] of [known, derived].entries()) {
    const output = path.join(scratch, `merged-${at}`);
    const base = { description, directory: at === 0 ? goldenPath('llama', 'base') : null };
    const request = { method: mergeMethod('ties'), weights: [1, 0.5, 0.5], parameters: {}, base };
    await mergeFolders(request, inputs, output);
    const merged = await readSafetensors(path.join(output, 'adapter_model.safetensors'));
    const state = await readAdapter(output, description);
    const method = pruneMethod('layer-third');
    const pruned = await runPrune({ method, parameters: { third: 'high' }, base }, state);
    made.push({ merged: [...merged].sort(), pruned: [...pruned.state.modules].sort() });
  }
  expect(made[1]).toEqual(made[0]);
  expect(made[0]?.pruned.length).toBeGreaterThan(0);
});

test('adapters whose shapes differ do not go together', async () => {
  const [one, other] = [goldenPath('llama', 'adapters', 'lora'), goldenPath('qwen3', 'adapters', 'lora')];
  await expect(describeDerivedBase([one, other])).rejects.toThrow(/do not fit together: .*q_proj is/);
});

test('a base with other modules is foreign, and goes by what the config names', async () => {
  const derived = await describeDerivedBase([goldenPath('llama', 'adapters', 'lora')]);
  expect(derived).toMatchObject({ kind: 'unknown', foreign: { hash: null } });
});

test('convolutions keep their windows', async () => {
  const folder = path.join(scratch, 'convolution');
  const values = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => at / 8 - 3),
  });
  const name = 'base_model.model.down_blocks.0.resnets.1.conv1';
  const file = path.join(folder, 'adapter_model.safetensors');
  const derivedFrom = async (directory: string) => {
    const description = await describeDerivedBase([directory]);
    return { description, state: await readAdapter(directory, description) };
  };
  const empty = { alpha_pattern: {}, rank_pattern: {} };
  const { mkdirSync, writeFileSync } = await import('node:fs');
  mkdirSync(folder);
  writeFileSync(
    path.join(folder, 'adapter_config.json'),
    JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 2, target_modules: ['conv1'], ...empty }),
  );
  const tensors = new Map([
    [`${name}.lora_A.weight`, values(2, 3, 3, 3)],
    [`${name}.lora_B.weight`, values(5, 2, 1, 1)],
  ]);
  await writeSafetensors(file, tensors);
  const { description, state } = await derivedFrom(folder);
  expect(description.linears[0]).toMatchObject({ inFeatures: 27, outFeatures: 5, kernel: [3, 3, 3], layer: 0 });
  expect(state.modules.get('down_blocks.0.resnets.1.conv1')?.tensors.get('a')?.shape).toEqual([2, 27]);
  const written = path.join(scratch, 'convolution-again');
  await writeAdapter(written, state, { description, baseModelName: 'sdxl' });
  expect(await readSafetensors(path.join(written, 'adapter_model.safetensors'))).toEqual(tensors);
  const merged = path.join(scratch, 'convolution-merged');
  const request = { method: mergeMethod('linear'), weights: [0.5, 0.5], parameters: {} };
  await mergeFolders({ ...request, base: { description, directory: null } }, [folder, written], merged);
  const b = (await readSafetensors(path.join(merged, 'adapter_model.safetensors'))).get(`${name}.lora_B.weight`);
  expect(b?.shape).toEqual([5, 2, 1, 1]);
});

describe('layers', () => {
  test.each([
    ['one list keeps its numbers', ['m.layers.4.q', 'm.layers.11.q', 'm.embed'], [4, 11, null]],
    [
      'a UNet is counted from the input up',
      [
        'unet.up_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q',
        'unet.down_blocks.1.attentions.1.transformer_blocks.0.attn1.to_q',
        'unet.down_blocks.1.attentions.0.proj_in',
        'unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q',
        'unet.down_blocks.1.downsamplers.0.conv',
        'unet.conv_in',
        'text_encoder.text_model.encoder.layers.7.mlp.fc1',
      ],
      [5, 2, 1, 4, 3, null, 0],
    ],
    ['names without points count too', ['lora_unet_double_blocks_2_x', 'lora_unet_double_blocks_10_x'], [2, 10]],
  ])('%s', (_, names, layers) => {
    const found = layersOf(names);
    expect(names.map((name) => found.get(name))).toEqual(layers);
  });
});

describe('sizes without a base', () => {
  const module: LinearModule = {
    ...plainLinear,
    name: 'model.layers.0.self_attn.q_proj',
    aliases: [],
    checkpointKey: 'x',
    layer: 0,
    inFeatures: 96,
    outFeatures: 192,
    hasBias: false,
    isHead: false,
  };
  test.each(adapterVariants.map((variant) => [variant.declaration.id, variant] as const))('%s', (id, variant) => {
    // PEFT's default of a size has to divide both sides.
    const given = variant.declaration.parameters.some(({ name }) => name === 'r') && id !== 'oft' ? { r: 8 } : {};
    const sized = variant.declaration.parameters.some(({ name }) => name === 'block_size') ? { block_size: 96 } : {};
    const parameters = checkedParameters(variant.declaration, { ...given, ...sized });
    const { rank } = variant.strength(parameters, [module.name]);
    const shapes = new Map(variant.parts(module, { rank, parameters }).map(({ name, shape }) => [name, shape]));
    const sizes = (variant.sizes ?? factorSizes)(shapes);
    if (silent.includes(id)) expect(sizes).toBeNull();
    else if (id === 'ia3') expect(sizes).toEqual({ inFeatures: 1, outFeatures: 192 });
    else expect(sizes).toEqual({ inFeatures: 96, outFeatures: 192 });
  });
});
