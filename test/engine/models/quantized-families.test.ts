import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { BatchInputs } from '../../../src-main/engine/losses/batch-inputs.ts';
import type { MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import { vectorLoss } from '../../../src-main/engine/losses/batch-loss.ts';
import { modelFamilies } from '../../../src-main/engine/models/families.ts';
import { describeOpened, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { planQuantization, quantizeModel } from '../../../src-main/engine/models/huggingface/quantize-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { squaredError } from '../../../src-main/engine/ops/index.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { Quantization } from '../../../src-shared/domain/models/quantization.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { classBatch, tokenBatch } from '../batches.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { resizedConfig, writeFreshModel } from './fresh-model.ts';

const types = ['nf4', 'int8', 'Q8_0', 'Q4_0'] as const satisfies readonly Quantization[];

/** Sizes whose rows are whole blocks of every type. */
const sizes = {
  ...{ hidden_size: 64, n_embd: 64, d_model: 64, dim: 64, embedding_size: 64, word_embed_proj_dim: 64 },
  ...{ intermediate_size: 128, n_inner: 128, d_ff: 128, hidden_dim: 128, ffn_dim: 128, moe_intermediate_size: 64 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, d_kv: 16, projection_dim: 64 },
  ...{ pooler_hidden_size: 64, linear_key_head_dim: 16, linear_value_head_dim: 16, mlp_ratio: 2, layerscale_value: 1 },
};

const id2label = { 0: 'first', 1: 'second', 2: 'third' };
const configSchema = z.looseObject({ model_type: z.string(), num_hidden_layers: z.number().optional() });
const bases = readdirSync(goldenPath())
  .filter((name) => existsSync(goldenPath(name, 'base', 'config.json')))
  .sort((one, other) => one.length - other.length)
  .map((golden) => ({
    golden,
    modelType: configSchema.parse(JSON.parse(readFileSync(goldenPath(golden, 'base', 'config.json'), 'utf8')))
      .model_type,
  }));

/** Every family of the list with a golden folder whose config it reads. */
const families = modelFamilies.map(({ modelType }) => ({
  modelType,
  golden: bases.find((base) => base.modelType === (modelType === 'xlm-roberta' ? 'roberta' : modelType))?.golden ?? '',
}));
const cases = [...families, { modelType: 'gemma3_text', golden: 'embedding-gemma' }];

const scratch = mkdtempSync(join(tmpdir(), 'coto-quantized-families-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('finds a config of every family', () => {
  expect(families.filter(({ golden }) => golden === '')).toEqual([]);
});

describe.each(cases)('$golden as $modelType', ({ modelType, golden }) => {
  const source = join(scratch, `${golden}-${modelType}`);
  beforeAll(async () => {
    mkdirSync(source);
    await writeFreshModel(source, { ...resizedConfig(golden, sizes).value, model_type: modelType, id2label });
  });

  it('computes, trains and merges on quantized matrices as on their values in float32', async () => {
    const config = await readConfig(source);
    const weights = await openModelWeights(source);
    const description = await describeOpened(config, weights);
    const offered = planQuantization(description, weights).choices.map(({ type }) => type);
    expect(offered).toEqual(expect.arrayContaining(['Q8_0', 'Q4_0']));
    for (const type of types) {
      if (!offered.includes(type)) continue;
      const folder = join(source, type);
      mkdirSync(folder);
      const from = { name: golden, fingerprint: description.fingerprint };
      await quantizeModel({ config, weights, description }, type, from, folder, async () => undefined);
      const decoded = await decodedCopy(folder);
      const [own, plain] = [await trained(folder), await trained(decoded)];
      expect(relativeDifference(own.untrained, plain.untrained), `${type}: outputs`).toBeLessThan(1e-4);
      expect(relativeDifference(own.measured, plain.measured), `${type}: loss and norm of the gradient`).toBeLessThan(
        1e-4,
      );
      expect(relativeDifference(own.beside, own.untrained), `${type}: change by the step`).toBeGreaterThan(1e-4);
      expect(relativeDifference(own.beside, plain.beside), `${type}: outputs after the step`).toBeLessThan(1e-4);
      expect(relativeDifference(own.merged, own.beside), `${type}: merged`).toBeLessThan(1e-4);
    }
    await weights.close();
  });
});

/** Writes the values of a quantized base in float32 beside it. */
async function decodedCopy(folder: string): Promise<string> {
  const decoded = `${folder}-decoded`;
  mkdirSync(decoded);
  const weights = await openModelWeights(folder);
  const tensors = new Map<string, HostTensor>();
  for (const name of weights.names) tensors.set(name, await weights.read(name));
  await weights.close();
  await writeSafetensors(join(decoded, 'model.safetensors'), tensors);
  const { quantization_config: _, ...config } = configSchema.parse((await readConfig(folder)).value);
  writeFileSync(join(decoded, 'config.json'), JSON.stringify(config));
  return decoded;
}

/** Outputs of a base, what a step of LoRA measures on it, and the outputs then, beside and merged. */
async function trained(directory: string) {
  const base = await loadBaseModel(directory);
  const model = new AdaptedModel(base);
  const { inputs, batch } = workOf(base.description);
  const given = tensorsOf(new Map(Object.entries(inputs)));
  const outputs = () => {
    const all = model.outputs(given);
    const values = Object.values(all).flatMap((tensor) => [...tensor.dataSync()]);
    tf.dispose(all);
    return values;
  };
  const untrained = outputs();
  const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear', parameters: { r: 2 } });
  await model.createAdapter(settings, { random: RandomStream.seeded(42, 'initialization'), labels: null });
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-2, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  model.setTraining(true);
  const { loss, gradientNorm } = await step.run([batch], 1e-2, new Set());
  model.setTraining(false);
  const beside = outputs();
  await model.mergeIntoBase();
  const merged = outputs();
  tf.dispose(given);
  optimizer.dispose();
  model.dispose();
  base.dispose();
  return { untrained, measured: [loss, gradientNorm], beside, merged };
}

const [rows, tokens] = [2, 12];

/** Inputs for the outputs of a model, and a batch of its task. */
function workOf({ kind, image, text }: ModelDescription): { inputs: BatchInputs; batch: MicroBatch } {
  const labels = Int32Array.from({ length: rows }, (_, at) => at);
  const ids = (...shape: number[]) => ({
    shape,
    data: Int32Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, at) => 3 + ((at * 13) % 50)),
  });
  const pixels = image && [rows, image.channels, image.height, image.width];
  const data = (shape: readonly number[]) =>
    Float32Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, at) => Math.sin(at));
  const images = pixels ? { pixel_values: { shape: pixels, data: data(pixels) } } : {};
  const texts = text ? { input_ids: ids(rows, tokens) } : {};
  const inputs = { ...images, ...texts };
  const tokenLabels = ids(rows, tokens).data;
  const of = (batch: MicroBatch) => ({ inputs: batch.inputs, batch });
  switch (kind) {
    case 'causal-lm':
      return of(tokenBatch(inputs, tokenLabels));
    case 'seq2seq-lm':
      return of(tokenBatch({ ...inputs, decoder_input_ids: ids(rows, tokens) }, tokenLabels));
    case 'embedding': {
      // A model of images and texts compares each image with every class, which has several texts.
      if (image) return { inputs, batch: classBatch({ ...images, input_ids: ids(rows, 2, tokens) }, labels) };
      return of({ inputs, examples: rows, loss: vectorLoss(rows, { mode: 'mean', dense: [] }, squareLoss) });
    }
    default:
      return of(classBatch(inputs, labels));
  }
}

/** Mean square of the differences of the vectors to 1. */
function squareLoss(vectors: tf.Tensor2D): tf.Scalar {
  return squaredError(vectors, tf.ones<tf.Rank.R2>(vectors.shape));
}
