import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterSizes } from '../../../../src-main/engine/adapters/inspect/adapter-memory.ts';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { NativeBackend } from '../../../../src-main/engine/compute/native/backend.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../../src-main/engine/optimizers/adamw.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { TrainingStep } from '../../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { tokenBatch } from '../../batches.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';
import { smallParameters } from '../small-parameters.ts';

/** A tiny Llama in NF4, as Transformers saved it, and the same model in float32. */
const quantized = goldenPath('llama-nf4', 'base');
let decoded = '';

beforeAll(async () => {
  await activateCompute(testCompute);
  decoded = await mkdtemp(join(tmpdir(), 'coto-dequantized-'));
  await cp(quantized, decoded, { recursive: true });
  const weights = await openModelWeights(quantized);
  const tensors = new Map<string, HostTensor>();
  for (const name of weights.names) tensors.set(name, await weights.read(name));
  await weights.close();
  await writeSafetensors(join(decoded, 'model.safetensors'), tensors);
  const { quantization_config: _, ...config } = JSON.parse(await readFile(join(decoded, 'config.json'), 'utf8'));
  await writeFile(join(decoded, 'config.json'), JSON.stringify(config));
});
afterAll(() => rm(decoded, { recursive: true, force: true }));

const ids = Int32Array.from({ length: 48 }, (_, at) => 3 + ((at * 13) % 60));
const labels = Int32Array.from(ids, (_, at) => ids[at + 1] ?? -100);
const batch = tokenBatch({ input_ids: { shape: [2, 24], data: ids } }, labels);

/** A fresh adapter's tensors, losses of three steps with a layer off in one of them, and the logits then, beside and merged. */
async function trained(directory: string, variant: string, parameters: ParameterValues) {
  const base = await loadBaseModel(directory);
  const model = new AdaptedModel(base);
  const settings = adapterSettingsSchema.parse({ variant, target_modules: 'all-linear', parameters });
  await model.createAdapter(settings, { random: RandomStream.seeded(42, 'initialization'), labels: null });
  const fresh = await model.exportState();
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  model.setTraining(true);
  const groups = model.groups('layer');
  const measured: number[] = [];
  for (const mask of [null, Uint8Array.of(0, 1), null]) {
    model.setActive(groups, mask);
    const frozen = new Set(groups.flatMap(({ variableNames }, at) => (mask?.[at] === 0 ? variableNames : [])));
    const { loss, gradientNorm } = await step.run([batch], 1e-3, frozen);
    measured.push(loss, gradientNorm);
  }
  model.setTraining(false);
  const given = tensorsOf(new Map([['input_ids', { shape: [2, 24], data: ids }]]));
  const logits = () => tf.tidy(() => Float32Array.from(model.forward(given).dataSync()));
  const beside = logits();
  await model.mergeIntoBase();
  const merged = logits();
  tf.dispose(given);
  optimizer.dispose();
  model.dispose();
  base.dispose();
  return { fresh, measured, beside, merged };
}

const initializations = ['pissa', 'olora'].map((init_lora_weights) => ({
  name: `lora by ${init_lora_weights}`,
  variant: 'lora',
  parameters: { r: 4, init_lora_weights },
}));
const cases = [
  ...adapterVariants.map(({ declaration }) => ({
    name: declaration.id,
    variant: declaration.id,
    parameters: smallParameters(declaration),
  })),
  ...initializations,
];

describe.each(cases)('$name on a quantized base', ({ variant, parameters }) => {
  it('starts, trains with CoTo and merges as on the same base in float32', async () => {
    const plain = await trained(decoded, variant, parameters);
    const own = await trained(quantized, variant, parameters);
    for (const [name, { tensors }] of plain.fresh.modules)
      for (const [part, { data }] of tensors)
        expect(relativeDifference(own.fresh.modules.get(name)?.tensors.get(part)?.data ?? [], data)).toBeLessThan(1e-4);
    expect(relativeDifference(own.measured, plain.measured)).toBeLessThan(1e-4);
    expect(relativeDifference(own.beside, plain.beside)).toBeLessThan(1e-4);
    expect(relativeDifference(own.merged, plain.merged)).toBeLessThan(1e-4);
    expect(relativeDifference(own.merged, own.beside)).toBeLessThan(1e-4);
  });
});

it.skipIf(testCompute !== 'native')(
  'takes what a start takes off an encoded weight off its product, not into a float32 weight',
  async () => {
    const bytes = () => {
      const backend = tf.backend();
      if (!(backend instanceof NativeBackend)) throw new Error('another backend is active');
      return backend.nativeMemory().liveBytes;
    };
    const base = await loadBaseModel(quantized);
    const sizeOf = async (parameters: ParameterValues) => {
      const model = new AdaptedModel(base);
      const settings = adapterSettingsSchema.parse({
        target_modules: 'all-linear',
        parameters: { r: 2, ...parameters },
      });
      const before = bytes();
      await model.createAdapter(settings, { random: RandomStream.seeded(42, 'initialization'), labels: null });
      const size = bytes() - before;
      const targets = base.description.linears.filter(({ name }) =>
        model.adaptedModules().some((one) => one.module.name === name),
      );
      const { variant, parameters: all } = await model.exportState();
      model.dispose();
      return { size, estimated: adapterSizes(variant, all, targets, 0, true) };
    };
    const [plain, residual] = [await sizeOf({}), await sizeOf({ init_lora_weights: 'pissa' })];
    // A second pair of factors, where the tiny model's weights in float32 would be several times as large.
    expect(residual.size).toBe(2 * plain.size);
    const sum = ({ trained, fixed }: { trained: number[]; fixed: number[] }) =>
      [...trained, ...fixed].reduce((total, count) => total + count, 0);
    expect(sum(residual.estimated)).toBe(2 * sum(plain.estimated));
    base.dispose();
  },
);
