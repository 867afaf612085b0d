import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import type { AnswerDecoding, WindowLogits } from '../../outcomes/decode-answer.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import type { SpanOutputs } from '../../outcomes/spans.ts';
import { type EvaluationOptions, type LoadBatch, notFiniteOutputs, refuseNoExamples } from '../shared/head-outputs.ts';
import { byLength } from '../shared/test-order.ts';
import type { QuestionRows } from './question-rows.ts';

/**
 * Logits of where answers begin and end, of all windows of the questions `places`.
 * @throws StudioError refused where the head finds no answers; invalid_input without questions, not_finite, cancelled.
 */
export async function spanOutputs(
  model: AdaptedModel,
  rows: QuestionRows,
  load: LoadBatch,
  places: Int32Array,
  options: EvaluationOptions & { readonly decoding: AnswerDecoding },
): Promise<SpanOutputs> {
  refuseNoExamples(places.length);
  if (model.headTask !== 'QUESTION_ANS' && model.base.description.kind !== 'question-answering')
    throw new StudioError(
      'refused',
      'There is no head that finds answers in a text.',
      'Evaluate an adapter that was trained on questions with answers (PEFT’s task QUESTION_ANS).',
    );
  const windows = Int32Array.from([...places].flatMap((place) => rows.windowsOf(place)));
  const { sorted, batchSize } = byLength(windows, (window) => rows.windows.length(window), options.batchSize);
  const found = new Map<number, WindowLogits>();
  for (let start = 0; start < sorted.length; start += batchSize) {
    await refuseCancelled(options);
    const some = sorted.subarray(start, start + batchSize);
    const { inputs } = await load(some);
    const values = await logitsOf(model, inputs);
    const width = values.length / (2 * some.length);
    for (const [row, window] of some.entries()) {
      const length = rows.windows.length(window);
      const part = (at: number) =>
        Float32Array.from({ length }, (_, token) => values[2 * (row * width + token) + at] ?? 0);
      found.set(window, { starts: part(0), ends: part(1) });
    }
    const done = Math.floor(((start + some.length) / sorted.length) * places.length);
    await options.onProgress?.(done, places.length);
  }
  return {
    kind: 'spans',
    questions: Array.from(places, (place) => rows.question(place)),
    logits: Array.from(places, (place) => rows.windowsOf(place).flatMap((window) => found.get(window) ?? [])),
    decoding: options.decoding,
  };
}

/** [rows · tokens, 2] */
async function logitsOf(model: AdaptedModel, inputs: Parameters<typeof deviceInputs>[0]): Promise<Float32Array> {
  const device = deviceInputs(inputs);
  const outputs = model.forward(device);
  try {
    if (outputs.shape[1] !== 2)
      throw new StudioError(
        'refused',
        `The model's head has ${outputs.shape[1]} outputs a token, not a start and an end.`,
        'Choose an adapter that was trained on questions with answers.',
      );
    const values = await outputs.data<'float32'>();
    if (!values.every(Number.isFinite)) throw notFiniteOutputs();
    return values;
  } finally {
    tf.dispose([...Object.values(device), outputs]);
  }
}
