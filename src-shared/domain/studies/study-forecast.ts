import { z } from 'zod';
import { metricName } from '../../metrics/index.ts';
import { detectableStandardizedDifference, usualAssumptions } from '../../statistics/detectable-difference.ts';

/** Forecast of a study: the amount of work and the differences that it can detect. */
export const studyForecastSchema = z.object({
  trainings: z.number().int().describe('runs that are missing, at most'),
  extensions: z.number().int().describe('further runs, at most, if the rates of its sweep are extended'),
  done: z.number().int().describe('runs of its first round that are there already'),
  scores: z.number().int().describe('evaluations, those that are there included'),
  /** Duration of the missing trainings, from locally measured step times; null if a setting was never timed. */
  seconds: z.number().nullable(),
  /** Reasons why the question cannot be decided, or only in part. */
  warnings: z.array(z.string()),
  power: z
    .object({
      metric: z.string(),
      seeds: z.number().int(),
      examples: z.number().int().describe('test examples'),
      comparisons: z.number().int().describe('cells compared with the reference'),
      /** Detectable accuracy difference in [0, 1], with a power of 80 % at the 5 % level; null for other metrics. */
      difference: z.number().nullable(),
    })
    .nullable()
    .describe('null for kinds that compare no cells over seeds'),
});
export type StudyForecast = z.infer<typeof studyForecastSchema>;

/** "At most 16 trainings, and 24 more if the rates are extended; 8 are there already". */
export function trainingsText({ trainings, extensions, done }: StudyForecast): string {
  if (trainings === 0 && extensions === 0)
    return done === 0
      ? 'Nothing to train'
      : `Nothing to train: ${done === 1 ? 'the training is' : `all ${done} trainings are`} there already`;
  const more = extensions === 0 ? '' : `, and ${extensions} more if the learning rates are extended`;
  const there = done === 0 ? '' : `; ${done} ${done === 1 ? 'is' : 'are'} there already`;
  return `At most ${trainings} training${trainings === 1 ? '' : 's'}${more}${there}`;
}

/** The smallest difference that the study can detect, with what is assumed; null where none can be given. */
export function powerText({ power }: StudyForecast): string | null {
  if (power === null || power.seeds === 0) return null;
  const { metric, seeds, examples, difference, comparisons } = power;
  if (comparisons === 0) return 'There is one cell: nothing is compared.';
  const size = `${seeds} seed${seeds === 1 ? '' : 's'} and ${examples} test examples`;
  if (difference === null) {
    const shift = detectableStandardizedDifference(seeds);
    if (!Number.isFinite(shift)) return null;
    return `Smallest difference in ${metricName(metric)} that ${seeds} paired seeds detect: ${shift.toFixed(1)} standard deviations of the differences between seeds (80 % power, 5 % level).`;
  }
  const { discordance, seedDeviation } = usualAssumptions;
  const points = 100 * difference;
  const words = points >= 100 ? 'none' : `${points.toFixed(1)} points`;
  const scope = seeds === 1 ? ' between these two adapters' : '';
  return `Smallest difference in accuracy${scope} that ${size} detect: ${words} (80 % power, 5 % level; assumed: ${percent(discordance)} of the examples right in one cell only${seeds === 1 ? '' : `, true differences that vary by ${percent(seedDeviation)} between seeds`}).`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
