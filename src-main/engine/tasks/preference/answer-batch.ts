import * as tf from '@tensorflow/tfjs-core';
import type { PreferenceSettings } from '../../../../src-shared/tasks/preference.ts';
import type { MicroBatch } from '../../losses/batch-loss.ts';
import { preferences } from '../../outcomes/preferences.ts';
import { answerBatch, segmentOf } from './answer-rows.ts';
import type { LabelledAnswer } from './examples.ts';
import type { AnswerLoss } from './losses/preference-loss.ts';
import { measuresOf, rewardsOf } from './measures.ts';
import type { ReferencePair } from './reference.ts';
import { scoresOf, weightedSum } from './scores.ts';

/** A batch of single answers. Answers to other prompts, which estimate the divergence, run without a tape. */
export function labelledBatch(
  loss: AnswerLoss,
  settings: PreferenceSettings,
  answers: readonly LabelledAnswer[],
  references: readonly ReferencePair[],
  padding: number,
): MicroBatch {
  const own = answers.map((answer) => answer.own);
  const other = answers.map((answer) => answer.other);
  const segments = own.map((row, at) => segmentOf(row, at, 'answer'));
  const equal = answers.map(() => 1 / answers.length);
  const { inputs, ...segmented } = answerBatch(own, segments, padding);
  return {
    inputs,
    examples: answers.length,
    loss: preferences.loss(segmented, {
      examples: answers.length,
      constants: answerBatch(
        other,
        other.map((row, at) => segmentOf(row, at, 'answer')),
        padding,
      ),
      loss(sums, constants) {
        if (constants === null) throw new Error('the answers to other prompts were not run');
        const scores = scoresOf(loss, { sums, rows: own, references: references.map(([first]) => first) });
        const apart = tf.sub<tf.Tensor1D>(constants, tf.tensor1d(references.map(([, second]) => second)));
        const divergence = tf.relu(weightedSum(apart, equal));
        const wanted = answers.map((answer) => answer.wanted);
        return weightedSum(loss.losses({ scores, wanted, divergence }, settings), equal);
      },
      measures: (sums) =>
        measuresOf(answers.map((answer, at) => rewardsOf(loss, settings, answer, [sums[at] ?? 0, 0], references[at]))),
    }),
  };
}
