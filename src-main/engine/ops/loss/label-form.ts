import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, input, type OperationAttributes, only2D, onlyScalar } from '../autograd/operation.ts';
import { smoothedCrossEntropy, smoothedCrossEntropyGradient } from './smoothed-cross-entropy.ts';
import { rowLosses, softmaxCrossEntropy, softmaxCrossEntropyGradient } from './softmax-cross-entropy.ts';

/** Form of the loss of labels: cross-entropy, smoothed cross-entropy or Dynamic Fine-Tuning. */
export type LabelForm =
  | { readonly kind: 'plain' }
  | { readonly kind: 'dft' }
  | { readonly kind: 'smoothed'; readonly smoothing: number };

export const plainForm: LabelForm = { kind: 'plain' };

/** Cross-entropy with labels smoothed by `smoothing`; 0: the plain one. */
export function smoothedForm(smoothing: number): LabelForm {
  return smoothing === 0 ? plainForm : { kind: 'smoothed', smoothing };
}

/** Loss of logits [rows, classes] by labels [rows] int32 (−100 ignored) in this form; the gradient goes to the logits. */
export function labelLossOf(form: LabelForm, logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  if (form.kind === 'dft') return dftCrossEntropy(logits, labels);
  return form.kind === 'smoothed'
    ? smoothedCrossEntropy(logits, labels, form.smoothing)
    : softmaxCrossEntropy(logits, labels);
}

/** Gradient of the logits for the gradient `dy` of the loss, a scalar. */
export function labelSlopesOf(form: LabelForm, logits: tf.Tensor2D, labels: tf.Tensor, dy: tf.Tensor): tf.Tensor2D {
  if (form.kind === 'dft') return dftCrossEntropyGradient(logits, labels, dy);
  return form.kind === 'smoothed'
    ? smoothedCrossEntropyGradient(logits, labels, dy, form.smoothing)
    : softmaxCrossEntropyGradient(logits, labels, dy);
}

/** Form as attributes of an operation; none for the plain one. */
export function formAttributes(form: LabelForm): OperationAttributes {
  if (form.kind === 'plain') return {};
  return form.kind === 'dft' ? { dft: 1 } : { smoothing: form.smoothing };
}

/** Form that such attributes stand for. */
export function formOfAttributes({ dft, smoothing }: OperationAttributes): LabelForm {
  if (dft !== undefined) return { kind: 'dft' };
  return smoothing === undefined ? plainForm : { kind: 'smoothed', smoothing };
}

const dftGradient = defineOperation({
  name: 'CotoDftCrossEntropyGradient',
  compose: (inputs) => {
    const [logits, labels] = [as2D(input(inputs, 'logits')), input(inputs, 'labels')];
    const probabilities = tf.exp(tf.neg(rowLosses(logits, labels).losses));
    const slopes = softmaxCrossEntropyGradient(logits, labels, input(inputs, 'dy'));
    return tf.mul(slopes, tf.reshape(probabilities, [-1, 1]));
  },
});

const dftOperation = defineOperation({
  name: 'CotoDftCrossEntropy',
  compose: (inputs) => {
    const { losses, weights } = rowLosses(as2D(input(inputs, 'logits')), input(inputs, 'labels'));
    return tf.div(tf.sum(tf.mul(losses, tf.exp(tf.neg(losses)))), tf.maximum(tf.sum(weights), 1));
  },
  saved: { inputs: ['logits', 'labels'] },
  gradients: (dy, saved) => ({
    logits: () => dftCrossEntropyGradient(input(saved, 'logits'), input(saved, 'labels'), dy),
  }),
});

/**
 * Loss of Dynamic Fine-Tuning (Wu et al. 2025, arXiv 2508.05629, equation 9; TRL's `loss_type: dft`): the mean over the rows whose
 * label is not −100 of −p · log p, where p is the probability of the label and the factor p has no gradient. logits [rows, classes],
 * labels [rows] int32; a scalar, whose gradient goes to the logits.
 */
function dftCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return onlyScalar(dftOperation({ logits, labels }));
}

/** Gradient of the logits for the gradient `dy` of the loss, a scalar. */
function dftCrossEntropyGradient(logits: tf.Tensor, labels: tf.Tensor, dy: tf.Tensor): tf.Tensor2D {
  return only2D(dftGradient({ logits, labels, dy }));
}
