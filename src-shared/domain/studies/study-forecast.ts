import { z } from 'zod';
import { midSentence } from '../../format/mid-sentence.ts';
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
      /** The same for each score of a cell; empty for other metrics. */
      scores: z.array(
        z.object({
          label: z.string(),
          difference: z.number(),
          seedDeviation: z.number().describe('of the true difference between seeds, as assumed'),
          /** Origin of the deviation: stored studies, or 0 for the table of published ones. */
          studies: z.number().int(),
          scope: z.enum(['data and method', 'method', 'kind']),
        }),
      ),
    })
    .nullable()
    .describe('null for kinds that compare no cells over seeds'),
});
export type StudyForecast = z.infer<typeof studyForecastSchema>;

/** "Up to 16 new runs (8 reused), up to 24 more if the learning rates are extended". */
export function trainingsText({ trainings, extensions, done }: StudyForecast): string {
  const reused = done === 0 ? '' : ` (${done} reused)`;
  if (trainings === 0 && extensions === 0) return `Nothing to train${reused}`;
  const more = extensions === 0 ? '' : `, up to ${extensions} more if the learning rates are extended`;
  return `${trainings === 0 ? 'No' : `Up to ${trainings}`} new run${trainings === 1 ? '' : 's'}${reused}${more}`;
}

/** The smallest difference that the study can detect, with what is assumed; null where none can be given. */
export function powerText({ power }: StudyForecast): string | null {
  if (power === null || power.seeds === 0) return null;
  const { metric, seeds, examples, difference, comparisons, scores } = power;
  if (comparisons === 0) return 'There is one cell: nothing is compared.';
  const size = `${seeds} seed${seeds === 1 ? '' : 's'} and ${examples} test examples`;
  if (difference === null) {
    const shift = detectableStandardizedDifference(seeds);
    if (!Number.isFinite(shift)) return null;
    return `Can detect differences in ${metricName(metric)} of ${shift.toFixed(1)} standard deviations between seeds (${seeds} paired seeds; 80 % power, 5 % level).`;
  }
  const { discordance } = usualAssumptions;
  const words =
    scores.length > 1
      ? `: ${scores.map((score) => `${score.label} ${differenceText(score.difference)}`).join('; ')}`
      : ` of about ${differenceText(difference)}`;
  const scope = seeds === 1 ? ' between these two adapters' : '';
  const varied = seeds === 1 ? '' : `, true differences that vary between seeds by ${deviationsText(scores)}`;
  return `Can detect differences in accuracy${scope}${words} (${size}). Assumes 80 % power, 5 % level, ${percent(discordance)} of the examples right in one cell only${varied}.`;
}

type PowerOfScore = NonNullable<StudyForecast['power']>['scores'][number];

function differenceText(difference: number): string {
  return difference >= 1 ? 'none' : pointsText(difference);
}

/** "1.2 points (alone, published studies), 2.9 points (every other layer, 3 stored studies of this data)". */
function deviationsText(scores: readonly PowerOfScore[]): string {
  return scores
    .map(({ label, seedDeviation, studies, scope }) => {
      const name = scores.length > 1 ? `${midSentence(label)}, ` : '';
      return `${pointsText(seedDeviation)} (${name}from ${originText(studies, scope)})`;
    })
    .join(', ');
}

function originText(studies: number, scope: PowerOfScore['scope']): string {
  if (studies === 0) return 'the published studies';
  const count = studies === 1 ? '1 stored study' : `${studies} stored studies`;
  if (scope === 'data and method') return `${count} on this data`;
  return scope === 'method' ? `${count} on other data` : `${count} of other methods`;
}

function pointsText(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
