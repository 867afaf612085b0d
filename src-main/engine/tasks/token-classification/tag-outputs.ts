import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { stateTensors } from '../../adapters/passes/tidy-hidden-states.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import type { LabelLoss } from '../../losses/batch-loss.ts';
import { gatherRows } from '../../ops/index.ts';
import { countedPlaces } from '../../ops/loss/softmax-cross-entropy.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import type { TagOutputs } from '../../outcomes/tags.ts';
import { joinArrays } from '../../tensors/join-arrays.ts';
import { type EvaluationOptions, type LoadBatch, notFiniteOutputs, refuseNoExamples } from '../shared/head-outputs.ts';
import type { LengthOrder } from '../shared/test-order.ts';

/**
 * Logits of the tags of all words of the examples `run`, in the order in which they were given.
 * @param names of the tags
 * @throws StudioError refused where the head is none for words, or for others; invalid_input without examples, not_finite, cancelled.
 */
export async function tagOutputs(
  model: AdaptedModel,
  load: LoadBatch<LabelLoss>,
  { sorted, positions, batchSize }: LengthOrder,
  options: EvaluationOptions,
  names: readonly string[],
): Promise<TagOutputs> {
  refuseNoExamples(sorted.length);
  if (model.headTask !== 'TOKEN_CLS' && model.base.description.kind !== 'token-classification')
    throw new StudioError(
      'refused',
      'There is no head that gives each word a tag.',
      'Evaluate an adapter that was trained on tagged words (PEFT’s task TOKEN_CLS).',
    );
  const logits: Float32Array[] = [];
  const labels: Int32Array[] = [];
  for (let start = 0; start < sorted.length; start += batchSize) {
    await refuseCancelled(options);
    const some = sorted.subarray(start, start + batchSize);
    const { inputs, loss } = await load(some);
    const places = countedPlaces(loss.labels);
    const values = await logitsOf(model, inputs, places, names);
    const width = loss.labels.length / some.length;
    for (const row of some.keys()) {
      const end = places.findLastIndex((place) => place < (row + 1) * width) + 1;
      const first = places.findIndex((place) => place >= row * width);
      const position = positions[start + row] ?? 0;
      logits[position] = values.slice(first * names.length, end * names.length);
      labels[position] = places.slice(first, end).map((place) => loss.labels[place] ?? 0);
    }
    await options.onProgress?.(start + some.length, sorted.length);
  }
  return {
    kind: 'tags',
    logits: joinArrays(Float32Array, logits),
    labels: joinArrays(Int32Array, labels),
    counts: Uint32Array.from(labels, ({ length }) => length),
    names,
  };
}

async function logitsOf(
  model: AdaptedModel,
  inputs: Parameters<typeof deviceInputs>[0],
  places: Int32Array,
  names: readonly string[],
): Promise<Float32Array> {
  const device = deviceInputs(inputs);
  const states = model.states(device);
  const outputs = tf.tidy(() => {
    const hidden = gatherRows(states.hidden, tf.tensor1d(places, 'int32'));
    return model.head({ ...states, hidden, batch: places.length, tokens: 1 });
  });
  try {
    if (outputs.shape[1] !== names.length)
      throw new StudioError(
        'refused',
        `The model's head has ${outputs.shape[1]} tags, but the dataset has ${names.length}: ${names.slice(0, 12).join(', ')}.`,
        'Evaluate on data with the tags that the head was trained on.',
      );
    const values = await outputs.data<'float32'>();
    if (!values.every(Number.isFinite)) throw notFiniteOutputs();
    return values;
  } finally {
    tf.dispose([...stateTensors(states), ...Object.values(device), outputs]);
  }
}
