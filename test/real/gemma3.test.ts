import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { type GgufTensor, openGguf } from '../../src-main/engine/formats/gguf/gguf-file.ts';
import { floatPieces } from '../../src-main/engine/formats/gguf/tensor-values.ts';
import { KeyValueCache } from '../../src-main/engine/models/key-value-cache.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { loadTokenizer } from '../../src-main/engine/tokenization/tokenizer.ts';
import { cotoOn } from '../cli/run-command.ts';
import { reportDeviation } from '../engine/golden.ts';
import { answerSchema, hasLlamaCpp, type LlamaCppAnswer, runLlamaCpp } from './llama-cpp.ts';
import { gemma3Gguf, realGolden } from './models.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-gemma3-'));
const coto = cotoOn(join(folder, 'home'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = join(import.meta.dirname, '../../assets/data/state-of-the-union');
const beginOfText = 2;

const modelSchema = z.object({
  path: z.string(),
  description: z.object({ family: z.string(), layerCount: z.number() }),
});
const trainedSchema = z.object({ adapter: z.object({ name: z.string() }) });

/** Computed by transformers in float32 with the file's dequantized values. */
const golden = z
  .object({ sha256: z.string(), answers: z.array(answerSchema.extend({ prompt: z.array(z.number()) })) })
  .parse(JSON.parse(readFileSync(realGolden('gemma3', 'expected.json'), 'utf8')));

const prompts = [
  'The capital of France is',
  'Four score and seven years ago our fathers brought forth',
  'We have increased our judiciary by',
  'To the Congress of the United States:',
];

/** Sentences of the bundled data, and texts with scripts, spaces and symbols that a tokenizer has to fall back for. */
const texts = [
  ...lines(join(data, 'train.jsonl')).slice(0, 300),
  ...[
    '',
    ' ',
    '  two  spaces ',
    'tab\tand\nline\n\n\nbreaks',
    'naïve café — “quotes” … №',
    'Привет, мир! Γειά σου',
    '日本語のテキストと中文',
  ],
  ...[
    'مرحبا بالعالم',
    'हिन्दी पाठ',
    '🙂👩‍👩‍👧‍👦🏳️‍🌈',
    'x² + y³ ≤ ∑ αᵢ',
    '1234567890 0.001e-7',
    'fn main() {\n    println!("{}", 1);\n}',
    '\u0001\u007f\uFEFF',
    '𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﬁ',
  ],
  ...['<start_of_turn>user\nHi<end_of_turn>', 'a<b>c</b>', '▁already▁', 'ＦＵＬＬ ｗｉｄｔｈ'],
];

/**
 * Largest differences of the logarithms of the probabilities of likely tokens. A greedy token differs only where the first two
 * are nearer.
 */
const tolerances = {
  /** transformers: measured at most 4.6e-5. */
  transformers: 1e-3,
  /** llama.cpp with the same values in float32: measured 0.002, 0.015, 0.002, 0.002. */
  float32: 0.05,
  /**
   * llama.cpp with the quantized file, which rounds the inputs of products to 8 bits: measured 0.18, 1.09, 0.18, 0.15. Transformers with inputs rounded in
   * that way is 0.32, 2.08, 0.34 and 0.27 from llama.cpp in float32.
   */
  quantized: 2.5,
};
/** Logarithm of 1 %: rarer tokens are rounded further. */
const likely = Math.log(0.01);

it.skipIf(!hasLlamaCpp())(
  'runs from the file of Gemma 3 270M to an adapter that llama.cpp answers with',
  async () => {
    const added = await coto(['models', 'add', gemma3Gguf(), '--name', 'gemma', '--json']);
    expect(added.code, added.err).toBe(0);
    const { path, description } = modelSchema.parse(JSON.parse(added.out));
    expect(description).toMatchObject({ family: 'gemma3_text', layerCount: 18 });

    const tokenizer = await loadTokenizer(path);
    const encode = (text: string) => [...tokenizer.encode(text, { addSpecialTokens: false }).ids];
    const ids = prompts.map((prompt) => [beginOfText, ...encode(prompt)]);
    expect(ids).toEqual(golden.answers.map(({ prompt }) => prompt));
    const newTokens = 16;
    const float32 = join(folder, 'float32.gguf');
    expect(await writeFloat32Gguf(gemma3Gguf(), float32)).toBe(golden.sha256);
    const plain = runLlamaCpp({ modelPath: gemma3Gguf(), texts, prompts: ids, newTokens });
    expect(texts.map(encode)).toEqual(plain.encoded);

    const run = join(folder, 'run.yaml');
    writeFileSync(
      run,
      [
        'model: gemma',
        `dataset: ${data}`,
        'max_steps: 30',
        'seed: 42',
        'learning_rate: 0.0005',
        'per_device_train_batch_size: 1',
        'max_train_samples: 120',
        'eval_samples: 8',
        'per_device_eval_batch_size: 4',
        'sample_count: 0',
        'max_length: 64',
        'adapter: { r: 8, lora_alpha: 16, target_modules: all-linear }',
        'coto: {}',
      ].join('\n'),
    );
    const trained = await coto(['train', run, '--json']);
    expect(trained.code, trained.err).toBe(0);
    const { adapter } = trainedSchema.parse(JSON.parse(trained.out));
    const [file, peft] = [join(folder, 'speeches.gguf'), join(folder, 'speeches')];
    for (const [form, out] of [
      ['gguf-lora', file],
      ['peft', peft],
    ] as const) {
      const exported = await coto(['export', '--adapter', adapter.name, '--to', form, '--out', out]);
      expect(exported.code, exported.err).toBe(0);
    }
    const answers = (modelPath: string, adapter?: string) =>
      runLlamaCpp({ modelPath, ...(adapter ? { adapter } : {}), prompts: ids, newTokens }).answers;
    const [exact, exactAdapted] = [answers(float32), answers(float32, file)];
    expect(exactAdapted.map(({ generated }) => generated)).not.toEqual(exact.map(({ generated }) => generated));
    const adapted = answers(gemma3Gguf(), file);

    await activateCompute('native');
    const base = await loadBaseModel(path);
    const model = new AdaptedModel(base);
    const hold = (name: string, tolerance: number, expected: readonly LlamaCppAnswer[]) => {
      const found = ids.map((prompt, index) => compare(model, prompt, expected[index]));
      for (const { probabilities, same, of } of found)
        reportDeviation('gemma3-270m', `${name}: ${same} of ${of} greedy tokens; probabilities`, probabilities);
      for (const { probabilities, behind } of found) {
        expect(probabilities, name).toBeLessThan(tolerance);
        expect(behind, name).toBeLessThan(tolerance);
      }
    };
    hold('transformers', tolerances.transformers, golden.answers);
    hold('float32', tolerances.float32, exact);
    hold('quantized', tolerances.quantized, plain.answers);
    model.loadState(await readAdapter(peft, base.description));
    hold('float32 with adapter', tolerances.float32, exactAdapted);
    hold('quantized with adapter', tolerances.quantized, adapted);
    model.dispose();
    base.dispose();
  },
  3_600_000,
);

/** Sentences of a file of rows. */
function lines(path: string): string[] {
  const row = z.object({ text: z.string() });
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => row.parse(JSON.parse(line)).text);
}

/**
 * Writes a GGUF file with the same metadata and all values as float32. Returns the SHA-256 of the values in the file's order.
 */
async function writeFloat32Gguf(from: string, to: string): Promise<string> {
  const file = await openGguf(from);
  const tensors = [...file.tensors.values()];
  const values = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  const start = Math.min(...tensors.map((tensor) => tensor.start));
  const head = Buffer.alloc(start);
  const source = await open(from);
  await source.read(head, 0, start, 0);
  await source.close();
  const sizes = new BigUint64Array(1);
  const uint64 = (value: number) => {
    sizes[0] = BigInt(value);
    return Buffer.from(new Uint8Array(sizes.buffer));
  };
  const name = (tensor: GgufTensor) => Buffer.concat([uint64(tensor.name.length), Buffer.from(tensor.name)]);
  const [first] = tensors;
  if (first === undefined) throw new Error(`${from} has no tensors`);
  const parts = [head.subarray(0, head.lastIndexOf(name(first)))];
  let offset = 0;
  for (const tensor of tensors) {
    const dimensions = [...tensor.shape].reverse().map(uint64);
    const counts = new Uint32Array([dimensions.length, 0]);
    const [count, float32Type] = [counts.slice(0, 1), counts.slice(1)].map((one) => Buffer.from(one.buffer));
    parts.push(
      name(tensor),
      ...[count, ...dimensions, float32Type].filter((part) => part !== undefined),
      uint64(offset),
    );
    offset += 4 * values(tensor.shape);
  }
  const joined = Buffer.concat(parts);
  const padding = Buffer.alloc((32 - (joined.length % 32)) % 32);
  const hash = createHash('sha256');
  const target = await open(to, 'w');
  await target.writeFile(Buffer.concat([joined, padding]));
  for (const tensor of tensors)
    for await (const { buffer } of floatPieces(file, tensor)) {
      hash.update(new Uint8Array(buffer));
      await target.writeFile(new Uint8Array(buffer));
    }
  await target.close();
  await file.close();
  return hash.digest('hex');
}

/**
 * Largest difference of the logarithms of the probabilities of likely first tokens, how far a token that the other program takes is
 * at most behind the best one here, and how many are the same.
 */
function compare(model: AdaptedModel, prompt: readonly number[], answer: LlamaCppAnswer | undefined) {
  if (answer === undefined) throw new Error('no answer');
  const cache = new KeyValueCache();
  let [probabilities, behind, same] = [0, 0, 0];
  for (const [step, token] of answer.generated.entries()) {
    const ids = step === 0 ? prompt : answer.generated.slice(step - 1, step);
    const logits = tf.tidy(() => {
      const row = model.nextLogits({ input_ids: tf.tensor2d([...ids], [1, ids.length], 'int32') }, cache);
      return Float32Array.from(tf.logSoftmax(row).dataSync());
    });
    const best = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const taken = logits[token] ?? Number.NaN;
    if (taken === best) same++;
    behind = Math.max(behind, best - taken);
    if (step > 0) continue;
    for (const [id, expected] of answer.most.filter(([, value]) => value > likely))
      probabilities = Math.max(probabilities, Math.abs((logits[id] ?? Number.NaN) - expected));
  }
  cache.dispose();
  return { probabilities, behind, same, of: answer.generated.length };
}
