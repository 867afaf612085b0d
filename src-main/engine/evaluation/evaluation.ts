import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { EvaluationResult } from '../../../src-shared/domain/evaluation.ts';
import type { AdaptedModel } from '../adapters/adapted-model.ts';
import { scoreOutcome } from '../metrics/index.ts';
import { deviceInputs } from '../training/device-inputs.ts';
import type { MicroBatch } from '../training/micro-batch.ts';
import { examplesIn } from '../training/stack-batches.ts';

/** Outputs of a model, row-major [examples, classCount], and the true labels. */
export interface ClassificationLogits {
  readonly kind: 'classes';
  /** Log-likelihoods in nats of answers (a row with fewer is filled with −∞), or the outputs of a head. */
  readonly scale?: 'log-likelihoods';
  readonly logits: Float32Array;
  readonly labels: Int32Array;
  readonly classCount: number;
}

/** Accuracy in [0, 1], mean cross-entropy in nats, counts[actual][predicted], and all classification metrics. */
export type ClassificationScore = Pick<EvaluationResult, 'accuracy' | 'loss' | 'confusion' | 'metrics'>;

/** Progress and cancellation of what an evaluation does step by step. */
export interface EvaluationSteps {
  onProgress?(done: number, total: number): void | Promise<void>;
  /** Polled between steps; true ends the evaluation with StudioError cancelled. */
  cancelled?(): Promise<boolean>;
}

export interface EvaluationOptions extends EvaluationSteps {
  readonly batchSize: number;
  /** Progress of the texts that all examples are compared with, before the first example. */
  onTexts?(done: number, total: number): void;
}

export interface ClassificationOptions extends EvaluationOptions {
  /** Number of classes of the dataset, which must match the model's head. */
  readonly labelCount: number;
}

/** One batch of examples, by their indices. */
export type LoadBatch = (indices: Int32Array) => Promise<MicroBatch>;

/**
 * The logits of the examples `indices`, in their order.
 * @throws StudioError refused if head and data differ in the number of classes, invalid_input without examples or
 * with a label out of range, not_finite if the model returns NaN, cancelled.
 */
export async function classificationLogits(
  model: AdaptedModel,
  load: LoadBatch,
  indices: Int32Array,
  options: ClassificationOptions,
): Promise<ClassificationLogits> {
  const labels = new Int32Array(indices.length);
  const logits = await headOutputs(
    model,
    async (some, start) => {
      const batch = await load(some);
      labels.set(batch.labels, start);
      return batch;
    },
    indices,
    { ...options, width: options.labelCount },
  );
  checkLabels(labels, options.labelCount);
  return { kind: 'classes', logits, labels, classCount: options.labelCount };
}

/**
 * Outputs of the head for the examples `indices`, [examples, width] in their order. The caller must switch dropout off.
 * @throws StudioError refused if the head has another number of outputs, invalid_input without examples, not_finite
 * if the model returns NaN, cancelled.
 */
export async function headOutputs(
  model: AdaptedModel,
  load: (indices: Int32Array, start: number) => Promise<MicroBatch>,
  indices: Int32Array,
  options: EvaluationOptions & { readonly width: number },
): Promise<Float32Array> {
  const { batchSize, width } = options;
  refuseNoExamples(indices.length);
  const outputs = new Float32Array(indices.length * width);
  for (let start = 0; start < indices.length; start += batchSize) {
    await refuseCancelled(options);
    const batch = await load(indices.subarray(start, start + batchSize), start);
    outputs.set(await outputsOfBatch(model, batch, width), start * width);
    await options.onProgress?.(Math.min(start + batchSize, indices.length), indices.length);
  }
  return outputs;
}

/** @throws StudioError invalid_input without examples */
export function refuseNoExamples(count: number): void {
  if (count > 0) return;
  throw new StudioError(
    'invalid_input',
    'There are no examples to evaluate on.',
    'Choose a dataset with a test split.',
  );
}

/** @throws StudioError cancelled */
export async function refuseCancelled(steps: EvaluationSteps): Promise<void> {
  if (await steps.cancelled?.()) throw new StudioError('cancelled', 'The evaluation was cancelled.');
}

async function outputsOfBatch(model: AdaptedModel, batch: MicroBatch, width: number): Promise<Float32Array> {
  const inputs = deviceInputs(batch.inputs);
  const outputs = model.forward(inputs);
  try {
    if (outputs.shape[0] !== examplesIn(batch))
      throw new StudioError(
        'refused',
        'The head gives each word a tag, but the task has labels of whole examples.',
        'Evaluate on tagged words, or choose another adapter.',
      );
    if (outputs.shape[1] !== width)
      throw new StudioError(
        'refused',
        `The model's head has ${outputs.shape[1]} outputs, but the dataset has ${width} labels.`,
        'Evaluate on the dataset that the head was trained on.',
      );
    const values = await outputs.data<'float32'>();
    if (!values.every(Number.isFinite)) throw notFiniteOutputs();
    return values;
  } finally {
    tf.dispose([...Object.values(inputs), outputs]);
  }
}

export function notFiniteOutputs(): StudioError {
  return new StudioError(
    'not_finite',
    'The outputs of the model are not finite (NaN or infinity).',
    'The adapter has diverged: use an earlier checkpoint, lower learning_rate, or leave the adapter out.',
  );
}

function checkLabels(labels: Int32Array, classCount: number): void {
  const wrong = labels.findIndex((label) => label < 0 || label >= classCount);
  if (wrong >= 0)
    throw new StudioError(
      'invalid_input',
      `Example ${wrong} of the evaluation has the label ${labels[wrong]}, but there are only labels 0 to ${classCount - 1}.`,
    );
}

/** Scores logits [examples, classCount], row-major. The first of equal logits counts as the prediction. */
export function scoreLogits(
  logits: Float32Array | Float64Array,
  labels: Int32Array,
  classCount: number,
): ClassificationScore {
  return scoreProbabilities(softmaxRows(logits, classCount), labels, classCount);
}

/** Scores probabilities [examples, classCount], row-major, e.g. of an ensemble. */
export function scoreProbabilities(
  probabilities: Float64Array,
  labels: Int32Array,
  classCount: number,
): ClassificationScore {
  const confusion = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  let loss = 0;
  for (const [example, label] of labels.entries()) {
    const row = probabilities.subarray(example * classCount, (example + 1) * classCount);
    const predicted = predictedClass(row);
    const counts = confusion[label];
    if (counts) counts[predicted] = (counts[predicted] ?? 0) + 1;
    loss += negativeLog(row[label] ?? 0);
  }
  const metrics = scoreOutcome({ kind: 'classes', confusion });
  return { accuracy: metrics['accuracy'] ?? Number.NaN, loss: loss / labels.length, confusion, metrics };
}

/** A probability that underflowed to zero would make the whole mean infinite. */
export function negativeLog(probability: number): number {
  return -Math.log(Math.max(probability, Number.MIN_VALUE));
}

/** Class of the highest probability, the first of equal ones. */
export function predictedClass(probabilities: Float64Array): number {
  return probabilities.indexOf(probabilities.reduce((best, value) => Math.max(best, value), 0));
}

/** Softmax of each row of [examples, classCount], in double precision. */
export function softmaxRows(logits: Float32Array | Float64Array, classCount: number): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classCount) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let at = start; at < start + classCount; at++) largest = Math.max(largest, logits[at] ?? 0);
    let sum = 0;
    for (let at = start; at < start + classCount; at++) {
      const value = Math.exp((logits[at] ?? 0) - largest);
      probabilities[at] = value;
      sum += value;
    }
    for (let at = start; at < start + classCount; at++) probabilities[at] = (probabilities[at] ?? 0) / sum;
  }
  return probabilities;
}

/**
 * The output ensemble: the mean of the members' probabilities, weighted.
 * @throws StudioError invalid_input if weights are negative or sum to zero
 */
export function ensembleProbabilities(
  members: readonly { logits: Float32Array | Float64Array; weight: number }[],
  classCount: number,
): Float64Array {
  return weightedMean(members.map(({ logits, weight }) => ({ values: softmaxRows(logits, classCount), weight })));
}

/**
 * Weighted mean of the members' outputs, entry by entry; weights are divided by their sum.
 * @throws StudioError invalid_input if weights are negative or sum to zero
 */
export function weightedMean(members: readonly { values: Float64Array; weight: number }[]): Float64Array {
  const total = members.reduce((sum, member) => sum + member.weight, 0);
  if (!(total > 0) || members.some((member) => member.weight < 0))
    throw new StudioError(
      'invalid_input',
      'The weights of an ensemble must be zero or more, and one of them positive.',
      'Give every adapter a weight of 1 for the plain mean.',
    );
  const mean = new Float64Array(members[0]?.values.length ?? 0);
  for (const { values, weight } of members)
    for (const [at, value] of values.entries()) mean[at] = (mean[at] ?? 0) + (weight / total) * value;
  return mean;
}
