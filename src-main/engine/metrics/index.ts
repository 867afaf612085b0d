import { accuracy } from './accuracy.ts';
import { averagePrecision } from './alike.ts';
import { answerableF1, answerF1, unanswerableAccuracy } from './answer-f1.ts';
import { brierScore, calibrationError } from './calibration.ts';
import { pearson, spearman } from './correlation.ts';
import { entityF1, entityPrecision, entityRecall } from './entity-f1.ts';
import { exactMatch } from './exact-match.ts';
import { f1Binary, f1Macro, f1Micro, f1Weighted } from './f1.ts';
import { matthews } from './matthews.ts';
import type { Metric, Outcome } from './metric.ts';
import { perplexity } from './perplexity.ts';
import { mrrAt10, ndcgAt10, recallAt1, recallAt5, recallAt10 } from './retrieval.ts';
import { chosenReward, rejectedReward, rewardMargin } from './rewards.ts';

/** Every metric but the loss, which training computes. */
const metrics: readonly Metric[] = [
  accuracy,
  f1Binary,
  f1Macro,
  f1Micro,
  f1Weighted,
  matthews,
  calibrationError,
  brierScore,
  pearson,
  spearman,
  perplexity,
  exactMatch,
  answerF1,
  answerableF1,
  unanswerableAccuracy,
  entityF1,
  entityPrecision,
  entityRecall,
  rewardMargin,
  chosenReward,
  rejectedReward,
  ndcgAt10,
  mrrAt10,
  recallAt1,
  recallAt5,
  recallAt10,
  averagePrecision,
];

/** All metrics that are defined for `outcome`, by id. */
export function scoreOutcome(outcome: Outcome): Record<string, number> {
  const scores: Record<string, number> = {};
  for (const { declaration, score } of metrics) {
    const value = score(outcome);
    if (value !== null) scores[declaration.id] = value;
  }
  return scores;
}
