import type { PreferenceSettings } from '../../../../src-shared/tasks/preference.ts';
import type { LoadBatch } from '../shared/head-outputs.ts';
import { labelledBatch } from './answer-batch.ts';
import type { PreferenceExamples } from './examples.ts';
import type { PreferenceLoss } from './losses/preference-loss.ts';
import { pairBatch } from './pair-batch.ts';
import type { Reference, ReferencePair } from './reference.ts';

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
