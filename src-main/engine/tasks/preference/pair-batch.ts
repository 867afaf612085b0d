import * as tf from '@tensorflow/tfjs-core';
import type { PreferenceSettings } from '../../../../src-shared/tasks/preference.ts';
import type { MicroBatch } from '../../losses/batch-loss.ts';
import { preferences } from '../../outcomes/preferences.ts';
import { answerBatch, segmentOf } from './answer-rows.ts';
import type { Pair } from './examples.ts';
import type { PairLoss } from './losses/preference-loss.ts';
import { measuresOf, rewardsOf } from './measures.ts';
import type { ReferencePair } from './reference.ts';
import { answerLengths, scoresOf, weightedSum } from './scores.ts';

/**
 * A batch of pairs: the rows of the chosen answers, then those of the rejected ones.
 * @param references of each pair; empty for a loss without a reference
 */
export function pairBatch(
  loss: PairLoss,
  settings: PreferenceSettings,
  pairs: readonly Pair[],
  references: readonly ReferencePair[],
  padding: number,
): MicroBatch {
  const count = pairs.length;
  const [chosen, rejected] = [pairs.map((pair) => pair.chosen), pairs.map((pair) => pair.rejected)];
  const rows = [...chosen, ...rejected];
  const likelihood = loss.likelihood?.(settings) ?? { weight: 0, of: 'answer' };
  const prompts = likelihood.weight > 0 && likelihood.of === 'text';
  const segments = [
    ...rows.map((row, at) => segmentOf(row, at, 'answer')),
    // A prompt of one token has nothing to predict.
    ...(prompts ? chosen.map((row, at) => segmentOf(row, at, 'prompt')).filter(({ end }) => end > 0) : []),
  ];
  const learned = segments.map((_, at) => at < count || at >= 2 * count);
  const tokens = segments.reduce((sum, { start, end }, at) => sum + (learned[at] ? end - start : 0), 0);
  const part = (sums: tf.Tensor1D, at: 0 | 1) =>
    scoresOf(loss, {
      sums: tf.slice1d(sums, at * count, count),
      rows: at === 0 ? chosen : rejected,
      references: references.map((pair) => pair[at]),
    });
  const lengths = answerLengths(chosen, rejected);
  const { inputs, ...segmented } = answerBatch(rows, segments, padding);
  return {
    inputs,
    examples: count,
    loss: preferences.loss(segmented, {
      examples: count,
      loss(sums) {
        const losses = loss.losses({ chosen: part(sums, 0), rejected: part(sums, 1), tokens: lengths }, settings);
        const mean = weightedSum(losses, new Array<number>(count).fill(1 / count));
        if (likelihood.weight === 0) return mean;
        return tf.add(
          mean,
          weightedSum(
            sums,
            learned.map((isLearned) => (isLearned ? -likelihood.weight / tokens : 0)),
          ),
        );
      },
      measures: (sums) =>
        measuresOf(
          pairs.map((pair, at) =>
            rewardsOf(loss, settings, pair, [sums[at] ?? 0, sums[count + at] ?? 0], references[at]),
          ),
        ),
    }),
  };
}
