import { z } from 'zod';
import { metricName } from '../../metrics/index.ts';

/** Learning rates that a sweep tried and the rate it chose for one run, for all seeds. */
export const tuningRecordSchema = z.object({
  learning_rate: z.number().describe('chosen'),
  rates: z.array(z.number()).describe('tried'),
  seeds: z.array(z.number().int()).describe('of the sweep'),
  validation_samples: z.number().int().describe('training examples held out to choose by'),
  metric: z.string(),
  edge: z.enum(['low', 'high']).nullable().describe('the chosen rate is an end of those tried'),
  budget: z.string().describe('steps and examples of a trial; equal for equal budgets'),
});
export type TuningRecord = z.infer<typeof tuningRecordSchema>;

/**
 * Fairness of a comparison. It is "tuned" if a recorded sweep on validation data chose each side's learning rate, with
 * equal data and budget. Variants tuned alike perform similarly; without tuning, a difference may be one of rates
 * (arXiv 2602.04998).
 */
export const tunedVerdictSchema = z.object({
  tuned: z.boolean(),
  reason: z.string().describe('one or two sentences for a tooltip or a footnote'),
});
export type TunedVerdict = z.infer<typeof tunedVerdictSchema>;

/** One side of a comparison. */
export interface TunedSide {
  readonly name: string;
  /** null for an adapter whose run is not in the studio. */
  readonly learning_rate: number | null;
  /** Identifies its data; null where they are not known. Sides of different data are listed side by side, not compared. */
  readonly dataset: string | null;
  /** Sweeps of this run's settings, newest first. */
  readonly sweeps: readonly TuningRecord[];
}

const untunedNote = "The learning rate wasn't tuned, so it may explain the difference.";

/** The verdict over the sides of a comparison; null without sides. */
export function tunedVerdict(sides: readonly TunedSide[]): TunedVerdict | null {
  if (sides.length === 0) return null;
  const chosen: (TuningRecord & Pick<TunedSide, 'dataset'>)[] = [];
  for (const { name, learning_rate, dataset, sweeps } of sides) {
    const [newest] = sweeps;
    const found = sweeps.find((sweep) => sweep.learning_rate === learning_rate);
    if (found !== undefined) {
      chosen.push({ ...found, dataset });
      continue;
    }
    if (learning_rate === null) return untuned(`It is not known how the learning rate of "${name}" was chosen.`);
    if (newest === undefined)
      return untuned(`The learning rate of "${name}" (${learning_rate}) was not chosen by a sweep.`);
    return untuned(`"${name}" was trained at ${learning_rate}, where its sweep chose ${newest.learning_rate}.`);
  }
  const [first] = chosen;
  if (first === undefined) return null;
  const ofData = Map.groupBy(chosen, ({ dataset }) => dataset);
  if ([...ofData.values()].some((alike) => new Set(alike.map(budgetOf)).size > 1))
    return untuned('The learning rates were chosen by sweeps of different budgets.');
  const { seeds, validation_samples, metric } = first;
  const rates = [...new Set(chosen.map((one) => one.rates.length))].sort((one, other) => one - other);
  const edges = chosen.filter(({ edge }) => edge !== null).length;
  const edge =
    edges === 0
      ? ''
      : ` ${edges} of ${chosen.length} chosen rates lie at an end of those tried: a better one may lie beyond.`;
  return {
    tuned: true,
    reason: `Each learning rate was chosen by a sweep of ${rates.join(' or ')} rates on ${seeds.length} seed${seeds.length === 1 ? '' : 's'}, by ${metricName(metric)} on ${validation_samples} validation examples.${edge}`,
  };
}

function untuned(reason: string): TunedVerdict {
  return { tuned: false, reason: `${reason} ${untunedNote}` };
}

/** Rates may differ between sides, their number may not. */
function budgetOf({ rates, seeds, validation_samples, budget }: TuningRecord): string {
  return JSON.stringify([rates.length, seeds.length, validation_samples, budget]);
}
