import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { HiddenStates, ModelInputs } from '../models/base-model.ts';
import { valueAndGradients } from '../ops/autograd/backward.ts';
import { binaryCrossEntropy, squaredError } from '../ops/index.ts';
import { ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';
import { sumsOfSquares } from '../ops/optimizer/sum-of-squares.ts';
import { deviceInputs } from './device-inputs.ts';
import { labelledTokens } from './labelled-tokens.ts';
import { checkpointedLossGradients, type LossGradients, lossGradients } from './loss-gradients.ts';
import type { MicroBatch } from './micro-batch.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import type { TrainableModel } from './trainable-model.ts';
import type { TrainingHooks } from './training-hooks.ts';

/** Result of one optimizer step. The loss is the mean over all its labels; norms are before clipping. */
export interface StepReport {
  readonly loss: number;
  readonly gradientNorm: number;
  /** Gradient norm of each variable that had one. */
  readonly gradientNorms: ReadonlyMap<string, number>;
}

type Gradients = Map<string, tf.Tensor>;

/**
 * One optimizer step: forward, backward, accumulation over micro-batches, clipping, update. Variables of inactive groups
 * take no part in it.
 */
export class TrainingStep {
  private readonly model: TrainableModel;
  private readonly optimizer: Optimizer;
  private readonly maxGradientNorm: number;
  private readonly gradientCheckpointing: boolean;
  private readonly hooks: TrainingHooks;

  /**
   * @param maxGradientNorm 0 switches clipping off.
   * @param gradientCheckpointing less memory and more time for the same result: layers are recomputed in the backward pass.
   * @param hooks the objective's hooks into loss and gradients.
   */
  constructor(
    model: TrainableModel,
    optimizer: Optimizer,
    maxGradientNorm: number,
    gradientCheckpointing = false,
    hooks: TrainingHooks = {},
  ) {
    this.hooks = hooks;
    this.model = model;
    this.optimizer = optimizer;
    this.maxGradientNorm = maxGradientNorm;
    this.gradientCheckpointing = gradientCheckpointing;
  }

  /**
   * @param frozenNames variables of groups that are off in this step.
   * @param step counted from 0; only used by the hooks.
   * @throws StudioError not_finite if the loss or the gradient norm is not finite: nothing was updated then.
   */
  async run(
    batches: readonly MicroBatch[],
    learningRate: number,
    frozenNames: ReadonlySet<string>,
    step = 0,
  ): Promise<StepReport> {
    const active = [...this.model.trainable()].filter(([name]) => !frozenNames.has(name));
    const labelCount = batches.reduce((count, batch) => count + countedLabels(batch), 0);
    const gradients: Gradients = new Map();
    try {
      let loss = 0;
      for (const batch of batches) loss += await this.accumulate(batch, active, labelCount, gradients);
      loss += await this.accumulatePenalty(active, gradients);
      this.hooks.completeGradients?.(gradients);
      if (!Number.isFinite(loss)) throw notFinite('loss', loss);
      const norms = await gradientNorms(gradients);
      const gradientNorm = Math.hypot(...norms.values());
      if (!Number.isFinite(gradientNorm)) throw notFinite('gradient norm', gradientNorm);
      await this.hooks.transformGradients?.(gradients);
      const gradientScale = this.clipFactor(gradientNorm);
      await this.optimizer.step(gradients, learningRate, gradientScale);
      await this.hooks.afterStep?.({ step, gradients, gradientScale });
      return { loss, gradientNorm, gradientNorms: norms };
    } finally {
      for (const gradient of gradients.values()) gradient.dispose();
    }
  }

  /** Adds one micro-batch's share of the gradients of the mean loss over `labelCount` labels; returns its share of the loss. */
  private async accumulate(
    batch: MicroBatch,
    active: readonly (readonly [string, tf.Variable])[],
    labelCount: number,
    gradients: Gradients,
  ): Promise<number> {
    const share = countedLabels(batch) / Math.max(1, labelCount);
    const kept = tf.tidy(() => {
      const inputs = deviceInputs(batch.inputs);
      const { value, gradients: made } = this.differentiate(
        inputs,
        batch,
        share,
        active.map(([, variable]) => variable),
      );
      const sums: tf.NamedTensorMap = { value };
      for (const [name, variable] of active) {
        const gradient = made.get(variable.name);
        if (!gradient) continue;
        const before = gradients.get(name);
        sums[`gradient ${name}`] = before ? tf.add(before, gradient) : gradient;
      }
      return sums;
    });
    return takeSums(kept, active, gradients);
  }

  /** Adds the gradients of the penalty, if any; returns its value. */
  private async accumulatePenalty(
    active: readonly (readonly [string, tf.Variable])[],
    gradients: Gradients,
  ): Promise<number> {
    const { penalty } = this.hooks;
    if (!penalty) return 0;
    const sources = active.map(([, variable]) => variable);
    const kept = tf.tidy(() => {
      const { value, gradients: made } = valueAndGradients(penalty, sources);
      const sums: tf.NamedTensorMap = { value };
      for (const [index, [name]] of active.entries()) {
        const [own, before] = [made[index], gradients.get(name)];
        if (own) sums[`gradient ${name}`] = before ? tf.add(before, own) : own;
      }
      return sums;
    });
    return takeSums(kept, active, gradients);
  }

  private differentiate(
    inputs: ModelInputs,
    batch: MicroBatch,
    share: number,
    variables: readonly tf.Variable[],
  ): LossGradients {
    const lossOf = lossOnBatch(this.model, batch);
    const compute = this.gradientCheckpointing ? checkpointedLossGradients : lossGradients;
    return compute(this.model, inputs, variables, (states) => {
      const loss = lossOf(states);
      return share === 1 ? loss : tf.mul<tf.Scalar>(loss, share);
    });
  }

  /** PyTorch's `clip_grad_norm_`: min(1, max / (norm + 1e-6)). */
  private clipFactor(gradientNorm: number): number {
    return this.maxGradientNorm === 0 ? 1 : Math.min(1, this.maxGradientNorm / (gradientNorm + 1e-6));
  }
}

/** The task's loss of a batch, a mean over its labels, on the last layer's states. To be called within `tf.tidy`. */
export function lossOnBatch(
  model: Pick<TrainableModel, 'loss' | 'head'>,
  { labels, targets }: MicroBatch,
): (states: HiddenStates) => tf.Scalar {
  if (targets === undefined)
    return (states) => {
      const counted = labelledTokens(states, labels);
      return model.loss(counted.states, counted.labels);
    };
  const { kind, values, width } = targets;
  const expected = tf.tensor2d(values, [values.length / width, width]);
  const compute = kind === 'numbers' ? squaredError : binaryCrossEntropy;
  return (states) => compute(model.head(states), expected);
}

/** Number of labels in the mean loss of a batch. */
export function countedLabels({ labels, targets }: MicroBatch): number {
  if (targets !== undefined) return targets.values.length;
  return labels.reduce((count, label) => (label === ignoredLabel ? count : count + 1), 0);
}

/** Euclidean norm of each tensor, read back together. */
export async function gradientNorms(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, number>> {
  if (tensors.size === 0) return new Map();
  const squares = sumsOfSquares([...tensors.values()]);
  try {
    const values = await squares.data();
    return new Map([...tensors.keys()].map((name, index) => [name, Math.sqrt(values[index] ?? Number.NaN)]));
  } finally {
    squares.dispose();
  }
}

export const divergedHint = 'Train again with a lower learning_rate, more warmup_steps or a max_grad_norm above 0.';

function notFinite(what: string, value: number): StudioError {
  return new StudioError(
    'not_finite',
    `The ${what} is ${Number.isNaN(value) ? 'not a number' : 'infinite'}.`,
    divergedHint,
  );
}

/** Replaces the gradients by the kept sums, and reads the value kept with them. */
async function takeSums(
  kept: tf.NamedTensorMap,
  active: readonly (readonly [string, tf.Variable])[],
  gradients: Gradients,
): Promise<number> {
  for (const [name] of active) {
    const sum = kept[`gradient ${name}`];
    if (!sum) continue;
    gradients.get(name)?.dispose();
    gradients.set(name, sum);
  }
  const value = kept['value'];
  if (!value) return Number.NaN;
  try {
    return (await value.data())[0] ?? Number.NaN;
  } finally {
    value.dispose();
  }
}
