import { formatCount } from '../../format/numbers.ts';
import {
  differenceUnit,
  isShareOfExamples,
  metricName,
  metricValue,
  scoreText,
  signedText,
} from '../../metrics/index.ts';
import { headlineOf } from '../../results/headline.ts';
import { shareDifferenceInterval, wilsonInterval } from '../../statistics/binomial.ts';
import { type Finding, hasEnded, type RunEvidence } from '../finding.ts';

/** Half of an interval this wide hides every difference between methods of docs/results. */
const maxHalfWidth = 0.1;

export const evaluationNoise: Finding = {
  id: 'evaluation-noise',
  label: 'Too few evaluated examples',
  severity: 'note',
  curves: [],
  impliedBy: ['diverged', 'learning-rate-high', 'learning-rate-low'],
  find(evidence) {
    const { result, facts } = evidence.run;
    const score = headlineOf(result);
    const examples = facts?.evalExamples ?? 0;
    if (!hasEnded(evidence) || result === null || score === null || examples === 0 || !isShareOfExamples(score.id))
      return null;
    const value = metricValue(result, score.id);
    if (value === null) return null;
    const { low, high } = wilsonInterval(value, examples);
    const gain = gainOverStart(evidence, score.id, value, examples);
    if ((high - low) / 2 < maxHalfWidth && gain === null) return null;
    const range = `${scoreText(score.id, low)} to ${scoreText(score.id, high)}`;
    return {
      evidence: `${formatCount(examples)} examples give ${metricName(score.id)} ${score.text}, 95 % interval ${range}${gain ?? ''}.`,
      ...remedyOf(evidence),
    };
  },
};

/** The gain over the evaluation before training, where its interval includes 0. */
function gainOverStart(
  { run: { result } }: RunEvidence,
  metric: string,
  value: number,
  examples: number,
): string | null {
  const start = result?.start && metricValue(result.start, metric);
  if (start === undefined || start === null || start === value) return null;
  const { low, high } = shareDifferenceInterval(value, start, examples);
  if (low > 0 || high < 0) return null;
  return `; the difference of ${signedText(metric, value - start)} ${differenceUnit(metric)} from before training lies within it`;
}

function remedyOf({ run: { config }, dataset }: RunEvidence): {
  advice: string;
  changes: { eval_samples: number } | { seed: number };
} {
  const available =
    config.eval_split === 'test'
      ? (dataset?.splits.find(({ name }) => name === 'test')?.exampleCount ?? 0)
      : config.validation_samples;
  if (config.eval_samples === 0 || available <= config.eval_samples)
    return {
      advice: `Add test examples to the dataset, or train again with seed ${config.seed + 1} and compare means over seeds.`,
      changes: { seed: config.seed + 1 },
    };
  return {
    advice: `Evaluate on all ${formatCount(available)} ${config.eval_split} examples.`,
    changes: { eval_samples: 0 },
  };
}
