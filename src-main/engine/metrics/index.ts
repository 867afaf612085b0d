import { accuracy } from './accuracy.ts';
import { averagePrecision } from './alike.ts';
import { answerableF1, answerF1, unanswerableAccuracy } from './answer-f1.ts';
import { pearson, spearman } from './correlation.ts';
import { entityF1, entityPrecision, entityRecall } from './entity-f1.ts';
import { exactMatch } from './exact-match.ts';
import { f1Binary, f1Macro, f1Micro, f1Weighted } from './f1.ts';
import { matthews } from './matthews.ts';
import type { Metric, Outcome, OutcomeKind } from './metric.ts';
import { perplexity } from './perplexity.ts';
import { mrrAt10, ndcgAt10, recallAt1, recallAt5, recallAt10 } from './retrieval.ts';
import { chosenReward, rejectedReward, rewardMargin } from './rewards.ts';

/** Every metric, in the order in which they are shown. */
const metrics: readonly Metric[] = [
  accuracy,
  f1Binary,
  f1Macro,
  f1Micro,
  f1Weighted,
  matthews,
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
  for (const metric of metrics) {
    const value = metric.score(outcome);
    if (value !== null) scores[metric.id] = value;
  }
  return scores;
}

/** Ids of the metrics that an evaluation of such outcomes can have, the loss first. */
export function metricIds(kind: OutcomeKind, classCount = 0): string[] {
  const fitting = metrics.filter(
    (metric) => metric.needs.includes(kind) && (metric.classCount === undefined || metric.classCount === classCount),
  );
  return ['loss', ...fitting.map(({ id }) => id)];
}
