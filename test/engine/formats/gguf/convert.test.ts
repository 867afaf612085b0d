import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { convertGguf } from '../../../../src-main/engine/formats/gguf/convert.ts';
import { preTokenizers } from '../../../../src-main/engine/formats/gguf/tokenizer/pre-tokenizers.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { openSafetensors, readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { loadTokenizer, TextTokenizer } from '../../../../src-main/engine/tokenization/tokenizer.ts';
import { parseTokenizer, parseTokenizerConfig } from '../../../../src-main/engine/tokenization/tokenizer-files.ts';
import { goldenPath } from '../../golden.ts';

const golden = join(import.meta.dirname, '../../../golden/gguf');
const home = mkdtempSync(join(tmpdir(), 'coto-gguf-'));
afterAll(() => rm(home, { recursive: true, force: true }));

const objectSchema = z.record(z.string(), z.unknown());
const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    vocab: z.record(z.string(), z.number()),
    merges: z.array(z.tuple([z.string(), z.string()])),
    ignore_merges: z.boolean(),
    byte_fallback: z.boolean(),
  }),
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string(), special: z.boolean() })),
  pre_tokenizer: z.unknown(),
});
const readJson = (folder: string, name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

/** Descriptions of the models, besides the golden tensors. */
const models = [
  {
    name: 'llama',
    config: {
      model_type: 'llama',
      hidden_size: 32,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 8,
      rms_norm_eps: 1e-5,
      rope_theta: 500_000,
      tie_word_embeddings: true,
      vocab_size: 1000,
      bos_token_id: 1,
      eos_token_id: 2,
      attention_bias: false,
      rope_scaling: {
        type: 'llama3',
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
    },
    generation: { eos_token_id: 2 },
    firstSpecial: '<unk>',
    kept: { 'model.layers.1.self_attn.k_proj.weight': 'F16' },
    blocks: { 'model.layers.0.self_attn.k_proj.weight': 'Q5_0', 'model.layers.0.self_attn.q_proj.weight': 'Q4_1' },
  },
  {
    name: 'qwen2',
    config: { model_type: 'qwen2', tie_word_embeddings: false, rope_scaling: null, rope_theta: 1e6, pad_token_id: 0 },
    generation: { eos_token_id: 2 },
    firstSpecial: '<|endoftext|>',
    kept: { 'model.layers.0.self_attn.q_proj.weight': 'BF16', 'model.layers.0.mlp.up_proj.weight': 'F16' },
    blocks: { 'model.embed_tokens.weight': 'Q8_0', 'lm_head.weight': 'Q8_0' },
  },
  {
    name: 'qwen3',
    config: { model_type: 'qwen3', head_dim: 16, rope_scaling: { type: 'linear', rope_type: 'linear', factor: 4 } },
    generation: { eos_token_id: [0, 2] },
    firstSpecial: '<|endoftext|>',
    kept: { 'model.layers.0.self_attn.q_norm.weight': 'F32' },
    blocks: { 'model.layers.0.self_attn.q_proj.weight': 'Q8_0' },
  },
  {
    name: 'gpt2',
    config: { model_type: 'gpt2', n_embd: 32, n_inner: 128, n_positions: 64, tie_word_embeddings: true },
    generation: { eos_token_id: 0 },
    firstSpecial: '<|endoftext|>',
    kept: { 'transformer.h.0.attn.c_attn.weight': 'F32' },
    blocks: { 'transformer.wte.weight': 'Q8_0' },
  },
] as const;

describe.each(models)('$name.gguf', ({ name, config, generation, firstSpecial, kept, blocks }) => {
  const folder = mkdtempSync(join(home, `${name}-`));
  const progress: [number, number][] = [];
  beforeAll(async () => {
    const { warnings } = await convertGguf(join(golden, `${name}.gguf`), folder, {
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect(warnings).toEqual([]);
  });

  test('gives exactly the tensors of the checkpoint that it was made of', async () => {
    const expected = await readSafetensors(join(golden, `${name}-expected.safetensors`));
    const found = await readSafetensors(join(folder, 'model.safetensors'));
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [key, tensor] of expected) {
      const values = found.get(key);
      expect(values?.shape.slice(1), key).toEqual(tensor.shape.slice(1));
      expect(values?.data.slice(0, tensor.data.length), key).toEqual(tensor.data);
    }
  });

  test('keeps halves as halves and matrices of blocks as blocks, of which any reader sees bytes', async () => {
    const file = await openSafetensors(join(folder, 'model.safetensors'));
    try {
      for (const [key, dtype] of Object.entries(kept)) expect(file.info(key).dtype, key).toBe(dtype);
      for (const [key, dtype] of Object.entries(blocks)) expect(file.info(key).dtype, key).toBe(dtype);
      expect(Object.keys(objectSchema.parse(JSON.parse(file.metadata.get('coto.block_types') ?? '{}')))).toEqual(
        expect.arrayContaining(Object.keys(blocks)),
      );
    } finally {
      await file.close();
    }
  });

  test('is raised to float32 where that is asked for, the same values', async () => {
    const decoded = mkdtempSync(join(home, `${name}-decoded-`));
    await convertGguf(join(golden, `${name}.gguf`), decoded, { decoded: true });
    const file = await openSafetensors(join(decoded, 'model.safetensors'));
    const packed = await openSafetensors(join(folder, 'model.safetensors'));
    try {
      for (const key of file.names) {
        expect(['F32', 'F16', 'BF16'], key).toContain(file.info(key).dtype);
        expect(await packed.read(key), key).toEqual(await file.read(key));
      }
      expect(packed.names).toEqual(file.names);
    } finally {
      await file.close();
      await packed.close();
    }
  });

  test('gives the config, and the studio reads the folder', async () => {
    expect(objectSchema.parse(readJson(folder, 'config.json'))).toMatchObject(config);
    expect(readJson(folder, 'generation_config.json')).toMatchObject(generation);
    expect((await describeModel(folder)).family).toBe(name);
  });

  test('gives the tokenizer', () => {
    const { model, added_tokens: added } = tokenizerSchema.parse(readJson(folder, 'tokenizer.json'));
    expect(Object.keys(model.vocab)).toHaveLength(1000);
    expect(added.slice(0, 3).map(({ id }) => id)).toEqual([0, 1, 2]);
    expect(added[0]).toMatchObject({ content: firstSpecial, special: true });
    expect(model.byte_fallback).toBe(name === 'llama');
    expect(model.ignore_merges).toBe(name === 'qwen3');
    expect(model.merges.slice(0, 2).map((pair) => pair.join(''))).toEqual(
      name === 'llama' ? ['▁t', 'he'] : ['Ġt', 'he'],
    );
  });

  test('tells how far it is', () => {
    const [last] = progress.slice(-1);
    expect(last?.[0]).toBe(last?.[1]);
    expect(progress.every(([done], index) => done > (progress[index - 1]?.[0] ?? 0))).toBe(true);
  });
});

describe('the tokenizer gives the ids of the one that the file was made of', () => {
  const expectedSchema = z.object({ single: z.array(z.object({ text: z.string(), ids: z.array(z.number()) })) });
  test.each([
    ['llama', 'byte-fallback-bpe'],
    ['gpt2', 'byte-level-bpe'],
    ['qwen3', 'split-regex-bpe'],
  ])('%s: %s', async (name, make) => {
    const folder = mkdtempSync(join(home, `${make}-`));
    await convertGguf(join(golden, `${name}.gguf`), folder);
    const tokenizer = await loadTokenizer(folder);
    const { single } = expectedSchema.parse(readJson(goldenPath('misc', 'tokenizers', make), 'expected.json'));
    expect(single.length).toBeGreaterThan(20);
    for (const { text, ids } of single) expect([...tokenizer.encode(text).ids], text).toEqual(ids);
  });
});

test('the chat template comes along', async () => {
  const folder = mkdtempSync(join(home, 'template-'));
  await convertGguf(join(golden, 'llama.gguf'), folder);
  expect(readJson(folder, 'tokenizer_config.json')).toMatchObject({
    chat_template: "{% for message in messages %}{{ message['content'] }}{% endfor %}",
    bos_token: '<s>',
    add_bos_token: true,
  });
});

test('a Llama with a window is a Mistral', async () => {
  const folder = mkdtempSync(join(home, 'window-'));
  await convertGguf(join(golden, 'small.gguf'), folder);
  expect(readJson(folder, 'config.json')).toMatchObject({ model_type: 'mistral', sliding_window: 64 });
  expect((await describeModel(folder)).family).toBe('mistral');
});

describe('the rule by which a tokenizer cuts text into words', () => {
  /** The file with some bytes of its metadata replaced by as many others. */
  const patched = (name: string, from: string, to: string): string => {
    const bytes = readFileSync(join(golden, `${name}.gguf`));
    const at = bytes.indexOf(from);
    expect(at).toBeGreaterThan(0);
    bytes.write(to, at);
    const file = join(mkdtempSync(join(home, 'patched-')), 'patched.gguf');
    writeFileSync(file, bytes);
    return file;
  };

  test('is refused by name where it is unknown', async () => {
    const file = patched('qwen2', 'smollm', 'unhear');
    const folder = mkdtempSync(join(home, 'unknown-'));
    await expect(convertGguf(file, folder)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('by the rule "unhear" ("tokenizer.ggml.pre")'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is GPT-2's where the file does not say it, and that is said", async () => {
    const file = patched('gpt2', 'tokenizer.ggml.pre', 'tokenizer.ggml.xxx');
    const folder = mkdtempSync(join(home, 'unsaid-'));
    const { warnings } = await convertGguf(file, folder);
    expect(warnings).toEqual([expect.stringContaining("GPT-2's rule is taken")]);
    expect(readFileSync(join(folder, 'PROVENANCE.md'), 'utf8')).toContain("GPT-2's rule is taken");
  });

  test('a kind of tokenizer or model that is not supported is refused by name', async () => {
    const convert = (file: string) => convertGguf(file, mkdtempSync(join(home, 'kind-')));
    await expect(convert(patched('llama', 'llama', 'rwkv6'))).rejects.toThrow(/architecture "rwkv6"/);
    await expect(convert(patched('small', 'rms_epsilon', 'rms_epsilom'))).resolves.toMatchObject({ warnings: [] });
    await expect(convert(patched('small', 'block_count', 'block_xount'))).rejects.toThrow(
      /lacks the key "llama\.block_count"/,
    );
    await expect(convert(patched('small', 'blk.0.ffn_up', 'blk.0.ffn_xx'))).rejects.toThrow(
      /lacks the tensor "blk\.0\.ffn_up\.weight"/,
    );
  });
});

test('a conversion that is cancelled ends as such', async () => {
  const folder = mkdtempSync(join(home, 'cancelled-'));
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  const conversion = convertGguf(join(golden, 'llama.gguf'), folder, { onProgress, signal: controller.signal });
  await expect(conversion).rejects.toThrow('enough');
  expect(readdirSync(folder)).not.toContain('model.safetensors');
});

test('gives the experts of gpt-oss in MXFP4 as transformers stores them', async () => {
  const folder = mkdtempSync(join(home, 'mxfp4-'));
  await convertGguf(join(golden, 'gpt-oss-mxfp4.gguf'), folder);
  const expected = await readSafetensors(join(golden, 'gpt-oss-mxfp4-expected.safetensors'));
  const found = await readSafetensors(join(folder, 'model.safetensors'));
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, tensor] of expected) expect(found.get(key), key).toEqual(tensor);
});

test('keeps the quantized experts of a mixture as a matrix of blocks each', async () => {
  const folder = mkdtempSync(join(home, 'experts-'));
  await convertGguf(join(golden, 'mixtral-q8_0.gguf'), folder);
  const expected = await readSafetensors(join(golden, 'mixtral-q8_0-experts.safetensors'));
  const file = await openSafetensors(join(folder, 'model.safetensors'));
  try {
    expect(file.names.filter((name) => name.includes('.experts.')).sort()).toEqual([...expected.keys()].sort());
    for (const [key, tensor] of expected) {
      expect(file.info(key).dtype, key).toBe('Q8_0');
      expect(await file.read(key), key).toEqual(tensor);
    }
  } finally {
    await file.close();
  }
  expect((await describeModel(folder)).family).toBe('mixtral');
});

test('names a tensor that has no matrix for each expert', async () => {
  const bytes = readFileSync(join(golden, 'mixtral-q8_0.gguf'));
  const key = 'llama.expert_count';
  bytes.writeUInt32LE(2, bytes.indexOf(key) + key.length + 4);
  const file = join(mkdtempSync(join(home, 'count-')), 'wrong.gguf');
  writeFileSync(file, bytes);
  await expect(convertGguf(file, mkdtempSync(join(home, 'none-')))).rejects.toMatchObject({
    code: 'invalid_file',
    message: expect.stringContaining('no matrix for each of 2 experts'),
  });
});

test.each([
  ['gpt-4o', "I'VE seenABC 12345 a/\n/b", ["I'VE", ' seen', 'ABC', ' ', '123', '45', ' a', '/\n/', 'b']],
  ['glm4', "I'VE seenABC 12345 a/\nb", ['I', "'VE", ' seenABC', ' ', '123', '45', ' a', '/\n', 'b']],
  ['tekken', "I'VE seenABC 12 a/\n/b", ['I', "'VE", ' seen', 'ABC', ' ', '1', '2', ' a', '/\n/', 'b']],
])('cuts text into words by the rule %s', (name, text, words) => {
  const rule = preTokenizers.find(({ names }) => names.includes(name))?.preTokenizer;
  const spelled = words.map((word) => word.replaceAll(' ', 'Ġ').replaceAll('\n', 'Ċ'));
  const vocab = Object.fromEntries([...new Set([...spelled, '?'])].map((word, id) => [word, id]));
  const model = { type: 'WordPiece', vocab, unk_token: '?', continuing_subword_prefix: '##' };
  const tokenizer = new TextTokenizer({
    file: 'tokenizer.json',
    configFile: 'tokenizer_config.json',
    tokenizer: parseTokenizer('tokenizer.json', JSON.stringify({ model, pre_tokenizer: rule })),
    config: parseTokenizerConfig('tokenizer_config.json', '{}'),
    chatTemplate: null,
  });
  expect(tokenizer.encode(text).ids).toEqual(spelled.map((word) => vocab[word]));
});
