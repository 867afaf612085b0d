import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { EngineEvent, EngineSignal } from '../../../src-main/engine/events.ts';
import { runTask } from '../../../src-main/engine/jobs/run-job.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { forwardThrough, PlainRunner } from '../../../src-main/engine/models/plain-runner.ts';
import { datasetSourceSchema } from '../../../src-shared/domain/data/dataset.ts';
import { pretrainConfigSchema } from '../../../src-shared/domain/runs/pretrain.ts';
import { tinyIdx } from '../../backend/support.ts';
import { outcomeSeed } from '../../outcome-seed.ts';
import { goldenPath } from '../golden.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-pretrain-'));
const bundled = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));
beforeAll(() => activateCompute('wasm'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A fresh model small enough for a test, with the tokenizer of the bundled one. */
function languageConfig(settings: Record<string, unknown> = {}) {
  const text = join(folder, 'text.txt');
  const animals = ['cat', 'dog', 'bird', 'fish'];
  const lines = Array.from({ length: 120 }, (_, at) => `The ${animals[at % 4]} sees the ${animals[(at * 7 + 1) % 4]}.`);
  writeFileSync(text, lines.join('\n\n'));
  mkdirSync(join(folder, 'fresh'), { recursive: true });
  const keys = JSON.parse(readFileSync(join(bundled, 'config.json'), 'utf8'));
  const small = { hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2 };
  writeFileSync(
    join(folder, 'fresh', 'config.json'),
    JSON.stringify({ ...keys, ...small, num_key_value_heads: 1, head_dim: 8 }),
  );
  return pretrainConfigSchema.parse({
    model_config: join(folder, 'fresh'),
    tokenizer: bundled,
    train_data: [text],
    eval_share: 0.1,
    block_size: 16,
    max_steps: 12,
    per_device_train_batch_size: 4,
    learning_rate: 0.02,
    seed: outcomeSeed(42),
    logging_steps: 1,
    ...settings,
  });
}

/** A fresh ViT of ten classes with a preprocessing of its own. */
function imageConfig(settings: Record<string, unknown>) {
  const keys = JSON.parse(readFileSync(goldenPath('vit-28', 'base', 'config.json'), 'utf8'));
  const place = join(folder, 'vit');
  mkdirSync(place, { recursive: true });
  const id2label = Object.fromEntries(Array.from({ length: 10 }, (_, id) => [id, `class ${id}`]));
  writeFileSync(join(place, 'config.json'), JSON.stringify({ ...keys, id2label }));
  writeFileSync(join(place, 'preprocessor_config.json'), JSON.stringify({ do_normalize: false }));
  return languageConfig({ model_config: place, tokenizer: null, train_data: ['idx'], ...settings });
}

async function pretrain(
  config: ReturnType<typeof languageConfig>,
  name: string,
  stopAfter = Number.POSITIVE_INFINITY,
  then: 'pause' | 'fail' = 'pause',
) {
  const losses: number[] = [];
  const emit = (event: EngineEvent) => {
    if (event.kind === 'metrics')
      losses.push(...event.columns.flatMap(({ name, values }) => (name === 'loss' ? [...values] : [])));
  };
  let asked = 0;
  const signal = async (): Promise<EngineSignal | null> => {
    if (asked++ < stopAfter) return null;
    if (then === 'fail') throw new Error('killed');
    return 'pause';
  };
  const outputDirectory = join(folder, name);
  const answer = await runTask(
    {
      kind: 'pretrain',
      compute: 'wasm',
      config,
      dataset: config.tokenizer === null ? datasetSourceSchema.parse({ reader: 'idx', path: tinyIdx(4, 2) }) : null,
      outputDirectory,
      checkpointDirectory: `${outputDirectory}.checkpoint`,
    },
    { emit, signal },
  );
  if (answer.kind !== 'pretrain') throw new Error('another answer');
  return { ...answer, losses, outputDirectory };
}

describe('a language model from scratch', () => {
  it('learns, is scored on what was held out, and is written as a folder that loads again', async () => {
    const config = languageConfig();
    const before = tf.memory().numTensors;
    const { outcome, result, losses, outputDirectory } = await pretrain(config, 'model');
    expect(tf.memory().numTensors).toBe(before);
    expect(outcome).toBe('completed');
    expect(losses).toHaveLength(12);
    // Training starts at the loss of a guess, and ends well below.
    expect(losses[0]).toBeGreaterThan(0.9 * Math.log(4096));
    expect(result?.evalLoss).toBeLessThan(0.8 * Math.log(4096));
    expect(result?.perplexity).toBeCloseTo(Math.exp(result?.evalLoss ?? 0), 6);
    const base = await loadBaseModel(outputDirectory);
    const logits = tf.tidy(() =>
      forwardThrough(base, { input_ids: tf.tensor2d([[1, 2, 3]], [1, 3], 'int32') }, new PlainRunner(base)).dataSync(),
    );
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(base.description).toMatchObject({ family: 'llama', parameterCount: result?.parameterCount });
    base.dispose();
    expect(existsSync(join(outputDirectory, 'tokenizer.json'))).toBe(true);
    expect(readFileSync(join(outputDirectory, 'PROVENANCE.md'), 'utf8')).toContain(
      result?.perplexity?.toFixed(1) ?? '?',
    );
  });

  it('goes on after a pause to the very bits of an unbroken training', async () => {
    const config = languageConfig();
    const unbroken = await pretrain(config, 'unbroken');
    const paused = await pretrain(config, 'broken', 5);
    expect(paused).toMatchObject({ outcome: 'paused', result: null });
    expect(existsSync(paused.outputDirectory)).toBe(false);
    const resumed = await pretrain(config, 'broken');
    expect([...paused.losses, ...resumed.losses]).toEqual(unbroken.losses);
    const weights = (name: string) => readFileSync(join(folder, name, 'model.safetensors'));
    expect(weights('broken').equals(weights('unbroken'))).toBe(true);
  });

  it('refuses to resume on other data', async () => {
    const config = languageConfig();
    await pretrain(config, 'data', 3);
    const [text = ''] = config.train_data;
    const before = readFileSync(text, 'utf8');
    writeFileSync(text, before.replace('cat', 'dog'));
    await expect(pretrain(config, 'data')).rejects.toMatchObject({
      code: 'inputs_changed',
      message: expect.stringMatching(
        /^The data or the tokenizer have changed since step \d+, at which .* was saved\.$/,
      ),
    });
    writeFileSync(text, before);
    expect(await pretrain(config, 'data', 3)).toMatchObject({ outcome: 'paused' });
  });

  it('goes on from a checkpoint saved by time, also by another interval, to the very bits', async () => {
    const unbroken = await pretrain(languageConfig({ save_minutes: 0 }), 'untimed');
    const config = languageConfig({ save_minutes: 1e-7 });
    await expect(pretrain(config, 'timed', 5, 'fail')).rejects.toThrow('killed');
    expect(readdirSync(join(folder, 'timed.checkpoint'))).toEqual(['step-000005']);
    const resumed = await pretrain(languageConfig({ save_minutes: 3 }), 'timed');
    expect(resumed.losses).toEqual(unbroken.losses.slice(5));
    const weights = (name: string) => readFileSync(join(folder, name, 'model.safetensors'));
    expect(weights('timed').equals(weights('untimed'))).toBe(true);
  });

  it('refuses to go on with other settings, and data that does not fit, in one sentence', async () => {
    await pretrain(languageConfig(), 'settings', 3);
    await expect(pretrain(languageConfig({ learning_rate: 0.1 }), 'settings')).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('other settings'),
    });
    await expect(pretrain(languageConfig({ block_size: 5000 }), 'long')).rejects.toThrow(/max_position_embeddings/);
    await expect(pretrain(languageConfig({ train_data: ['/nowhere.txt'] }), 'gone')).rejects.toThrow(/nowhere\.txt/);
    expect(existsSync(join(folder, 'gone'))).toBe(false);
  });
});

describe('an image classifier from scratch', () => {
  it('learns, and is written as a folder that loads again', async () => {
    const { result, outputDirectory } = await pretrain(
      imageConfig({ max_steps: 150, learning_rate: 0.005, per_device_train_batch_size: 10 }),
      'images',
    );
    // Stripes at ten heights: a guess has 10 %.
    expect(result?.accuracy).toBeGreaterThan(0.4);
    const base = await loadBaseModel(outputDirectory);
    expect(base.description.labels).toHaveLength(10);
    base.dispose();
    // The very preprocessing that it was trained with.
    const preprocessing = (place: string) => readFileSync(join(place, 'preprocessor_config.json'), 'utf8');
    expect(preprocessing(outputDirectory)).toBe(preprocessing(join(folder, 'vit')));
  });

  it('changes its images at random, smooths labels, and goes on after a pause to the very bits', async () => {
    const augmentation = { rotation_radians: 0.3, scale: [0.8, 1.2], shift: 0.1, horizontal_flip: true };
    const settings = { max_steps: 9, per_device_train_batch_size: 4, gradient_accumulation_steps: 2 };
    const config = imageConfig({ ...settings, augmentation, label_smoothing_factor: 0.1 });
    const unbroken = await pretrain(config, 'images-unbroken');
    const paused = await pretrain(config, 'images-broken', 4);
    const resumed = await pretrain(config, 'images-broken');
    expect([...paused.losses, ...resumed.losses]).toEqual(unbroken.losses);
    const weights = (name: string) => readFileSync(join(folder, name, 'model.safetensors'));
    expect(weights('images-broken').equals(weights('images-unbroken'))).toBe(true);
    const [plain, smoothed] = [
      await pretrain(imageConfig(settings), 'images-plain', 1),
      await pretrain(imageConfig({ ...settings, label_smoothing_factor: 0.1 }), 'images-smoothed', 1),
    ];
    // The same weights and images: what differs is the loss alone, then the images.
    expect(smoothed.losses[0]).not.toBe(plain.losses[0]);
    expect(unbroken.losses[0]).not.toBe(smoothed.losses[0]);
    expect(readFileSync(join(unbroken.outputDirectory, 'PROVENANCE.md'), 'utf8')).toContain('label smoothing 0.1');
  });
});
