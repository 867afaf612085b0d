import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { openGguf } from '../../../../src-main/engine/formats/gguf/gguf-file.ts';
import { writeGgufLora } from '../../../../src-main/engine/formats/gguf/lora-file.ts';
import { readTensor } from '../../../../src-main/engine/formats/gguf/tensor-values.ts';
import { describeModel, readConfig } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { goldenPath } from '../../golden.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-gguf-lora-'));
afterAll(() => rm(home, { recursive: true, force: true }));

/** [rows, columns] = left [rows, inner] · right [inner, columns], in double precision. */
function product(left: ArrayLike<number>, right: ArrayLike<number>, inner: number): number[][] {
  const [rows, columns] = [left.length / inner, right.length / inner];
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      let sum = 0;
      for (let index = 0; index < inner; index++)
        sum += (left[row * inner + index] ?? 0) * (right[index * columns + column] ?? 0);
      return sum;
    }),
  );
}

/** llama.cpp's converter on [heads · size, columns]: reshape to (heads, 2, size / 2), swap the last two, and back. */
function permuted(matrix: number[][], heads: number): number[][] {
  const size = matrix.length / heads;
  const ordered: number[][] = [];
  for (let head = 0; head < heads; head++)
    for (let pair = 0; pair < size / 2; pair++)
      for (let half = 0; half < 2; half++) ordered.push(matrix[head * size + half * (size / 2) + pair] ?? []);
  return ordered;
}

async function exported(family: string, adapter: string) {
  const directory = goldenPath(family, 'base');
  const description = await describeModel(directory);
  const state = await readAdapter(goldenPath(family, 'adapters', adapter), description);
  const file = join(home, `${family}-${adapter}.gguf`);
  await writeGgufLora(file, state, { description, config: await readConfig(directory) }, adapter);
  return { state, file };
}

const ggufNames: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
  'attn.c_attn': 'attn_qkv',
  'attn.c_proj': 'attn_output',
  'mlp.c_fc': 'ffn_up',
  'mlp.c_proj': 'ffn_down',
};

describe.each([
  ['llama', 'lora', 4, 2],
  ['llama', 'lora-all-linear', 4, 2],
  ['llama', 'lora-patterns', 4, 2],
  ['llama', 'rslora', 4, 2],
  ['llama', 'rslora-patterns', 4, 2],
  ['mistral', 'lora', 4, 2],
  ['qwen2', 'rslora', 0, 0],
  ['gpt2', 'lora', 0, 0],
])('%s/%s', (family, adapter, queryHeads, keyHeads) => {
  test('does under llama.cpp what it does here', async () => {
    const { state, file } = await exported(family, adapter);
    const gguf = await openGguf(file);
    try {
      expect(gguf.metadata.text('general.architecture')).toBe(family === 'mistral' ? 'llama' : family);
      expect(gguf.metadata.text('general.type')).toBe('adapter');
      expect(gguf.metadata.text('adapter.type')).toBe('lora');
      const alpha = gguf.metadata.number('adapter.lora.alpha') ?? 0;
      expect(gguf.tensors.size).toBe(2 * state.modules.size);
      expect(state.modules.size).toBeGreaterThan(0);
      for (const [name, { tensors, rank, scaling }] of state.modules) {
        const [a, b] = [tensors.get('a'), tensors.get('b')];
        if (!a || !b || rank === null) throw new Error(`${name} has no factors`);
        const [, layer, part = ''] = /\.(\d+)\.(.+)$/.exec(name) ?? [];
        const weight = `blk.${layer}.${ggufNames[part]}.weight`;
        const [left, right] = [await readTensor(gguf, `${weight}.lora_b`), await readTensor(gguf, `${weight}.lora_a`)];
        expect(right.shape).toEqual(a.shape);
        expect(left.shape).toEqual(b.shape);
        const heads = part === 'self_attn.q_proj' ? queryHeads : part === 'self_attn.k_proj' ? keyHeads : 0;
        const delta = product(b.data, a.data, rank);
        const wanted = (heads > 0 ? permuted(delta, heads) : delta).flat().map((value) => value * scaling);
        // llama.cpp divides by the rank that it reads off the tensor.
        const found = product(left.data, right.data, rank)
          .flat()
          .map((value) => (value * alpha) / (left.shape[1] ?? 0));
        const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(largest).toBeGreaterThan(0);
        for (const [index, value] of wanted.entries())
          expect(Math.abs((found[index] ?? 0) - value) / largest, `${name} ${index}`).toBeLessThan(1e-6);
      }
    } finally {
      await gguf.close();
    }
  });
});

describe('rejects adapters that llama.cpp does not support, with the reason', () => {
  test.each([
    ['llama', 'dora', /is a DoRA/],
    ['llama', 'lora-bias', /has biases of its own/],
    ['llama', 'lora-modules-to-save', /contains whole modules \((lm_head|model\.embed_tokens)\.weight\)/],
    ['llama', 'lora-embedding', /factors for model\.embed_tokens, which llama\.cpp cannot adapt/],
    ['llama', 'pissa', /pissa/],
    ['vit', 'lora', /no adapters for bases like this one \(vit, image-classification\)/],
  ])('%s/%s', async (family, adapter, reason) => {
    await expect(exported(family, adapter)).rejects.toThrow(reason);
    expect(existsSync(join(home, `${family}-${adapter}.gguf`))).toBe(false);
  });

  test.each<[string, (state: AdapterState) => AdapterState, RegExp]>([
    [
      'kinds',
      (state) => ({
        ...state,
        variant: { ...state.variant, product: { lowRank: null, reason: 'it multiplies the base' } },
      }),
      /is a LoRA: it multiplies the base/,
    ],
    ['heads that are the embedding itself', withHead, /factors for lm_head, which is the embedding itself/],
  ])('%s', async (_, change, reason) => {
    const directory = goldenPath('llama3', 'base');
    const description = await describeModel(directory);
    const state = await readAdapter(goldenPath('llama3', 'adapters', 'lora'), description);
    const base = { description, config: await readConfig(directory) };
    await expect(writeGgufLora(join(home, 'refused.gguf'), change(state), base, 'x')).rejects.toThrow(reason);
  });
});

/** The first module's factors as if they were the head's. */
function withHead(state: AdapterState): AdapterState {
  const [factors] = state.modules.values();
  return { ...state, modules: new Map(factors ? [['lm_head', factors]] : []) };
}
