import { z } from 'zod';
import { metricName } from '../../metrics/index.ts';

/** Learning rates that a sweep tried and the rate it chose for one run, for all seeds. */
export const tuningRecordSchema = z.object({
  learning_rate: z.number().describe('chosen'),
  rates: z.array(z.number()).describe('tried'),
  batch_size: z.number().int().optional().describe('chosen, where batch sizes were swept too'),
  batch_sizes: z.array(z.number().int()).optional().describe('tried with every rate'),
  seeds: z.array(z.number().int()).describe('of the sweep'),
  validation_samples: z.number().int().describe('training examples held out to choose by'),
  metric: z.string(),
  edge: z.enum(['low', 'high']).nullable().describe('the chosen rate is an end of those tried'),
  budget: z.string().describe('steps and examples of a trial; equal for equal budgets'),
});
export type TuningRecord = z.infer<typeof tuningRecordSchema>;

/** Words of each state of a comparison's learning rates, for badges, reports and the command line. */
export const tunedStates = {
  tuned: 'tuned',
  edge: 'at the edge of the grid',
  untuned: 'untuned',
} as const;
type TunedState = keyof typeof tunedStates;

/**
 * Fairness of a comparison. It is "tuned" if a recorded sweep on validation data chose each side's learning rate, with
 * equal data and budget, and "edge" if a rate so chosen is an end of those tried. Variants tuned alike perform similarly;
 * without tuning, a difference may be one of rates (arXiv 2602.04998).
 */
export const tunedVerdictSchema = z.object({
  state: z.enum(['tuned', 'edge', 'untuned'] satisfies TunedState[]),
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
    if (learning_rate === null)
      return untuned(`It is unknown how the learning rate of "${name}" was chosen, so it may explain the difference.`);
    if (newest === undefined)
      return untuned(
        `The learning rate of "${name}" (${learning_rate}) was not chosen by a sweep, so it may explain the difference.`,
      );
    return untuned(
      `"${name}" was trained at ${learning_rate}, but its sweep chose ${newest.learning_rate}: the learning rate may explain the difference.`,
    );
  }
  const [first] = chosen;
  if (first === undefined) return null;
  const ofData = Map.groupBy(chosen, ({ dataset }) => dataset);
  if ([...ofData.values()].some((alike) => new Set(alike.map(budgetOf)).size > 1))
    return untuned(
      'The learning rates were chosen by sweeps of different budgets, so they may explain the difference.',
    );
  const { seeds, validation_samples, metric, batch_sizes: batches } = first;
  const sizes = batches === undefined ? '' : ` with ${batches.length} batch sizes`;
  const rates = [...new Set(chosen.map((one) => one.rates.length))].sort((one, other) => one - other);
  const edges = chosen.filter(({ edge }) => edge !== null).length;
  const edge =
    edges === 0
      ? ''
      : ` ${edges} of ${chosen.length} chosen rates ${edges === 1 ? 'is' : 'are'} the lowest or highest that was tried: a better one may lie beyond. Extend the grid.`;
  return {
    state: edges === 0 ? 'tuned' : 'edge',
    reason: `Each learning rate was chosen by a sweep of ${rates.join(' or ')} rates${sizes} on ${seeds.length} seed${seeds.length === 1 ? '' : 's'}, by ${metricName(metric)} on ${validation_samples} validation examples.${edge}`,
  };
}

function untuned(reason: string): TunedVerdict {
  return { state: 'untuned', reason };
}

/** Rates may differ between sides, their number may not. */
function budgetOf({ rates, seeds, validation_samples, budget }: TuningRecord): string {
  return JSON.stringify([rates.length, seeds.length, validation_samples, budget]);
}
