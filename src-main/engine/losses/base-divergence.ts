import * as tf from '@tensorflow/tfjs-core';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { gatherRows } from '../ops/index.ts';
import { type HeadProduct, linearDivergence, softmaxDivergence } from '../ops/loss/divergence.ts';
import { countedPlaces } from '../ops/loss/softmax-cross-entropy.ts';
import { deviceInputs } from './batch-inputs.ts';
import type { BatchLoss, LabelLoss, MicroBatch } from './batch-loss.ts';

/** Adds the divergence from the plain base to the losses of tokens: coefficient · KL(base ‖ model), the mean over the learned tokens. */
export class BaseDivergence {
  private readonly model: AdaptedModel;
  private readonly plain: AdaptedModel;
  private readonly coefficient: number;

  constructor(model: AdaptedModel, coefficient: number) {
    this.model = model;
    this.plain = new AdaptedModel(model.base);
    this.coefficient = coefficient;
  }

  /** The batch with the divergence in its loss; a batch without labels of tokens, or a coefficient of 0, leaves it unchanged. */
  added(batch: MicroBatch): MicroBatch {
    return this.coefficient === 0 || !hasLabels(batch.loss)
      ? batch
      : { ...batch, loss: this.withDivergence(batch.loss) };
  }

  private withDivergence({ inForm: _, ...loss }: LabelLoss): LabelLoss {
    return {
      ...loss,
      compute: (model, inputs, measures) => {
        const lossOf = loss.compute(model, inputs, measures);
        const places = countedPlaces(loss.labels);
        if (places.length === 0) return lossOf;
        const indices = tf.tensor1d(places, 'int32');
        const learned = (states: HiddenStates): HiddenStates => {
          return { ...states, hidden: gatherRows(states.hidden, indices), batch: places.length, tokens: 1 };
        };
        // The base runs before the tape begins.
        const reference = this.referenceOf(learned(this.plain.states(deviceInputs(inputs))));
        return (states) => {
          const divergence = this.divergence(learned(states), reference);
          measures?.observe(tf.reshape<tf.Rank.R1>(divergence, [1]), ([value = Number.NaN]) => ({
            kl: { sum: value * places.length, count: places.length },
          }));
          return tf.add<tf.Scalar>(lossOf(states), tf.mul(divergence, this.coefficient));
        };
      },
      // A recorded pass repeats its operations on the inputs of the loss alone.
      prepared: () => null,
      padded: (from, to) => this.withDivergence(loss.padded(from, to)),
    };
  }

  /** The base's head on its own states: in one product where the model's head is the base's too, else as logits. */
  private referenceOf(states: HiddenStates): HeadProduct | tf.Tensor2D {
    const productOn = (runner: AdaptedModel) => runner.base.headProduct?.(states, runner) ?? null;
    return (productOn(this.model) && productOn(this.plain)) ?? this.plain.head(states);
  }

  private divergence(states: HiddenStates, reference: HeadProduct | tf.Tensor2D): tf.Scalar {
    if (reference instanceof tf.Tensor) return softmaxDivergence(this.model.head(states), reference);
    return this.model.onBase(() => {
      const product = this.model.base.headProduct?.(states, this.model) ?? null;
      if (product === null) throw new Error('the head of the model changed within a pass');
      return linearDivergence(product, reference);
    });
  }
}

function hasLabels(loss: BatchLoss): loss is LabelLoss {
  return 'labels' in loss;
}
