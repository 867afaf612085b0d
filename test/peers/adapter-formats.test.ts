import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { requireLinear } from '../../src-main/engine/adapters/targets/target-modules.ts';
import { withShared } from '../../src-main/engine/adapters/variant/variant.ts';
import { collectModules } from '../../src-main/engine/formats/adapters/collect-modules.ts';
import type { WrittenAdapter } from '../../src-main/engine/formats/adapters/format.ts';
import { adapterFormats } from '../../src-main/engine/formats/adapters/index.ts';
import { diffusersUnetName } from '../../src-main/engine/formats/adapters/sgm-names.ts';
import { matmul } from '../../src-main/engine/linalg/index.ts';
import { describeModel, readConfig } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { goldenPath } from '../engine/golden.ts';
import { seededNumbers } from '../fuzz/mutations.ts';
import { adapterPeersPython, runPeer } from './python.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'coto-peer-formats-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Modules of the script's small UNet by Stability's names: [out, in, window]. */
const modules: readonly (readonly [string, number, number, number])[] = [
  ['unet.input_blocks.3.0.op', 8, 8, 3],
  ['unet.input_blocks.4.0.in_layers.2', 16, 8, 3],
  ['unet.input_blocks.4.0.emb_layers.1', 16, 32, 0],
  ['unet.input_blocks.4.0.skip_connection', 16, 8, 1],
  ['unet.input_blocks.4.1.proj_in', 16, 16, 0],
  ['unet.input_blocks.5.1.transformer_blocks.1.attn2.to_k', 16, 12, 0],
  ['unet.input_blocks.7.1.transformer_blocks.0.ff.net.0.proj', 128, 16, 0],
  ['unet.middle_block.1.transformer_blocks.1.attn1.to_out.0', 16, 16, 0],
  ['unet.middle_block.2.out_layers.3', 16, 16, 3],
  ['unet.output_blocks.0.0.skip_connection', 16, 32, 1],
  ['unet.output_blocks.2.1.transformer_blocks.0.attn1.to_v', 16, 16, 0],
  ['unet.output_blocks.2.2.conv', 16, 16, 3],
];
/** With Transformers 5, diffusers 0.42 loads text encoders from its own files alone. */
const textModules: typeof modules = [
  ['text_encoder.text_model.encoder.layers.0.self_attn.q_proj', 8, 8, 0],
  ['text_encoder.text_model.encoder.layers.0.mlp.fc1', 16, 8, 0],
];
/** Modules of the script's small Flux, by diffusers' names and by those of Black Forest Labs. */
const fluxModules: typeof modules = [
  ['transformer.transformer_blocks.0.attn.to_q', 16, 16, 0],
  ['transformer.transformer_blocks.0.attn.add_k_proj', 16, 16, 0],
  ['transformer.transformer_blocks.0.attn.to_out.0', 16, 16, 0],
  ['transformer.transformer_blocks.0.ff.net.0.proj', 64, 16, 0],
  ['transformer.single_transformer_blocks.0.proj_mlp', 64, 16, 0],
  ['transformer.single_transformer_blocks.0.proj_out', 16, 80, 0],
];
/** diffusers 0.42 splits a linear1 of Flux's own size alone. */
const originalFluxModules: typeof modules = [
  ['unet.double_blocks.0.img_attn.qkv', 48, 16, 0],
  ['unet.double_blocks.0.txt_attn.qkv', 48, 16, 0],
  ['unet.double_blocks.0.img_attn.proj', 16, 16, 0],
  ['unet.double_blocks.0.txt_mlp.0', 64, 16, 0],
  ['unet.single_blocks.0.linear2', 16, 80, 0],
];
/** Linears of the UNet by diffusers' own names. */
const lycorisModules: typeof modules = [
  ['unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q', 16, 16, 0],
  ['unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k', 16, 12, 0],
  ['unet.mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj', 128, 16, 0],
];

/** A HostTensor of seeded numbers. */
function randomTensors(seed: number) {
  const random = seededNumbers(seed);
  return (rows: number, columns: number) => ({
    shape: [rows, columns],
    data: Float32Array.from({ length: rows * columns }, () => random() - 0.5),
  });
}

const foreign = { name: 'sdxl', hash: null, architecture: null };

function diffusionAdapter(adapted: typeof modules): WrittenAdapter {
  const values = randomTensors(3);
  const collected = adapted.map(([name, outputs, inputs, window], index) => {
    const rank = 2 + (index % 3);
    return {
      name,
      kind: 'linear' as const,
      rank,
      // diffusers 0.42 loses the alphas of attention projections where kohya files have different ones.
      scaling: 6 / rank,
      tensors: new Map([
        ['a', values(rank, inputs * Math.max(1, window) ** 2)],
        ['b', values(outputs, rank)],
      ]),
      ...(window > 0 ? { kernel: [inputs, window, window] } : {}),
    };
  });
  return { ...collectModules('made', 'lora', collected, foreign), name: 'mine', config: null };
}

/** The most equal factors of a size, the smaller one first. */
function factors(size: number): [small: number, large: number] {
  let small = Math.floor(Math.sqrt(size));
  while (size % small !== 0) small--;
  return [small, size / small];
}

/** LoHa or LoKr, whose files LyCORIS reads. */
function lycorisAdapter(kind: 'loha' | 'lokr'): WrittenAdapter {
  const values = randomTensors(4);
  const collected = lycorisModules.map(([name, outputs, inputs]) => {
    const [outer, inner] = [factors(outputs), factors(inputs)];
    const tensors =
      kind === 'loha'
        ? ([
            ['w1_a', values(outputs, 2)],
            ['w1_b', values(2, inputs)],
            ['w2_a', values(outputs, 2)],
            ['w2_b', values(2, inputs)],
          ] as const)
        : ([
            ['w1', values(outer[0], inner[0])],
            ['w2_a', values(outer[1], 1)],
            ['w2_b', values(1, inner[1])],
          ] as const);
    const rank = kind === 'loha' ? 2 : 1;
    return { name, kind: 'linear' as const, rank, scaling: 1.5, tensors: new Map(tensors) };
  });
  return { ...collectModules('made', kind, collected, foreign), name: 'mine', config: null };
}

/** ΔW of every module, by diffusers' name of it. */
function updatesOf({ state, description }: WrittenAdapter): Map<string, number[]> {
  const { lowRank } = state.variant.product;
  if (lowRank === null) throw new Error('its update is no product');
  return new Map(
    [...state.modules].map(([name, module]) => {
      const { a, b, scaling } = lowRank(withShared(requireLinear(description, name), module, state));
      return [diffusersUnetName(name), [...matmul(b, a).data.map((value) => scaling * value)]];
    }),
  );
}

const updatesSchema = z.record(z.string(), z.array(z.number()));
const ids = ['mlx', 'diffusers', 'kohya', 'flux', 'fluxKohya', 'loha', 'lokr'] as const;

describe.skipIf(adapterPeersPython() === null)('files written by the app', () => {
  const written = new Map<string, WrittenAdapter>();
  let answer: Record<string, z.output<typeof updatesSchema>> = {};
  beforeAll(async () => {
    const files: Record<string, string> = {};
    const write = async (id: (typeof ids)[number], format: string, end: string, adapter: WrittenAdapter) => {
      files[id] = path.join(scratch, id + end);
      written.set(id, adapter);
      await adapterFormats.find((one) => one.id === format)?.write(files[id], adapter);
    };
    const directory = goldenPath('llama', 'base');
    const description = await describeModel(directory);
    const state = await readAdapter(goldenPath('llama', 'adapters', 'lora-patterns'), description);
    const end = '.safetensors';
    await write('mlx', 'mlx', '', { state, description, name: 'mine', config: await readConfig(directory) });
    await write('diffusers', 'diffusers', end, diffusionAdapter([...modules, ...textModules]));
    await write('kohya', 'kohya', end, diffusionAdapter(modules));
    await write('flux', 'diffusers', end, diffusionAdapter(fluxModules));
    await write('fluxKohya', 'kohya', end, diffusionAdapter(originalFluxModules));
    await write('loha', 'kohya', end, lycorisAdapter('loha'));
    await write('lokr', 'kohya', end, lycorisAdapter('lokr'));
    const found = runPeer('foreign_formats.py', files, [], adapterPeersPython() ?? '');
    answer = z.record(z.string(), updatesSchema).parse(found);
  });

  test.each(ids)('%s: its program makes the same ΔW of every module', (id) => {
    const adapter = written.get(id);
    if (adapter === undefined) throw new Error('nothing was written');
    const expected = updatesOf(adapter);
    const loaded = new Map(Object.entries(answer[id] ?? {}));
    expect([...loaded.keys()].sort()).toEqual([...expected.keys()].sort());
    const differences: Record<string, number> = {};
    for (const [name, update] of expected) {
      const own = loaded.get(name) ?? [];
      expect(own.length).toBe(update.length);
      const size = Math.max(...update.map(Math.abs));
      differences[name] = Math.max(...update.map((value, at) => Math.abs(value - (own[at] ?? 0)) / size));
    }
    expect(Object.entries(differences).filter(([, difference]) => difference > 2e-6)).toEqual([]);
  });
});
