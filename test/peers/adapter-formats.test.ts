import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../src-main/engine/adapters/state.ts';
import { collectModules } from '../../src-main/engine/formats/adapters/collect-modules.ts';
import type { WrittenAdapter } from '../../src-main/engine/formats/adapters/format.ts';
import { adapterFormats } from '../../src-main/engine/formats/adapters/index.ts';
import { diffusersUnetName } from '../../src-main/engine/formats/adapters/sgm-names.ts';
import { describeModel, readConfig } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { goldenPath } from '../engine/golden.ts';
import { change } from '../engine/merge/states.ts';
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

function diffusionAdapter(): WrittenAdapter {
  const random = seededNumbers(3);
  const values = (rows: number, columns: number) => ({
    shape: [rows, columns],
    data: Float32Array.from({ length: rows * columns }, () => random() - 0.5),
  });
  const collected = modules.map(([name, outputs, inputs, window], index) => {
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
  const foreign = { name: 'sdxl', hash: null, architecture: null };
  return { ...collectModules('made', 'lora', collected, foreign), name: 'mine', config: null };
}

/** scaling · B · A of every module. */
function updatesOf({ modules: own }: AdapterState): Map<string, number[]> {
  return new Map([...own].map(([name, module]) => [name, [...change(module)]]));
}

const answerSchema = z.object({
  mlx: z.record(z.string(), z.array(z.number())),
  diffusers: z.record(z.string(), z.array(z.number())),
  kohya: z.record(z.string(), z.array(z.number())),
});

describe.skipIf(adapterPeersPython() === null)('files written by the app', () => {
  let [language, diffusion]: [WrittenAdapter | null, WrittenAdapter | null] = [null, null];
  let answer: z.output<typeof answerSchema> = { mlx: {}, diffusers: {}, kohya: {} };
  beforeAll(async () => {
    const write = async (id: string, end: string, adapter: WrittenAdapter) => {
      const target = path.join(scratch, id + end);
      await adapterFormats.find((format) => format.id === id)?.write(target, adapter);
      return target;
    };
    const directory = goldenPath('llama', 'base');
    const description = await describeModel(directory);
    const state = await readAdapter(goldenPath('llama', 'adapters', 'lora-patterns'), description);
    language = { state, description, name: 'mine', config: await readConfig(directory) };
    diffusion = diffusionAdapter();
    const files = {
      mlx: await write('mlx', '', language),
      diffusers: await write('diffusers', '.safetensors', diffusion),
      kohya: await write('kohya', '.safetensors', diffusion),
    };
    answer = answerSchema.parse(runPeer('foreign_formats.py', files, [], adapterPeersPython() ?? ''));
  });

  test.each(['mlx', 'diffusers', 'kohya'] as const)('%s: its program makes the same ΔW of every module', (id) => {
    const adapter = id === 'mlx' ? language : diffusion;
    if (adapter === null) throw new Error('nothing was written');
    const expected = updatesOf(adapter.state);
    const loaded = new Map(Object.entries(answer[id]));
    expect([...loaded.keys()].sort()).toEqual([...expected.keys()].map(diffusersUnetName).sort());
    const differences: Record<string, number> = {};
    for (const [name, update] of expected) {
      const own = loaded.get(diffusersUnetName(name)) ?? [];
      expect(own.length).toBe(update.length);
      const size = Math.max(...update.map(Math.abs));
      differences[name] = Math.max(...update.map((value, at) => Math.abs(value - (own[at] ?? 0)) / size));
    }
    expect(Object.entries(differences).filter(([, difference]) => difference > 2e-6)).toEqual([]);
  });
});
