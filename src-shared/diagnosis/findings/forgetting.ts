import type { ForgettingMeasureId } from '../../domain/evaluation/forgetting.ts';
import { midSentence } from '../../format/mid-sentence.ts';
import { forgettingFact } from '../../results/forgetting.ts';
import type { Finding } from '../finding.ts';
import { lowerRate } from '../remedies.ts';

/**
 * Rise from which the base has lost much. A loss that rises by ln 10 gives the right answer a tenth of its probability; tuned
 * adapters of docs/results/images.md stay below 1.7. A mean cosine distance of 0.5 leaves the embeddings nearer to others.
 */
const maxRise: Readonly<Record<ForgettingMeasureId, number>> = {
  'text-loss': Math.LN10,
  'masked-text-loss': Math.LN10,
  'own-classes-loss': Math.LN10,
  'own-head-divergence': Math.LN10,
  'embedding-drift': 0.5,
};

export const forgetting: Finding = {
  id: 'forgetting',
  label: 'The base forgot much',
  severity: 'warning',
  curves: [],
  impliedBy: ['diverged', 'learning-rate-high'],
  find({ run: { result, config } }) {
    const measured = result?.forgetting ?? null;
    if (measured === null || measured.rise < maxRise[measured.measure]) return null;
    const { label, value } = forgettingFact(measured);
    return { evidence: `On neutral inputs: ${midSentence(label)} ${value}.`, ...lowerRate(config, 3) };
  },
};
