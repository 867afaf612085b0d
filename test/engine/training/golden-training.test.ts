import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { learningRateSchedules } from '../../../src-main/engine/learning-rate/index.ts';
import type { MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { optimizerOf } from '../../../src-main/engine/training/training-loop.ts';
import { trainingPlan } from '../../../src-main/engine/training/training-plan.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { classBatch, tokenBatch } from '../batches.ts';
import { attendedValues, floats, goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { isSupported } from '../supported-adapters.ts';
import { testCompute } from '../test-compute.ts';

const trajectorySchema = z.looseObject({
  optimizer: z.string(),
  learning_rate: z.number(),
  betas: z.tuple([z.number(), z.number()]),
  eps: z.number(),
  weight_decay: z.number(),
  warmup_steps: z.number(),
  steps: z.number(),
  max_grad_norm: z.number(),
  learning_rates: z.array(z.number()),
  loss: z.array(z.number()),
  grad_norm_before_clipping: z.array(z.number()),
  active_layers: z.array(z.array(z.number())).nullable(),
});

beforeAll(async () => {
  await activateCompute(testCompute);
});

/** The variants by the optimizers that made the trajectories; others need an optimizer that there is not. */
const variantsOfOptimizers = [
  { optimizer: 'torch.optim.AdamW, one group with every trained parameter', variant: null },
  { optimizer: 'peft create_loraplus_optimizer on torch.optim.AdamW', variant: 'lora-plus' },
  { optimizer: 'peft create_lorafa_optimizer, float32 throughout', variant: 'lora-fa' },
  {
    optimizer:
      "torch.optim.AdamW, then update_and_allocate(step) with step from 0; the loss contains AdaLoRA's orthogonality term",
    variant: null,
  },
];
const ofOptimizer = (made: string) => variantsOfOptimizers.find(({ optimizer }) => optimizer === made);

/** PyTorch's runs of `<family>/train/<variant>`, taken here over the same batches, masks and settings: of every variant there is. */
const runs = ['vit', 'llama', 'llama-nf4', 'bert', 'clip-zero-shot'].flatMap((family) =>
  readdirSync(goldenPath(family, 'train')).flatMap((variant) => {
    const folder = goldenPath(family, 'train', variant);
    if (!isSupported(join(folder, 'start'))) return [];
    return ofOptimizer(readTrajectory(folder).optimizer) ? [{ family, variant }] : [];
  }),
);
it('finds the runs', () => expect(runs.length).toBeGreaterThanOrEqual(35));

describe.each(runs)('$family/train/$variant', ({ family, variant }) => {
  it('has the losses, gradient norms, final tensors and final outputs of PyTorch', async () => {
    const folder = goldenPath(family, 'train', variant);
    const trajectory = readTrajectory(folder);
    const batches = await readSafetensors(goldenPath(family, 'train', 'batches.safetensors'));
    const base = await loadBaseModel(goldenPath(family, 'base'));
    const model = new AdaptedModel(base);
    model.loadState(asTrained(await readAdapter(`${folder}/start`, base.description), trajectory));
    const settings = {
      ...runConfigSchema.parse({}),
      learning_rate: trajectory.learning_rate,
      adam_beta1: trajectory.betas[0],
      adam_beta2: trajectory.betas[1],
      adam_epsilon: trajectory.eps,
      weight_decay: trajectory.weight_decay,
    };
    const hooks = model.trainingHooks(trainingPlan(settings, trajectory.steps));
    const optimizer = optimizerOf(settings, model.trainable(), hooks);
    const training = new TrainingStep(model, optimizer, trajectory.max_grad_norm, {}, hooks);
    const groups = model.groups('layer');
    const tensorsBefore: number[] = [];
    let largest = 0;

    for (let step = 0; step < trajectory.steps; step++) {
      const length = { warmupSteps: trajectory.warmup_steps, totalSteps: trajectory.steps };
      const learningRate = trajectory.learning_rate * learningRateSchedules.cosine.factor(step, length);
      expect(Math.abs(learningRate - (trajectory.learning_rates[step] ?? Number.NaN))).toBeLessThan(1e-9);
      const mask = trajectory.active_layers?.[step] ?? null;
      model.setActive(groups, mask ? Uint8Array.from(mask) : null);
      const frozen = new Set(groups.flatMap((group, index) => (mask?.[index] === 0 ? group.variableNames : [])));
      const report = await training.run([batchOf(batches, step)], learningRate, frozen, step);
      const deviations = [
        Math.abs(report.loss / (trajectory.loss[step] ?? Number.NaN) - 1),
        Math.abs(report.gradientNorm / (trajectory.grad_norm_before_clipping[step] ?? Number.NaN) - 1),
      ];
      for (const deviation of deviations) expect(deviation).toBeLessThan(1e-4);
      largest = Math.max(largest, ...deviations);
      tensorsBefore.push(tf.memory().numTensors);
    }

    if (process.env['COTO_GOLDEN_REPORT'])
      process.stdout.write(`GOLDEN ${family} train/${variant} ${largest.toExponential(1)}\n`);

    const end = await readAdapter(`${folder}/end`, base.description);
    const held = await model.exportState();
    const ours = hooks.exported?.(held) ?? held;
    expect(ours.config['rank_pattern']).toEqual(end.config['rank_pattern']);
    for (const [name, factors] of end.modules) {
      const own = ours.modules.get(name);
      for (const [part, tensor] of factors.tensors)
        expect(largestDifference(own?.tensors.get(part)?.data, tensor.data), `${name} ${part}`).toBeLessThan(1e-3);
    }
    for (const [name, tensor] of end.saved)
      expect(largestDifference(ours.saved.get(name)?.data, tensor.data)).toBeLessThan(1e-3);

    model.setActive(groups, null);
    const inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
    const logits = (await readSafetensors(`${folder}/end/expected.safetensors`)).get('logits');
    if (!logits) throw new Error('the golden file lacks the logits');
    const difference = () => {
      const actual = tf.tidy(() => model.forward(tensorsOf(inputs)).dataSync());
      return relativeDifference(...attendedValues(actual, logits, inputs.get('attention_mask')));
    };
    // The adapters agree to 1e-3; so do the logits made with them.
    expect(difference()).toBeLessThan(1e-3);

    // Moments are made at a variable's first gradient; once all are there the number of tensors stays.
    expect(tensorsBefore.at(-1)).toBe(tensorsBefore.at(-2));
    hooks.dispose?.();
    optimizer.dispose();

    model.loadState(end);
    expect(difference(), "PyTorch's adapter").toBeLessThan(1e-4);
    await model.mergeIntoBase();
    expect(difference(), "PyTorch's adapter, merged").toBeLessThan(1e-4);
    model.dispose();
    base.dispose();
  });
});

function readTrajectory(folder: string) {
  return trajectorySchema.parse(JSON.parse(readFileSync(join(folder, 'trajectory.json'), 'utf8')));
}

/** The adapter of a folder as the variant that the trajectory's optimizer trains: a folder does not say it. */
function asTrained(state: AdapterState, { optimizer, ...others }: z.infer<typeof trajectorySchema>): AdapterState {
  const id = ofOptimizer(optimizer)?.variant;
  if (id == null) return state;
  const variant = adapterVariant(id);
  const declared = variant.declaration.parameters.map((spec) => [spec.name, others[spec.name] ?? spec.default]);
  return {
    ...state,
    variant,
    parameters: parameterValuesSchema.parse({ ...Object.fromEntries(declared), ...state.parameters }),
  };
}

/** A language model's labels stand beside its tokens: each is asked for after the token before it. */
function batchOf(batches: ReadonlyMap<string, HostTensor>, step: number): MicroBatch {
  const inputs: Record<string, MicroBatch['inputs'][string]> = {};
  for (const [name, tensor] of batches) {
    const [of, key = ''] = name.split('.');
    if (Number(of) === step && key !== 'labels')
      inputs[key] = {
        shape: tensor.shape,
        data: key === 'pixel_values' ? floats(tensor) : Int32Array.from(tensor.data),
      };
  }
  const labels = batches.get(`${step}.labels`);
  if (!labels) throw new Error(`no batch ${step}`);
  const tokens = labels.shape[1];
  const data = Int32Array.from(labels.data);
  if (tokens === undefined) return classBatch(inputs, data);
  const next = data.map((_, at) => ((at + 1) % tokens === 0 ? -100 : (data[at + 1] ?? -100)));
  return tokenBatch(inputs, next);
}

function largestDifference(left: ArrayLike<number> | undefined, right: ArrayLike<number>): number {
  if (!left || left.length !== right.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < right.length; index++)
    largest = Math.max(largest, Math.abs((left[index] ?? Number.NaN) - (right[index] ?? Number.NaN)));
  return largest;
}
