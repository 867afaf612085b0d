import * as tf from '@tensorflow/tfjs-core';
import type { TrainableModel } from '../adapters/model/trainable-model.ts';
import { passRecorder } from '../compute/active-recorder.ts';
import { deviceInputs } from '../losses/batch-inputs.ts';
import { type BatchLoss, LossMeasures, type LossModel, type MicroBatch } from '../losses/batch-loss.ts';
import { type LossGradients, passGradients } from './loss-gradients.ts';
import { recordedPass } from './recorded-pass.ts';
import type { StateKeeping } from './state-keeping.ts';

/** Gradients by the variables' names in the model. */
export type Gradients = Map<string, tf.Tensor>;

/** Request of one optimizer step: its micro-batches, and its trained variables by their names in the model. */
export interface GradientRequest {
  readonly batches: readonly MicroBatch[];
  readonly active: readonly (readonly [string, tf.Variable])[];
  /** Nobody reads the gradients but norms and optimizer, nor replaces them: they may be lent. Default no. */
  readonly mayLend?: boolean;
}

/** Mean loss over all labels of a step, and its gradients; when they are used no more, the caller calls `disposeGradients`. */
export interface StepGradients {
  readonly loss: number;
  readonly gradients: Gradients;
  /** Same as in `PassResult`. */
  readonly giveBack?: (() => void) | undefined;
  /** Further measures of a sequence loss: means over the examples of the step, by metric. */
  readonly measures: Readonly<Record<string, number>>;
  /** Milliseconds from the request until its pass began: waiting for other runs. */
  readonly waited: number;
  /** Runs whose gradients the pass computed. */
  readonly runs: number;
}

/** Source of a step's gradients: a pass of the run's own, or one shared with others. */
export interface GradientSource {
  gradients(request: GradientRequest): Promise<StepGradients>;
  /** The run takes no further step. */
  end?(): void;
}

/** Forward and backward passes over one model. */
export class OwnPass implements GradientSource {
  private readonly model: TrainableModel;
  private readonly keeping: StateKeeping;

  constructor(model: TrainableModel, keeping: StateKeeping = {}) {
    this.model = model;
    this.keeping = keeping;
  }

  async gradients({ batches, active, mayLend = false }: GradientRequest): Promise<StepGradients> {
    const sums = emptySums({ active });
    const labels = labelCount(batches);
    try {
      for (const batch of batches)
        await addPass([sums], () => {
          const share = shareOf(batch, labels);
          const recorded = recordedPass(
            this,
            this.keeping,
            this.model,
            variablesOf([sums]),
            batch,
            share,
            mayLend && batches.length === 1,
          );
          if (recorded !== null) return recorded;
          const lossOf = sharedLoss(this.model, batch, labels, sums.measures);
          return passGradients(this.keeping, this.model, deviceInputs(batch.inputs), variablesOf([sums]), lossOf);
        });
      return { ...(await taken(sums)), waited: 0, runs: 1 };
    } catch (thrown) {
      disposeSums(sums);
      throw thrown;
    }
  }

  end(): void {
    passRecorder()?.release(this);
  }
}

/** A run's sums over the micro-batches of a step. */
export interface GradientSums {
  readonly active: GradientRequest['active'];
  readonly gradients: Gradients;
  readonly measures: LossMeasures;
  giveBack: (() => void) | undefined;
  loss: number;
}

export function emptySums({ active }: Pick<GradientRequest, 'active'>): GradientSums {
  return { active, gradients: new Map(), measures: new LossMeasures(), giveBack: undefined, loss: 0 };
}

export async function taken({
  active,
  loss,
  gradients,
  giveBack,
  measures,
}: GradientSums): Promise<Pick<StepGradients, 'loss' | 'gradients' | 'giveBack' | 'measures'>> {
  if (giveBack === undefined) fillIdleExperts(active, gradients);
  return { loss, gradients, giveBack, measures: await measures.take() };
}

/**
 * Gives zeros to the factors of experts that no token of the step reached: in PEFT they are a part of a parameter that has a
 * gradient, so that their moments decay and their weights move on.
 */
function fillIdleExperts(active: GradientRequest['active'], gradients: Gradients): void {
  const parameterOf = (name: string) => name.replace(/\.experts\.\d+\./, '.experts.');
  const reached = new Set([...gradients.keys()].filter((name) => parameterOf(name) !== name).map(parameterOf));
  for (const [name, variable] of active)
    if (!gradients.has(name) && reached.has(parameterOf(name))) gradients.set(name, tf.keep(tf.zeros(variable.shape)));
}

export function disposeSums(sums: GradientSums): void {
  disposeGradients(sums);
  sums.measures.dispose();
}

/** Disposes of gradients, or gives them back where they are lent. */
export function disposeGradients({ gradients, giveBack }: Pick<StepGradients, 'gradients' | 'giveBack'>): void {
  if (giveBack) giveBack();
  else tf.dispose([...gradients.values()]);
}

export function variablesOf(runs: readonly Pick<GradientSums, 'active'>[]): tf.Variable[] {
  return runs.flatMap(({ active }) => active.map(([, variable]) => variable));
}

/** Labels of all micro-batches of a step. */
export function labelCount(batches: readonly MicroBatch[]): number {
  return batches.reduce((count, batch) => count + batch.loss.counted(), 0);
}

/** The share of a micro-batch in the mean loss over `labels` labels. */
function shareOf(batch: MicroBatch, labels: number): number {
  return batch.loss.counted() / Math.max(1, labels);
}

/** The part that a micro-batch has in the mean loss over `labels` labels. To be called within `tf.tidy`. */
export function sharedLoss(
  model: LossModel,
  batch: MicroBatch,
  labels: number,
  measures: LossMeasures,
): ReturnType<BatchLoss['compute']> {
  const lossOf = batch.loss.compute(model, batch.inputs, measures);
  const share = shareOf(batch, labels);
  return share === 1 ? lossOf : (states) => tf.mul<tf.Scalar>(lossOf(states), share);
}

/**
 * Adds the gradients of one forward and backward pass to the sums of its runs, and to their losses the values [runs] (of a
 * single run a scalar). No variable belongs to two runs.
 */
export async function addPass(
  runs: readonly Omit<GradientSums, 'measures'>[],
  differentiate: () => LossGradients,
): Promise<void> {
  const kept = tf.tidy(() => {
    const { value, gradients: made, giveBack } = differentiate();
    const sums: tf.NamedTensorMap = { value };
    if (giveBack !== undefined) {
      for (const run of runs) borrow(run, made, giveBack);
      return sums;
    }
    runs.forEach(({ active, gradients }, run) => {
      for (const [name, variable] of active) {
        const gradient = made.get(variable.name);
        if (!gradient) continue;
        const before = gradients.get(name);
        sums[`${run} ${name}`] = before ? tf.add(before, gradient) : gradient;
      }
    });
    return sums;
  });
  runs.forEach(({ active, gradients, giveBack }, run) => {
    if (giveBack !== undefined) return;
    for (const [name] of active) replace(gradients, name, kept[`${run} ${name}`]);
  });
  const { value } = kept;
  if (value === undefined) throw new Error('a pass gave no loss');
  try {
    const losses = await value.data();
    runs.forEach((run, index) => {
      run.loss += losses[index] ?? Number.NaN;
    });
  } finally {
    value.dispose();
  }
}

function borrow(run: Omit<GradientSums, 'measures'>, lent: ReadonlyMap<string, tf.Tensor>, giveBack: () => void): void {
  run.giveBack = giveBack;
  for (const [name, variable] of run.active) {
    const gradient = lent.get(variable.name);
    if (gradient !== undefined) run.gradients.set(name, gradient);
  }
}

function replace(gradients: Gradients, name: string, sum: tf.Tensor | undefined): void {
  if (sum === undefined) return;
  gradients.get(name)?.dispose();
  gradients.set(name, sum);
}
