import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { describeModules } from '../../../../src-main/engine/adapters/residual/derived-base.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { collectModules } from '../../../../src-main/engine/formats/adapters/collect-modules.ts';
import type { AdapterFormat, KnownBase } from '../../../../src-main/engine/formats/adapters/format.ts';
import { adapterFormats, recognizeAdapter } from '../../../../src-main/engine/formats/adapters/index.ts';
import { describeModel, readConfig } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { seededNumbers } from '../../../fuzz/mutations.ts';
import { goldenPath } from '../../golden.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'coto-formats-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let made = 0;

const format = (id: string): AdapterFormat => {
  const found = adapterFormats.find((one) => one.id === id);
  if (!found) throw new Error(`no format ${id}`);
  return found;
};

/** Writes a state in a format and reads it again by what the file is recognized as. */
async function through(id: string, state: AdapterState, base: KnownBase, known: readonly KnownBase[]) {
  const { extension } = format(id);
  const target = path.join(scratch, `${made++}${extension ? `.${extension}` : ''}`);
  await format(id).write(target, { state, ...base, name: 'mine' });
  const recognized = await recognizeAdapter(target);
  expect(recognized.format.id).toBe(id);
  return recognized.format.read(recognized.source, known);
}

/** Returns the parts of an adapter that must survive: every bit of its tensors, and its scales. */
function essence({ modules, variant }: AdapterState) {
  return {
    variant: variant.declaration.id,
    modules: [...modules]
      .map(([name, { tensors, rank, scaling }]) => ({ name, rank, scaling, tensors: [...tensors].sort() }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  };
}

const chain = ['peft', 'mlx', 'kohya', 'gguf-lora', 'kohya', 'mlx', 'gguf-lora', 'peft'];

describe.each(['llama', 'qwen3', 'gpt2'])('an adapter of %s', (family) => {
  let base: KnownBase;
  beforeAll(async () => {
    const directory = goldenPath(family, 'base');
    base = { description: await describeModel(directory), config: await readConfig(directory) };
  });

  test('goes through PEFT, MLX, kohya and GGUF and back, bit for bit', async () => {
    const original = await readAdapter(goldenPath(family, 'adapters', 'lora'), base.description);
    let state = original;
    for (const id of chain) {
      ({ state } = await through(id, state, base, [base]));
      expect(essence(state)).toEqual(essence(original));
    }
    // Written as a folder of its base again, the adapter is unchanged.
    const folder = path.join(scratch, `${family}-again`);
    await writeAdapter(folder, state, { description: base.description, baseModelName: 'x' });
    expect(essence(await readAdapter(folder, base.description))).toEqual(essence(original));
  });
});

test.each(['phi', 'phi3', 'glm4', 'cohere2', 'starcoder2', 'stablelm', 'gpt-neox', 'opt-350m'])(
  'an adapter of %s, with its fused linears, goes through PEFT, MLX and kohya and back',
  async (family) => {
    const directory = goldenPath(family, 'base');
    const base = { description: await describeModel(directory), config: await readConfig(directory) };
    const original = await readAdapter(goldenPath(family, 'adapters', 'lora'), base.description);
    let state = original;
    for (const id of ['peft', 'mlx', 'kohya', 'mlx', 'peft']) {
      ({ state } = await through(id, state, base, [base]));
      expect(essence(state)).toEqual(essence(original));
    }
  },
);

test('GPT-NeoX has the names of mlx-lm in a folder of MLX', async () => {
  const directory = goldenPath('gpt-neox', 'base');
  const base = { description: await describeModel(directory), config: await readConfig(directory) };
  const state = await readAdapter(goldenPath('gpt-neox', 'adapters', 'lora'), base.description);
  const folder = path.join(scratch, 'neox-mlx');
  await format('mlx').write(folder, { state, ...base, name: 'x' });
  const names = [...(await readSafetensors(path.join(folder, 'adapters.safetensors'))).keys()];
  expect(names).toContain('model.h.0.attention.query_key_value.lora_a');
  expect(names).toContain('model.h.2.mlp.dense_h_to_4h.lora_b');
  expect(names.filter((name) => !name.startsWith('model.h.'))).toEqual([]);
});

test('modules of different ranks have the one rank of an MLX folder, filled with zeros', async () => {
  const directory = goldenPath('llama', 'base');
  const base = { description: await describeModel(directory), config: await readConfig(directory) };
  const original = await readAdapter(goldenPath('llama', 'adapters', 'lora-patterns'), base.description);
  const ranks = [...original.modules.values()].map(({ rank }) => rank ?? 0);
  expect(new Set(ranks).size).toBeGreaterThan(1);
  const folder = path.join(scratch, 'ranks-mlx');
  await format('mlx').write(folder, { state: original, ...base, name: 'x' });
  const written = await readSafetensors(path.join(folder, 'adapters.safetensors'));
  const widths = [...written].map(([name, { shape }]) => shape[name.endsWith('.lora_a') ? 1 : 0]);
  expect(new Set(widths)).toEqual(new Set([Math.max(...ranks)]));
});

test('Llama adapters keep their rows in GGUF files that are read without the base', async () => {
  const directory = goldenPath('llama', 'base');
  const base = { description: await describeModel(directory), config: await readConfig(directory) };
  const original = await readAdapter(goldenPath('llama', 'adapters', 'lora-all-linear'), base.description);
  const read = await through('gguf-lora', original, base, []);
  expect(essence(read.state)).toEqual(essence(original));
  // And they can be written again, also without it.
  const again = await through('gguf-lora', read.state, { description: read.description, config: null }, []);
  expect(essence(again.state)).toEqual(essence(original));
});

test('DoRA goes through PEFT, MLX and kohya, and is refused by GGUF', async () => {
  const directory = goldenPath('llama', 'base');
  const base = { description: await describeModel(directory), config: await readConfig(directory) };
  const original = await readAdapter(goldenPath('llama', 'adapters', 'dora'), base.description);
  let state = original;
  for (const id of ['peft', 'mlx', 'kohya', 'mlx', 'peft']) ({ state } = await through(id, state, base, [base]));
  expect(essence(state)).toEqual(essence(original));
  await expect(format('gguf-lora').write(path.join(scratch, 'x.gguf'), { state, ...base, name: 'x' })).rejects.toThrow(
    /plain low-rank products, and this one is a DoRA/,
  );
});

test('LoHa goes through PEFT and kohya bit for bit, and leaves as its product elsewhere', async () => {
  const directory = goldenPath('llama', 'base');
  const base = { description: await describeModel(directory), config: await readConfig(directory) };
  const original = await readAdapter(goldenPath('llama', 'adapters', 'loha'), base.description);
  let state = original;
  for (const id of ['peft', 'kohya', 'peft']) ({ state } = await through(id, state, base, [base]));
  expect(essence(state)).toEqual(essence(original));
  const { state: product } = await through('mlx', original, base, [base]);
  expect(product.variant.declaration.id).toBe('lora');
});

test.each(['lokr', 'lokr-decompose-both', 'lokr-full'])('%s goes through PEFT and kohya', async (adapter) => {
  const directory = goldenPath('llama', 'base');
  const base = { description: await describeModel(directory), config: await readConfig(directory) };
  const original = await readAdapter(goldenPath('llama', 'adapters', adapter), base.description);
  let state = original;
  for (const id of ['kohya', 'peft', 'kohya']) ({ state } = await through(id, state, base, [base]));
  expect(state.variant.declaration.id).toBe('lokr');
  for (const [name, { tensors, scaling }] of original.modules) {
    const own = state.modules.get(name);
    // If both factors are whole, LyCORIS has no separate scale.
    const isWhole = tensors.has('w1') && tensors.has('w2');
    expect(own?.scaling).toBe(isWhole ? 1 : scaling);
    for (const [part, { shape, data }] of tensors) {
      const expected = isWhole && part === 'w2' ? data.map((value) => value * scaling) : data;
      expect(own?.tensors.get(part)).toEqual({ shape, data: expected });
    }
  }
});

test("a LoCon's middle goes into its A, and LoKr of other sizes becomes the equal LoRA", async () => {
  const flat = 'lora_unet_mid_block_resnets_0_conv1';
  const values = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, at) => (at % 5) - 1),
  });
  const read = async (tensors: Record<string, ReturnType<typeof values>>) => {
    const file = path.join(scratch, `${made++}.safetensors`);
    await writeSafetensors(file, new Map(Object.entries(tensors).map(([end, tensor]) => [`${flat}.${end}`, tensor])));
    const { format: found, source } = await recognizeAdapter(file);
    return found.read(source, []);
  };
  const [down, mid] = [values(2, 3, 1, 1), values(2, 2, 3, 3)];
  const { state, description } = await read({
    'lora_down.weight': down,
    'lora_mid.weight': mid,
    'lora_up.weight': values(4, 2, 1, 1),
  });
  expect(description.linears[0]?.kernel).toEqual([3, 3, 3]);
  const a = state.modules.get('unet.mid_block.resnets.0.conv1')?.tensors.get('a');
  expect(a?.shape).toEqual([2, 27]);
  // Row 1, channel 2, window place 4: Σ over the inner rank.
  const expected = [0, 1].reduce((sum, j) => sum + (down.data[j * 3 + 2] ?? 0) * (mid.data[(2 + j) * 9 + 4] ?? 0), 0);
  expect(a?.data[27 + 2 * 9 + 4]).toBe(expected);
  const [w1, w2] = [values(7, 5), values(2, 2)];
  const converted = await read({ lokr_w1: w1, lokr_w2: w2 });
  expect(converted.note).toMatch(/^Converted from LoKr\. Plain LoRA of rank \d/);
  const module = converted.state.modules.get('unet.mid_block.resnets.0.conv1')?.tensors;
  const [left, right] = [module?.get('b'), module?.get('a')];
  const rank = right?.shape[0] ?? 0;
  for (const [row, column] of [
    [0, 0],
    [3, 7],
    [13, 9],
  ] as const) {
    const product = Array.from({ length: rank }, (_, k) => k).reduce(
      (sum, k) => sum + (left?.data[row * rank + k] ?? 0) * (right?.data[k * 10 + column] ?? 0),
      0,
    );
    const [i, j] = [Math.floor(row / 2), Math.floor(column / 2)];
    expect(product).toBeCloseTo((w1.data[i * 5 + j] ?? 0) * (w2.data[(row % 2) * 2 + (column % 2)] ?? 0), 4);
  }
  await expect(read({ hada_w1_a: values(2, 2), hada_t1: values(2, 2, 3, 3) })).rejects.toThrow(/lacks the tensor w1_b/);
});

/** Names of modules as diffusion models have them, some with windows. */
const diffusionNames = [
  'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q',
  'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_out.0',
  'unet.mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj',
  'unet.up_blocks.0.attentions.2.proj_in',
  'unet.up_blocks.0.resnets.2.conv1',
  'text_encoder.text_model.encoder.layers.3.self_attn.q_proj',
  'text_encoder_2.text_model.encoder.layers.11.mlp.fc1',
];

/** An adapter with odd shapes, ranks and alphas, and values of every magnitude. */
function randomAdapter(
  seed: number,
  names: readonly string[],
  alphas: readonly number[],
  ranks: readonly [number, number] = [1, 5],
) {
  const random = seededNumbers(seed);
  const integer = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const values = (...shape: number[]) => ({
    shape,
    data: Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      () => (random() - 0.5) * 2 ** integer(-40, 20),
    ),
  });
  const collected = names.map((name) => {
    const rank = integer(...ranks);
    const kernel = name.includes('conv1')
      ? [integer(1, 3), 3, 3]
      : name.includes('proj_in')
        ? [integer(1, 6), 1, 1]
        : null;
    const inputs = kernel ? kernel.reduce((product, size) => product * size, 1) : integer(1, 9);
    return {
      name,
      kind: 'linear' as const,
      rank,
      scaling: (alphas[integer(0, alphas.length - 1)] ?? 1) / rank,
      tensors: new Map([
        ['a', values(rank, inputs)],
        ['b', values(integer(1, 9), rank)],
      ]),
      ...(kernel ? { kernel } : {}),
    };
  });
  return collectModules('made', 'lora', collected, { name: 'sdxl', hash: 'abc', architecture: 'sdxl_base_v1-0' });
}

const seeds = Array.from({ length: 16 }, (_, seed) => seed);

test('random adapters of diffusion models go through kohya and PEFT bit for bit, with any scales', async () => {
  for (const seed of seeds) {
    const original = randomAdapter(seed, diffusionNames, [1, 0.5, 0.1, 1 / 3, Math.SQRT1_2, 2.75, 1e-3]);
    let read = original;
    for (const id of ['kohya', 'peft', 'kohya']) {
      read = await through(id, read.state, { description: read.description, config: null }, []);
      expect(essence(read.state)).toEqual(essence(original.state));
    }
    expect(read.description.foreign).toEqual(original.description.foreign);
    const kernels = (description: ModelDescription) =>
      new Map(description.linears.map(({ name, kernel, layer }) => [name, { kernel, layer }]));
    expect(kernels(read.description)).toEqual(kernels(original.description));
  }
});

test('random adapters of diffusion models go through diffusers, with their scale in B', async () => {
  for (const seed of seeds) {
    const { state, description } = randomAdapter(seed, diffusionNames, [1, 0.5, 4]);
    const read = await through('diffusers', state, { description, config: null }, []);
    for (const [name, { tensors, scaling }] of state.modules) {
      const own = read.state.modules.get(name);
      expect(own?.scaling).toBe(1);
      expect(own?.tensors.get('a')).toEqual(tensors.get('a'));
      const scaled = tensors.get('b')?.data.map((value) => value * scaling);
      expect(own?.tensors.get('b')?.data).toEqual(scaled);
    }
  }
});

test('random adapters of language models go through MLX and kohya bit for bit', async () => {
  const names = [0, 1, 5].flatMap((layer) => [
    `model.layers.${layer}.self_attn.q_proj`,
    `model.layers.${layer}.strange_part.with_under_scores`,
  ]);
  for (const seed of seeds) {
    // MLX has one scale for all.
    const alpha = [160, 0.1, 16 / 3, 8][seed % 4] ?? 1;
    const rank = 1 + (seed % 7);
    const original = randomAdapter(seed, names, [alpha], [rank, rank]);
    let read = original;
    for (const id of ['mlx', 'kohya', 'mlx', 'peft'])
      read = await through(id, read.state, { description: read.description, config: null }, []);
    expect(essence(read.state)).toEqual(essence(original.state));
  }
});

test('module names that collide in flat form are refused', async () => {
  const { state, description } = randomAdapter(1, ['model.a_b.c', 'model.a.b_c'], [1]);
  const write = format('kohya').write(path.join(scratch, 'x.safetensors'), {
    state,
    description,
    name: 'x',
    config: null,
  });
  await expect(write).rejects.toThrow(/under the same name, lora_model_a_b_c/);
  expect(describeModules([], [], { name: null, hash: null, architecture: null }).layerCount).toBe(0);
});
