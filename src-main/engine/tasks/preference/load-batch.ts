import * as tf from '@tensorflow/tfjs-core';
import type { PreferenceSettings } from '../../../../src-shared/tasks/preference.ts';
import type { MicroBatch } from '../../losses/batch-loss.ts';
import { preferences } from '../../outcomes/preferences.ts';
import type { LoadBatch } from '../shared/head-outputs.ts';
import { answerBatch, segmentOf } from './answer-rows.ts';
import type { LabelledAnswer, PreferenceExamples } from './examples.ts';
import type { AnswerLoss, PreferenceLoss } from './losses/preference-loss.ts';
import { measuresOf, rewardsOf } from './measures.ts';
import { pairBatch } from './pair-batch.ts';
import type { Reference, ReferencePair } from './reference.ts';
import { scoresOf, weightedSum } from './scores.ts';

/** Examples of one split, and what a loss needs of them. */
export interface PreferenceSplit {
  readonly loss: PreferenceLoss;
  readonly settings: PreferenceSettings;
  readonly examples: PreferenceExamples;
  /** Null for a loss without a reference. */
  readonly reference: Reference | null;
  readonly padding: number;
}

/** Batches to train on. Values of the base for comparison are computed at an example's first use. */
export function preferenceLoader({ loss, settings, examples, reference, padding }: PreferenceSplit): LoadBatch {
  return async (indices) => {
    const references: ReferencePair[] = [];
    if (reference !== null) for (const index of indices) references.push(await reference.of(index));
    const some = [...indices].map((index) => examples.at(index));
    if (loss.of === 'pairs') {
      const pairs = some.flatMap((example) => ('chosen' in example ? [example] : []));
      return pairBatch(loss, settings, pairs, references, padding);
    }
    const answers = some.flatMap((example) => ('own' in example ? [example] : []));
    return labelledBatch(loss, settings, answers, references, padding);
  };
}

/** A batch of single answers. Answers to other prompts, which estimate the divergence, run without a tape. */
function labelledBatch(
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
