import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import type { BatchLoss, LabelLoss, MicroBatch } from '../../losses/batch-loss.ts';
import type { ClassOutputs } from '../../outcomes/classes.ts';
import { type EvaluationSteps, refuseCancelled } from '../../outcomes/evaluation-steps.ts';

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
export type LoadBatch<Loss extends BatchLoss = BatchLoss> = (indices: Int32Array) => Promise<MicroBatch<Loss>>;

/**
 * The logits of the examples `indices`, in their order.
 * @throws StudioError refused if head and data differ in the number of classes, invalid_input without examples or
 * with a label out of range, not_finite if the model returns NaN, cancelled.
 */
export async function classificationLogits(
  model: AdaptedModel,
  load: LoadBatch<LabelLoss>,
  indices: Int32Array,
  options: ClassificationOptions,
): Promise<ClassOutputs> {
  const labels = new Int32Array(indices.length);
  const logits = await headOutputs(
    model,
    async (some, start) => {
      const batch = await load(some);
      labels.set(batch.loss.labels, start);
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

async function outputsOfBatch(model: AdaptedModel, batch: MicroBatch, width: number): Promise<Float32Array> {
  const inputs = deviceInputs(batch.inputs);
  const outputs = model.forward(inputs);
  try {
    if (outputs.shape[0] !== batch.examples)
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
