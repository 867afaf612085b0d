import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { TrainableModel } from '../adapters/model/trainable-model.ts';
import type { TrainingHooks } from '../adapters/variant/training-hooks.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import { sumsOfSquares } from '../ops/optimizer/sum-of-squares.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { gradientsOf } from './loss-gradients.ts';
import type { Perturbation } from './perturbations/perturbation.ts';
import type { StateKeeping } from './state-keeping.ts';
import {
  addPass,
  disposeGradients,
  type GradientRequest,
  type GradientSource,
  type Gradients,
  OwnPass,
  type StepGradients,
  variablesOf,
} from './step-gradients.ts';

/** Result of one optimizer step. The loss is the mean over all its labels; norms are before clipping. */
export interface StepReport {
  readonly loss: number;
  readonly gradientNorm: number;
  /** Gradient norm of each variable that had one. */
  readonly gradientNorms: ReadonlyMap<string, number>;
  /** Further measures of a sequence loss, by metric. */
  readonly measures: Readonly<Record<string, number>>;
  /** Milliseconds of waiting for other runs of the pass, and how many it had. */
  readonly waited: number;
  readonly runs: number;
}

/**
 * One optimizer step: forward, backward, accumulation over micro-batches, clipping, update. Variables of inactive groups
 * take no part in it.
 */
export class TrainingStep {
  private readonly model: TrainableModel;
  private readonly optimizer: Optimizer;
  private readonly maxGradientNorm: number;
  private readonly hooks: TrainingHooks;
  private readonly source: GradientSource;
  private readonly perturbation: Perturbation | null;

  /**
   * @param maxGradientNorm 0 switches clipping off.
   * @param keeping how states wait for the backward pass.
   * @param hooks the objective's hooks into loss and gradients.
   * @param source of the gradients, in place of a pass of its own.
   * @param perturbation shift of the weights at which gradients are computed.
   */
  constructor(
    model: TrainableModel,
    optimizer: Optimizer,
    maxGradientNorm: number,
    keeping: StateKeeping = {},
    hooks: TrainingHooks = {},
    source: GradientSource = new OwnPass(model, keeping),
    perturbation: Perturbation | null = null,
  ) {
    this.hooks = hooks;
    this.model = model;
    this.optimizer = optimizer;
    this.maxGradientNorm = maxGradientNorm;
    this.source = source;
    this.perturbation = perturbation;
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
    const made = await this.gradients({ batches, active, mayLend: this.mayBorrow }, step);
    const { loss: taskLoss, gradients, measures, waited, runs } = made;
    try {
      const loss = taskLoss + (await this.addPenalty(active, gradients));
      this.hooks.completeGradients?.(gradients);
      if (!Number.isFinite(loss)) throw notFinite('loss', loss);
      const norms = await gradientNorms(gradients);
      const gradientNorm = Math.hypot(...norms.values());
      if (!Number.isFinite(gradientNorm)) throw notFinite('gradient norm', gradientNorm);
      await this.hooks.transformGradients?.(gradients);
      const gradientScale = this.clipFactor(gradientNorm);
      await this.optimizer.step(gradients, learningRate, gradientScale);
      await this.hooks.afterStep?.({ step, gradients, gradientScale });
      return { loss, gradientNorm, gradientNorms: norms, measures, waited, runs };
    } finally {
      disposeGradients(made);
    }
  }

  /** The gradients of a step, at shifted weights under a perturbation; the loss is then that of the weights themselves, if known. */
  private async gradients(request: GradientRequest, step: number): Promise<StepGradients> {
    const { perturbation, source } = this;
    if (perturbation === null) return source.gradients(request);
    const { batches, active } = request;
    const plain = perturbation.needsGradients ? await source.gradients({ batches, active }) : null;
    let shifts: ReadonlyMap<string, tf.Tensor>;
    try {
      if (plain !== null) this.hooks.completeGradients?.(plain.gradients);
      shifts = await perturbation.shifts(active, plain?.gradients ?? null, step);
    } finally {
      if (plain !== null) disposeGradients(plain);
    }
    const originals = shifted(active, shifts);
    try {
      const made = await source.gradients({ batches, active });
      if (plain === null) return made;
      return { ...made, loss: plain.loss, measures: plain.measures, waited: plain.waited + made.waited };
    } finally {
      for (const [variable, original] of originals) {
        variable.assign(original);
        original.dispose();
      }
    }
  }

  /** True if only norms, and an optimizer that allows it, read the gradients. */
  private get mayBorrow(): boolean {
    const { penalty, completeGradients, transformGradients, afterStep } = this.hooks;
    const isHooked = [penalty, completeGradients, transformGradients, afterStep].some((hook) => hook !== undefined);
    return this.optimizer.mayBorrow === true && !isHooked;
  }

  /** No further step is taken. */
  end(): void {
    this.source.end?.();
  }

  /** Adds the gradients of the penalty, if any; returns its value. */
  private async addPenalty(active: GradientRequest['active'], gradients: Gradients): Promise<number> {
    const { penalty } = this.hooks;
    if (!penalty) return 0;
    const sums = { active, gradients, giveBack: undefined, loss: 0 };
    await addPass([sums], () => gradientsOf(penalty, variablesOf([sums])));
    return sums.loss;
  }

  /** PyTorch's `clip_grad_norm_`: min(1, max / (norm + 1e-6)). */
  private clipFactor(gradientNorm: number): number {
    return this.maxGradientNorm === 0 ? 1 : Math.min(1, this.maxGradientNorm / (gradientNorm + 1e-6));
  }
}

/** Adds the shifts to the variables and disposes them; returns the variables' own values. */
function shifted(
  active: GradientRequest['active'],
  shifts: ReadonlyMap<string, tf.Tensor>,
): ReadonlyMap<tf.Variable, tf.Tensor> {
  const originals = new Map<tf.Variable, tf.Tensor>();
  for (const [name, variable] of active) {
    const shift = shifts.get(name);
    if (shift === undefined) continue;
    originals.set(variable, tf.clone(variable));
    tf.tidy(() => variable.assign(tf.add(variable, shift)));
    shift.dispose();
  }
  return originals;
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
