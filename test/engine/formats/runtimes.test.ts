import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { readAdapterOutline } from '../../../src-main/engine/adapters/peft/open-adapter.ts';
import { describeDerivedBase } from '../../../src-main/engine/adapters/residual/derived-base.ts';
import { collectModules } from '../../../src-main/engine/formats/adapters/collect-modules.ts';
import { checkRuntimes, runtimes } from '../../../src-main/engine/formats/runtimes/index.ts';
import { describeModel, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { goldenPath } from '../golden.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'coto-runtimes-'));
afterAll(() => rmSync(scratch, { recursive: true }));

async function verdicts(family: string, adapter: string, isKnown = true) {
  const folder = goldenPath(family, 'adapters', adapter);
  const base = goldenPath(family, 'base');
  const description = isKnown ? await describeModel(base) : await describeDerivedBase([folder]);
  const outline = await readAdapterOutline(folder, description);
  const checked = checkRuntimes({ outline, description, config: isKnown ? await readConfig(base) : null });
  return Object.fromEntries(checked.map(({ id, verdict, remedy }) => [id, [verdict, remedy?.target ?? null]]));
}

const plain = {
  vllm: ['yes', null],
  'llama-cpp': ['converted', 'gguf-lora'],
  ollama: ['converted', 'ollama'],
  'lm-studio': ['no', 'merged'],
  mlx: ['converted', 'mlx'],
};
const toPlain = { vllm: ['converted', 'lora'], 'llama-cpp': ['converted', 'lora'], ollama: ['converted', 'lora'] };
const toMerged = {
  vllm: ['no', 'merged'],
  'llama-cpp': ['no', 'merged'],
  ollama: ['no', 'merged'],
  mlx: ['no', 'merged'],
};

describe('an adapter of a language model', () => {
  test.each([
    ['lora', plain],
    ['lora-all-linear', plain],
    ['rslora', plain],
    // One scale for all is vLLM's alone: llama.cpp and MLX get it into B.
    ['lora-patterns', { ...plain, vllm: ['converted', 'lora'] }],
    ['dora', { ...plain, ...toPlain, mlx: ['converted', 'mlx'] }],
    ['hira', { ...plain, ...toPlain, mlx: ['converted', 'lora'] }],
    ['loha', { ...plain, ...toPlain, mlx: ['converted', 'lora'] }],
    // Llama has no biases that IA³ would scale.
    ['ia3', { ...plain, ...toPlain, mlx: ['converted', 'lora'] }],
    ['lora-bias', { ...plain, ...toMerged }],
    ['lora-modules-to-save', { ...plain, ...toMerged }],
    ['lora-embedding', { ...plain, 'llama-cpp': ['no', null], ollama: ['no', null] }],
  ])('%s', async (adapter, expected) => {
    expect(await verdicts('llama', adapter)).toEqual(expected);
  });

  test('without its base needs it for llama.cpp alone', async () => {
    expect(await verdicts('llama', 'lora', false)).toEqual({
      ...plain,
      'llama-cpp': ['no', null],
      ollama: ['no', null],
      'lm-studio': ['no', null],
    });
  });
});

test('adapters of images and classifiers load in none of them', async () => {
  for (const family of ['vit', 'bert'])
    expect(new Set(Object.values(await verdicts(family, 'lora')).map(([verdict]) => verdict))).toEqual(new Set(['no']));
});

/** A folder of an adapter with these modules. */
async function made(names: readonly string[], rank: number) {
  const values = (...shape: number[]) => ({ shape, data: new Float32Array((shape[0] ?? 0) * (shape[1] ?? 0)) });
  const { state, description } = collectModules(
    'made',
    'lora',
    names.map((name) => ({
      name,
      kind: 'linear' as const,
      rank,
      scaling: 1,
      tensors: new Map([
        ['a', values(rank, 4)],
        ['b', values(4, rank)],
      ]),
    })),
    { name: null, hash: null, architecture: null },
  );
  const folder = path.join(scratch, `${names[0]}-${rank}`);
  await writeAdapter(folder, state, { description, baseModelName: 'x' });
  const outline = await readAdapterOutline(folder, description);
  return checkRuntimes({ outline, description, config: null });
}

test('vLLM is started with a rank that it has, and refuses higher ones', async () => {
  const of = async (rank: number) =>
    (await made(['model.layers.0.self_attn.q_proj'], rank)).find(({ id }) => id === 'vllm');
  expect((await of(9))?.message).toContain('--max-lora-rank 16');
  expect((await of(513))?.verdict).toBe('converted');
  expect((await of(513))?.remedy).toEqual({ target: 'lora', parameters: { rank: 512, energy: 1 } });
});

test('adapters of diffusion models are told apart from those of language models', async () => {
  for (const name of ['unet.mid_block.attentions.0.proj_in', 'text_encoder.text_model.encoder.layers.0.mlp.fc1'])
    expect(new Set((await made([name], 2)).map(({ verdict }) => verdict))).toEqual(new Set(['no']));
});

test('every rule names its source', () => {
  for (const { source } of runtimes) expect(source).toMatch(/\d/);
});
