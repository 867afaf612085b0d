import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { HiddenStates } from '../models/base-model.ts';
import {
  binaryCrossEntropy,
  binaryEntropy,
  gatherRows,
  softmaxCrossEntropy,
  softmaxEntropy,
  squaredError,
} from '../ops/index.ts';
import { type LabelForm, plainForm } from '../ops/loss/label-form.ts';
import { countedPlaces, ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';
import { type BatchInputs, deviceInputs, widened } from './batch-inputs.ts';
import { type TextPooling, textVectors } from './text-vectors.ts';

/** One micro-batch on the host. Batches that an evaluation reads labels from have a `LabelLoss`. */
export interface MicroBatch<Loss extends BatchLoss = BatchLoss> {
  readonly inputs: BatchInputs;
  /** Number of examples; an example may have several rows, and a row several examples. */
  readonly examples: number;
  readonly loss: Loss;
}

/** Part of a model that a loss uses. */
export type LossModel = Pick<
  AdaptedModel,
  'loss' | 'head' | 'trainsBelowLayers' | 'embed' | 'forwardBelow' | 'statesFrom'
> &
  Partial<Pick<AdaptedModel, 'finalStates'>>;

/** Training loss of one batch: a mean over its labels, targets or examples. A new loss is one object with these members. */
export interface BatchLoss {
  /** Number of labels, targets or examples that the loss is a mean over. */
  counted(): number;
  /**
   * Returns the loss as a function of the last layer's states. To be called within `tf.tidy`, before the tape begins.
   * @param measures receives the values that a loss reports beside itself
   */
  compute(model: LossModel, inputs: BatchInputs, measures?: LossMeasures): StatesLoss;
  /** Returns the loss in its recordable form; null for a loss that depends on values of the host. Within `tf.tidy`. */
  prepared(model: Pick<LossModel, 'loss' | 'head'>): PreparedLoss | null;
  /** Outputs [rows, width] that the loss compares: of counted examples or tokens, of starts and ends, or vectors of texts. */
  outputs(model: LossModel, states: HiddenStates, inputs: BatchInputs): tf.Tensor2D;
  /** Returns the mean entropy of such outputs. @throws StudioError refused where predictions have no entropy */
  entropy(): (outputs: tf.Tensor2D) => tf.Scalar;
  /** Loss of the same rows, padded on the right from `from` to `to` tokens. */
  padded(from: number, to: number): BatchLoss;
  /** The same labels with their loss in another form; absent where the loss is not a cross-entropy of labels. */
  inForm?(form: LabelForm): BatchLoss;
  /** Accuracy of outputs [examples, classes]; absent where examples have no class. */
  accuracy?(outputs: tf.Tensor2D): tf.Scalar;
}

type StatesLoss = (states: HiddenStates) => tf.Scalar;

/** A loss whose operations depend on its form and on the shapes of its tensors, not on the batch's values. */
export interface PreparedLoss {
  readonly form: string;
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
  compute: StatesLoss;
}

/** Sums over examples and their number by metric, computed from values that a loss observed. */
type ReadMeasures = (
  values: Float32Array,
) => Readonly<Record<string, { readonly sum: number; readonly count: number }>>;

/** Values that the passes of a step report beside the loss. */
export class LossMeasures {
  private readonly seen: { readonly values: tf.Tensor1D; readonly read: ReadMeasures }[] = [];

  /** Keeps values of the device until `take` reads them. */
  observe(values: tf.Tensor1D, read: ReadMeasures): void {
    this.seen.push({ values: tf.keep(tf.clone(values)), read });
  }

  /** Means over the step's examples, by metric; empty where no loss observed anything. */
  async take(): Promise<Record<string, number>> {
    const sums = new Map<string, { sum: number; count: number }>();
    try {
      for (const { values, read } of this.seen)
        for (const [name, { sum, count }] of Object.entries(read(await values.data<'float32'>()))) {
          const before = sums.get(name) ?? { sum: 0, count: 0 };
          sums.set(name, { sum: before.sum + sum, count: before.count + count });
        }
    } finally {
      this.dispose();
    }
    return Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count]));
  }

  dispose(): void {
    tf.dispose(this.seen.splice(0).map(({ values }) => values));
  }
}

/** Loss of labels, a cross-entropy unless in another form: class ids, or the next token of each token; −100 is ignored. */
export interface LabelLoss extends BatchLoss {
  readonly labels: Int32Array;
  /** 1 for each label that only ends an answer or a text. */
  readonly ends?: Uint8Array;
  padded(from: number, to: number): LabelLoss;
}

/** The batch with its cross-entropy of labels in another form; other losses have none. */
export function withLabelForm(batch: MicroBatch, form: LabelForm): MicroBatch {
  const { loss } = batch;
  return form.kind === 'plain' || loss.inForm === undefined ? batch : { ...batch, loss: loss.inForm(form) };
}

/** Mean loss of one class for each example. */
export function classLoss(labels: Int32Array, form: LabelForm = plainForm): LabelLoss {
  const loss: LabelLoss = {
    ...labelLoss(labels, form),
    inForm: (other) => classLoss(labels, other),
    padded: () => loss,
    accuracy: (outputs) => tf.mean(tf.cast(tf.equal(tf.argMax(outputs, 1), tf.tensor1d(labels, 'int32')), 'float32')),
  };
  return loss;
}

/** Mean loss of the labels of tokens [rows · tokens]. */
export function tokenLoss(labels: Int32Array, ends?: Uint8Array, form: LabelForm = plainForm): LabelLoss {
  return {
    ...labelLoss(labels, form),
    ...(ends && { ends }),
    inForm: (other) => tokenLoss(labels, ends, other),
    padded: (from, to) =>
      tokenLoss(
        widened(labels, from, to, new Int32Array((labels.length / from) * to).fill(ignoredLabel)),
        ends && widened(ends, from, to, new Uint8Array((ends.length / from) * to)),
        form,
      ),
  };
}

function labelLoss(labels: Int32Array, form: LabelForm) {
  const prepared = (model: Pick<LossModel, 'loss'>, isRounded: boolean): PreparedLoss => {
    const tensors = labelTensors(labels, isRounded);
    return {
      form: ['labels', ...Object.values(form)].join(' '),
      tensors,
      compute: (states) => {
        const counted = labelledStates(states, tensors);
        return model.loss(counted.states, counted.labels, form);
      },
    };
  };
  return {
    labels,
    counted: () => labels.reduce((count, label) => (label === ignoredLabel ? count : count + 1), 0),
    compute: (model: LossModel) => prepared(model, false).compute,
    prepared: (model: Pick<LossModel, 'loss'>) => prepared(model, true),
    outputs: (model: LossModel, states: HiddenStates) => labelledOutputs(model, states, labels),
    entropy: () => softmaxEntropy,
  };
}

/** Loss of outputs that are compared with one number each. */
export interface TargetLoss extends BatchLoss {
  /** Targets [examples, width], row-major: numbers, or 1 for a label that applies and 0 for another. */
  readonly values: Float32Array;
  readonly width: number;
}

/** Mean squared error of one number for each example. */
export function numberLoss(values: Float32Array): TargetLoss {
  return targetLoss('numbers', squaredError, values, 1, () => noEntropy('Predicted numbers have no entropy.'));
}

/** Mean binary cross-entropy of the labels of each example. @param values as in `TargetLoss` */
export function labelSetLoss(values: Float32Array, width: number): TargetLoss {
  return targetLoss('label-sets', binaryCrossEntropy, values, width, () => binaryEntropy);
}

function targetLoss(
  form: string,
  compare: (outputs: tf.Tensor2D, expected: tf.Tensor2D) => tf.Scalar,
  values: Float32Array,
  width: number,
  entropy: BatchLoss['entropy'],
): TargetLoss {
  const prepared = (model: Pick<LossModel, 'head'>): PreparedLoss => {
    const expected = tf.tensor2d(values, [values.length / width, width]);
    return { form, tensors: { expected }, compute: (states) => compare(model.head(states), expected) };
  };
  const loss: TargetLoss = {
    values,
    width,
    counted: () => values.length,
    compute: (model) => prepared(model).compute,
    prepared,
    outputs: (model, states) => model.head(states),
    entropy,
    padded: () => loss,
  };
  return loss;
}

/** Added to the logits of padding, where no answer starts or ends. */
const outOfReach = -1e9;

/** Cross-entropy of the starts and ends of answers. */
export interface SpanLoss extends BatchLoss {
  /** First and last token of the answer in each row, row by row. */
  readonly places: Int32Array;
}

/**
 * Mean cross-entropy of the start and the end of each answer over the tokens of its row.
 * @param places as in `SpanLoss`
 */
export function spanLoss(places: Int32Array): SpanLoss {
  const outputs = (model: Pick<LossModel, 'head'>, states: HiddenStates, inputs: BatchInputs) =>
    spanLogits(model.head(states), inputs);
  const loss: SpanLoss = {
    places,
    counted: () => places.length,
    compute: (model, inputs) => {
      const labels = spanLabels(places);
      return (states) => softmaxCrossEntropy(outputs(model, states, inputs), labels);
    },
    prepared: () => null,
    outputs,
    entropy: () => softmaxEntropy,
    padded: () => loss,
  };
  return loss;
}

/**
 * Logits of starts and ends over the tokens of a row [2 · rows, tokens], all starts first. Transformers' `*ForQuestionAnswering` leaves
 * the logits of padding in its loss, which would then depend on the longest row of the batch.
 * @param outputs [rows · tokens, 2]
 */
export function spanLogits(outputs: tf.Tensor2D, inputs: BatchInputs): tf.Tensor2D {
  const [rows = 0, tokens = 0] = inputs['input_ids']?.shape ?? [];
  const turned = tf.transpose(tf.reshape(outputs, [rows, tokens, 2]), [2, 0, 1]);
  const logits = tf.reshape<tf.Rank.R2>(turned, [2 * rows, tokens]);
  const mask = inputs['attention_mask']?.data;
  if (mask === undefined) return logits;
  const added = Float32Array.from({ length: 2 * mask.length }, (_, at) =>
    mask[at % mask.length] === 0 ? outOfReach : 0,
  );
  return tf.add(logits, tf.tensor2d(added, [2 * rows, tokens]));
}

/** Places of the answers [2 · rows] int32, all starts first. @param places as in `spanLoss` */
export function spanLabels(places: ArrayLike<number>): tf.Tensor1D {
  const [starts, ends] = [0, 1].map((part) => Array.from(places).filter((_, at) => at % 2 === part));
  return tf.tensor1d([...(starts ?? []), ...(ends ?? [])], 'int32');
}

/** Consecutive labels of a row, such as those of an answer, by their places in the row; `end` is excluded. */
export interface Segment {
  readonly row: number;
  readonly start: number;
  readonly end: number;
}

/** Rows whose labels [rows · tokens] are summed segment by segment. */
export interface SegmentedRows {
  readonly inputs: BatchInputs;
  readonly labels: Int32Array;
  readonly segments: readonly Segment[];
}

/** A mean loss over examples, computed from log-likelihoods in nats, each summed over the labels of a segment. */
export interface LikelihoodTerms {
  readonly examples: number;
  /** Further rows, whose log-likelihoods the loss takes as constants. */
  readonly constants?: SegmentedRows;
  /** To be called within `tf.tidy`. @param sums of the segments [segments] @param constants those of the further rows */
  loss(sums: tf.Tensor1D, constants: tf.Tensor1D | null): tf.Scalar;
  /** Values that such sums give beside the loss. */
  measures: ReadMeasures;
}

/** Loss of the log-likelihoods of whole answers. */
export function likelihoodLoss(rows: Pick<SegmentedRows, 'labels' | 'segments'>, terms: LikelihoodTerms): BatchLoss {
  const { labels, segments } = rows;
  return {
    counted: () => terms.examples,
    compute(model, _, measures) {
      const constants = terms.constants ? currentLikelihoods(model, terms.constants) : null;
      return (states) => {
        const sums = likelihoods(model, states, labels, segments);
        measures?.observe(sums, terms.measures);
        return terms.loss(sums, constants);
      };
    },
    prepared: () => null,
    outputs: (model, states) => labelledOutputs(model, states, labels),
    entropy: () => softmaxEntropy,
    padded: (from, to) => likelihoodLoss({ labels: tokenLoss(labels).padded(from, to).labels, segments }, terms),
  };
}

/**
 * Log-likelihood in nats of the labels of each segment, summed [segments]. The model's own loss computes one segment at a time, so that
 * a large vocabulary's logits are never in memory as a whole.
 */
function likelihoods(
  model: Pick<LossModel, 'loss'>,
  states: HiddenStates,
  labels: Int32Array,
  segments: readonly Segment[],
): tf.Tensor1D {
  const width = labels.length / states.batch;
  const counts = segments.map(({ start, end }) => end - start);
  const places = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
  let filled = 0;
  for (const { row, start, end } of segments) for (let at = start; at < end; at++) places[filled++] = row * width + at;
  const hidden = gatherRows(states.hidden, tf.tensor1d(places, 'int32'));
  const own = places.map((place) => labels[place] ?? 0);
  let start = 0;
  const sums = counts.map((count) => {
    const [begin, end] = [start, start + count];
    start = end;
    const rows = { ...states, hidden: tf.slice2d(hidden, [begin, 0], [count, -1]), batch: count, tokens: 1 };
    const loss = model.loss(rows, tf.tensor1d(own.subarray(begin, end), 'int32'));
    return tf.reshape<tf.Rank.R1>(tf.mul(loss, -count), [1]);
  });
  return tf.concat1d(sums);
}

/** Log-likelihood of each segment [segments] under the model as it is, without a tape. To be called within `tf.tidy`. */
export function currentLikelihoods(
  model: Pick<LossModel, 'loss' | 'trainsBelowLayers' | 'embed' | 'forwardBelow' | 'statesFrom'>,
  { inputs, labels, segments }: SegmentedRows,
): tf.Tensor1D {
  const device = deviceInputs(inputs);
  const below = model.trainsBelowLayers() ? model.embed(device) : model.forwardBelow(device);
  return likelihoods(model, model.statesFrom(below), labels, segments);
}

/** Loss of the vectors of texts. */
export interface VectorLoss extends BatchLoss {
  readonly pooling: TextPooling;
}

/** Loss of the vectors of texts, one for each row. @param loss takes unit vectors [rows, width] within `tf.tidy` */
export function vectorLoss(
  examples: number,
  pooling: TextPooling,
  loss: (vectors: tf.Tensor2D) => tf.Scalar,
): VectorLoss {
  const own: VectorLoss = {
    pooling,
    counted: () => examples,
    compute: (model, inputs) => (states) => loss(textVectors(model, states, inputs, pooling)),
    prepared: () => null,
    outputs: (model, states, inputs) => textVectors(model, states, inputs, pooling),
    entropy: () => noEntropy('Vectors of texts have no entropy.'),
    padded: () => own,
  };
  return own;
}

function noEntropy(message: string): never {
  throw new StudioError('refused', message, 'Choose a method that looks at the loss or at the outputs.');
}

/** Share of labelled tokens above which a copy without the others costs more than it saves. */
const nearlyAll = 0.9;
/** Recorded passes round the number of labelled places up to a multiple of this share of all places. */
const roundedShare = 1 / 16;

/** Labels of a batch; where enough tokens have none, also the labelled places and their labels. */
type LabelTensors = { readonly labels: tf.Tensor1D } & Partial<Readonly<Record<'places' | 'counted', tf.Tensor1D>>>;

/** @param isRounded fills the places up without labels, so that batches with answers of similar length have equal shapes */
function labelTensors(labels: Int32Array, isRounded = false): LabelTensors {
  const all = tf.tensor1d(labels, 'int32');
  const places = countedPlaces(labels);
  const multiple = isRounded ? Math.ceil(labels.length * roundedShare) : 1;
  const count = multiple * Math.ceil(places.length / multiple);
  if (places.length === 0 || count > nearlyAll * labels.length) return { labels: all };
  const filled = new Int32Array(count);
  filled.set(places);
  const counted = filled.map((place, at) => (at < places.length ? (labels[place] ?? ignoredLabel) : ignoredLabel));
  return { labels: all, places: tf.tensor1d(filled, 'int32'), counted: tf.tensor1d(counted, 'int32') };
}

/** States and labels of the labelled tokens: all others would be multiplied by the whole vocabulary in vain. */
function labelledStates(
  states: HiddenStates,
  { labels, places, counted }: LabelTensors,
): { readonly states: HiddenStates; readonly labels: tf.Tensor1D } {
  const isByToken = states.hidden.shape[0] === labels.size;
  if (!isByToken || places === undefined || counted === undefined) return { states, labels };
  const hidden = gatherRows(states.hidden, places);
  return { states: { ...states, hidden, batch: places.size, tokens: 1 }, labels: counted };
}

function labelledOutputs(model: Pick<LossModel, 'head'>, states: HiddenStates, labels: Int32Array): tf.Tensor2D {
  return model.head(labelledStates(states, labelTensors(labels)).states);
}
