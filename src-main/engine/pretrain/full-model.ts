import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import type { TrainableModel } from '../adapters/model/trainable-model.ts';
import { layersFrom } from '../adapters/passes/run-layers.ts';
import { tidyHiddenStates } from '../adapters/passes/tidy-hidden-states.ts';
import { isTaping } from '../compute/tfjs-internals.ts';
import type { BaseModel, HiddenStates, LinearRunner, ModelInputs } from '../models/base-model.ts';
import { trainedLinear } from '../ops/index.ts';
import { gatherRows } from '../ops/indexing/gather-rows.ts';
import type { LinearOptions } from '../ops/linear/linear-options.ts';
import { type LabelForm, labelLossOf, plainForm } from '../ops/loss/label-form.ts';

/** A model trained in full: loaded with `trained`, so that its tensors are variables. */
export class FullModel implements LinearRunner, TrainableModel {
  readonly base: BaseModel;
  readonly headTask = null;
  private readonly variables: ReadonlyMap<string, tf.Variable>;

  /** @param variables by their names in the checkpoint. */
  constructor(base: BaseModel, variables: ReadonlyMap<string, tf.Variable>) {
    this.base = base;
    this.variables = variables;
  }

  get taped(): boolean {
    return isTaping();
  }

  linear(module: LinearModule, x: tf.Tensor2D, options: LinearOptions = {}): tf.Tensor2D {
    const { weight, bias } = this.base.frozenWeight(module);
    return trainedLinear(x, weight, bias, options);
  }

  embedding(module: LinearModule, ids: tf.Tensor1D): tf.Tensor2D {
    return gatherRows(this.base.frozenWeight(module).weight, ids);
  }

  isPlain(): boolean {
    return false;
  }

  inBfloat16(): boolean {
    return false;
  }

  trainable(): ReadonlyMap<string, tf.Variable> {
    return this.variables;
  }

  trainsBelowLayers(): boolean {
    return true;
  }

  lowestActiveLayer(): number {
    return 0;
  }

  embed(inputs: ModelInputs): HiddenStates {
    return tidyHiddenStates(() => this.base.embed(inputs, this));
  }

  forwardBelow(inputs: ModelInputs): HiddenStates {
    return this.embed(inputs);
  }

  layer(index: number, states: HiddenStates): HiddenStates {
    return tidyHiddenStates(() => this.base.layer(index, states, this));
  }

  statesFrom(states: HiddenStates): HiddenStates {
    return tidyHiddenStates(() => layersFrom(this, 0, states));
  }

  loss(states: HiddenStates, labels: tf.Tensor1D, form: LabelForm = plainForm): tf.Scalar {
    return tf.tidy(
      () => this.base.loss?.(states, labels, this, form) ?? labelLossOf(form, this.base.head(states, this), labels),
    );
  }

  head(states: HiddenStates): tf.Tensor2D {
    return tf.tidy(() => this.base.head(states, this));
  }

  /** The task's outputs; the caller disposes them. */
  forward(inputs: ModelInputs): tf.Tensor2D {
    return tf.tidy(() => this.head(this.statesFrom(this.embed(inputs))));
  }

  dropoutState(): null {
    return null;
  }

  replayDropout<Result>(_: readonly number[] | null, run: () => Result): Result {
    return run();
  }
}
