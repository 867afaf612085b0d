import * as tf from '@tensorflow/tfjs-core';
import type { PreferenceSettings } from '../../../../src-shared/tasks/preference.ts';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { currentLikelihoods } from '../../losses/batch-loss.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import type { PreferenceOutputs } from '../../outcomes/preferences.ts';
import { type EvaluationOptions, notFiniteOutputs, refuseNoExamples } from '../shared/head-outputs.ts';
import { byLength, inGivenOrder } from '../shared/test-order.ts';
import { type AnswerRow, answerBatch, lengthOf, segmentOf } from './answer-rows.ts';
import { type LabelledAnswer, type Pair, rowsOf } from './examples.ts';
import type { PreferenceSplit } from './load-batch.ts';
import type { AnswerLoss, PairLoss } from './losses/preference-loss.ts';
import { type Rewards, rewardsOf } from './measures.ts';
import type { ReferencePair } from './reference.ts';
import { answerLengths, scoresOf } from './scores.ts';

/** Log-likelihoods of an example under the model and under the base; `prompt`: of its chosen answer's prompt. */
interface Evaluated {
  readonly example: Pair | LabelledAnswer;
  readonly sums: ReferencePair;
  readonly prompt: number;
  readonly reference: ReferencePair;
}

/**
 * Rewards and losses of the examples `indices`, in their order. The divergence of KTO is estimated from all of them.
 * @throws StudioError invalid_input without examples, not_finite, cancelled.
 */
export async function preferenceOutputs(
  model: AdaptedModel,
  test: PreferenceSplit,
  indices: Int32Array,
  options: EvaluationOptions,
): Promise<PreferenceOutputs> {
  refuseNoExamples(indices.length);
  const rowLength = (index: number) => rowsOf(test.examples.at(index)).reduce((sum, row) => sum + lengthOf(row), 0);
  const run = byLength(indices, rowLength, options.batchSize);
  const found: Evaluated[] = [];
  for (let start = 0; start < indices.length; start += run.batchSize) {
    await refuseCancelled(options);
    found.push(...(await evaluated(model, test, [...run.sorted.subarray(start, start + run.batchSize)])));
    await options.onProgress?.(found.length, indices.length);
  }
  const { loss, settings } = test;
  const losses =
    loss.of === 'pairs' ? await pairLosses(loss, settings, found) : await answerLosses(loss, settings, found);
  const rewards = found.map(({ example, sums, reference }) => rewardsOf(loss, settings, example, sums, reference));
  const column = (of: (rewards: Rewards) => number | undefined) =>
    inGivenOrder(
      Float64Array.from(rewards, (one) => of(one) ?? Number.NaN),
      run,
    );
  return {
    kind: 'preferences',
    losses: inGivenOrder(Float64Array.from(losses), run),
    chosen: column(({ chosen }) => chosen),
    rejected: column(({ rejected }) => rejected),
  };
}

async function evaluated(model: AdaptedModel, test: PreferenceSplit, indices: readonly number[]): Promise<Evaluated[]> {
  const examples = indices.map((index) => test.examples.at(index));
  const rows = examples.flatMap((example) => rowsOf(example));
  // The first row of each is its chosen answer, or its own.
  const segments = [
    ...rows.map((row, at) => segmentOf(row, at, 'answer')),
    ...examples.flatMap((_, at) => {
      const prompt = segmentOf(rows[2 * at] ?? noRow, 2 * at, 'prompt');
      return prompt.end > 0 ? [prompt] : [];
    }),
  ];
  const sums = tf.tidy(() => currentLikelihoods(model, answerBatch(rows, segments, test.padding)));
  try {
    const values = await sums.data<'float32'>();
    if (!values.every(Number.isFinite)) throw notFiniteOutputs();
    const prompts = new Map(segments.slice(rows.length).map(({ row }, at) => [row, values[rows.length + at] ?? 0]));
    const made: Evaluated[] = [];
    for (const [at, example] of examples.entries())
      made.push({
        example,
        sums: [values[2 * at] ?? 0, values[2 * at + 1] ?? 0],
        prompt: prompts.get(2 * at) ?? 0,
        reference: (await test.reference?.of(indices[at] ?? 0)) ?? [0, 0],
      });
    return made;
  } finally {
    sums.dispose();
  }
}

const noRow: AnswerRow = { prompt: [], answer: [] };

/**
 * Computes the losses of pairs one by one; a language-modeling loss of the chosen answer is averaged over its own
 * tokens.
 */
async function pairLosses(
  loss: PairLoss,
  settings: PreferenceSettings,
  found: readonly Evaluated[],
): Promise<readonly number[]> {
  const pairs = found.flatMap(({ example, ...rest }) => ('chosen' in example ? [{ ...rest, ...example }] : []));
  const scores = (of: 'chosen' | 'rejected', at: 0 | 1) =>
    scoresOf(loss, {
      sums: tf.tensor1d(pairs.map(({ sums }) => sums[at])),
      rows: pairs.map((pair) => pair[of]),
      references: pairs.map(({ reference }) => reference[at]),
    });
  const tokens = answerLengths(
    pairs.map(({ chosen }) => chosen),
    pairs.map(({ rejected }) => rejected),
  );
  const made = await read(() =>
    loss.losses({ chosen: scores('chosen', 0), rejected: scores('rejected', 1), tokens }, settings),
  );
  const { weight, of } = loss.likelihood?.(settings) ?? { weight: 0, of: 'answer' };
  return pairs.map(({ sums: [sum], prompt, chosen }, at) => {
    const all = of === 'text';
    const tokens = all ? lengthOf(chosen) - 1 : chosen.answer.length;
    return (made[at] ?? 0) - (weight * (sum + (all ? prompt : 0))) / tokens;
  });
}

async function answerLosses(
  loss: AnswerLoss,
  settings: PreferenceSettings,
  found: readonly Evaluated[],
): Promise<readonly number[]> {
  const answers = found.flatMap(({ example, ...rest }) => ('own' in example ? [{ ...rest, ...example }] : []));
  const apart = answers.reduce((sum, { sums, reference }) => sum + sums[1] - reference[1], 0) / answers.length;
  const made = await read(() => {
    const scores = scoresOf(loss, {
      sums: tf.tensor1d(answers.map(({ sums }) => sums[0])),
      rows: answers.map(({ own }) => own),
      references: answers.map(({ reference }) => reference[0]),
    });
    const wanted = answers.map((answer) => answer.wanted);
    return loss.losses({ scores, wanted, divergence: tf.scalar(Math.max(0, apart)) }, settings);
  });
  return [...made];
}

async function read(compute: () => tf.Tensor1D): Promise<Float32Array> {
  const made = tf.tidy(compute);
  try {
    return await made.data<'float32'>();
  } finally {
    made.dispose();
  }
}
