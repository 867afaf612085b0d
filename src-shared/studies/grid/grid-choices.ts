import { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import type { ParameterSpec, ParameterValue } from '../../domain/parameters/parameter.ts';
import { defaultMetric, exampleMetrics } from '../../metrics/index.ts';
import { fieldIds } from '../config/field-words.ts';
import type { StudyWords } from '../define-study.ts';
import type { Grid } from './grid-cells.ts';
import {
  type Budget,
  budgets,
  type HeadControl,
  headControls,
  type NormControl,
  normControls,
  type SubjectChoice,
} from './grid-schemas.ts';
import { rateText, type TuneConfig, usualExtensions } from './tuning.ts';

/** Seeds of a new study: the fewest with which sign flips over seeds can reach p below 0.05 (2 / 2⁶ = 0.031). */
export const usualSeeds = [1, 2, 3, 4, 5, 6] as const;

export const seedsHelp =
  'Take six or more: with five, the sign-flip test over seeds cannot go below p = 0.0625, and intervals of three seeds of unequal spread contain the true difference in 89 of 100 studies instead of 95.';

/** Parameters that studies over a grid of a run's fields have in common, as a form declares them. */
export const gridParameters = {
  grid: {
    name: 'grid',
    label: 'Grid',
    type: 'text',
    multiline: true,
    default: 'coto: off, on',
    help: 'A line for each field of the run with its values, e.g. "learning_rate: 5e-4, 1e-3", "adapter.parameters.r: 4, 8", "adapter.variant: lora, dora", "coto: off, on". The first cell is the reference.',
  },
  metric: {
    name: 'metric',
    label: 'Metric',
    type: 'text',
    names: 'metric',
    default: defaultMetric.id,
    help: `A metric of the task. The intervals of ${exampleMetrics.join(' and ')} are over seeds and examples, those of the others over seeds.`,
  },
  further_metrics: {
    name: 'further_metrics',
    label: 'Further metrics',
    type: 'text-list',
    default: [],
    empty: 'none',
    advanced: true,
    help: 'Metrics that are reported beside the first.',
  },
  scores: {
    name: 'scores',
    label: 'Scored',
    type: 'text',
    multiline: true,
    default: 'alone',
    help: 'A line for each thing that is scored of every cell: "alone", "merge factor-average" (of every pair of seeds; "of=all" merges all), "prune every-other-layer", "prune layer-third third=low", "prune magnitude sparsity=0.5".',
  },
  head: {
    name: 'head',
    label: 'Task heads',
    type: 'text-list',
    default: ['trained'],
    advanced: true,
    help: 'Heads of a classifier that every score is repeated with: trained (its own), swapped (that of the compared cell) and refit_after (fitted anew on training examples to what is scored).',
  },
  norm: {
    name: 'norm',
    label: 'Norms of ΔW',
    type: 'text-list',
    default: ['trained'],
    advanced: true,
    help: 'Strengths that every score is repeated at: trained (its own), and swapped (ΔW multiplied by one factor, so that its Frobenius norm over all modules is that of the compared cell, seed by seed).',
  },
  match: {
    name: 'match',
    label: 'Match cells by',
    type: 'choice',
    default: 'steps',
    advanced: true,
    choices: [
      { value: 'steps', label: 'Steps' },
      { value: 'rate_weighted_updates', label: 'Rate-weighted updates' },
      { value: 'compute', label: 'Compute' },
    ],
    help: 'Budget that all cells share. Rate-weighted updates are the steps times the share of the learning rate that an adapter receives. Compute is the passes through the layers. Cells other than the reference take more steps or fewer for it.',
  },
} as const satisfies Record<string, ParameterSpec>;

/** The task heads that these values of a form say, as keys of a config; none for the default. */
export function headsOf(values: Readonly<Record<string, ParameterValue>>): { head?: HeadControl[] } {
  const head = z.array(z.enum(headControls)).min(1).parse(values['head']);
  return head.join() === 'trained' ? {} : { head };
}

/** The strengths that these values of a form say, as keys of a config; none for the default. */
export function normsOf(values: Readonly<Record<string, ParameterValue>>): { norm?: NormControl[] } {
  const norm = z.array(z.enum(normControls)).min(1).parse(values['norm']);
  return norm.join() === 'trained' ? {} : { norm };
}

/** The budget that these values of a form say, as keys of a config; none for the default. */
export function budgetOf(values: Readonly<Record<string, ParameterValue>>): { match?: Budget } {
  const match = z.enum(budgets).parse(values['match']);
  return match === 'steps' ? {} : { match };
}

/** Describes the shared budget for the settings table of a study's page. */
export function describeBudget({
  match,
  matched_steps,
}: {
  readonly match?: Budget | undefined;
  readonly matched_steps?: readonly (number | null)[] | undefined;
}): { label: string; value: string }[] {
  if (match === undefined) return [];
  const label = gridParameters.match.choices.find(({ value }) => value === match)?.label ?? match;
  const steps = matched_steps?.map((one) => one ?? 'own').join(', ');
  return [{ label: 'Matched by', value: steps === undefined ? label : `${label}; steps of the cells: ${steps}` }];
}

/** Lists the task heads and the strengths of scores for the settings table of a study's page. */
export function describeControls({
  head,
  norm,
}: {
  readonly head?: readonly HeadControl[] | undefined;
  readonly norm?: readonly NormControl[] | undefined;
}): { label: string; value: string }[] {
  const { head: heads, norm: norms } = gridParameters;
  return [
    ...(head === undefined ? [] : [{ label: heads.label, value: head.join(', ') }]),
    ...(norm === undefined ? [] : [{ label: norms.label, value: norm.join(', ') }]),
  ];
}

/** Parameters of the sweep of learning rates; in a file they are keys of `tune`. */
export function tuneParameters(rates: readonly number[]): ParameterSpec[] {
  const group = 'Learning-rate sweep';
  return [
    {
      name: 'tune_learning_rate',
      label: 'Learning rates',
      type: 'number-list',
      default: [...rates],
      above: 0,
      empty: 'no sweep: the rate of the run or of the grid',
      group,
      help: 'Every cell tries these rates, with the same steps and seeds, and takes the best by its mean score on the validation split (tune.learning_rate in a file).',
    },
    {
      name: 'tune_per_device_train_batch_size',
      label: 'Batch sizes',
      type: 'integer-list',
      default: [],
      minimum: 1,
      empty: 'the batch size of the run',
      group,
      help: 'Every rate is tried with each, and the best pair is used (tune.per_device_train_batch_size in a file). With a fixed number of steps a larger batch sees more examples; set epochs to fix the examples.',
    },
    {
      name: 'tune_seeds',
      label: 'Seeds of the sweep',
      type: 'integer-list',
      default: [1],
      minimum: 0,
      group,
      help: 'Every rate of every cell is trained once on each (tune.seeds in a file).',
    },
    {
      name: 'tune_validation_samples',
      label: 'Validation samples',
      type: 'integer',
      default: 0,
      minimum: 0,
      unit: 'examples',
      group,
      help: 'Training examples held out to choose the rate by; 0: the validation_samples of the run. No cell trains on them, and the test split chooses nothing (tune.validation_samples in a file).',
    },
    {
      name: 'tune_rounding_repeats',
      label: 'Rounding repeats',
      type: 'integer',
      default: 0,
      minimum: 0,
      maximum: 10,
      group,
      advanced: true,
      help: 'Repeats of every trial whose initial weights differ by one unit in the last place. The table shows beside each score how far it moves; 0: none (tune.rounding_repeats in a file).',
    },
    {
      name: 'tune_extend',
      label: 'Extensions',
      type: 'integer',
      default: usualExtensions,
      minimum: 0,
      maximum: 8,
      group,
      help: 'How often the rates are extended at most, for all cells alike, while the best of a cell is at an end of them; 0: never (tune.extend in a file).',
    },
  ];
}

/** The sweep that these values of a form say; null without rates. */
export function tuneOf(values: Readonly<Record<string, ParameterValue>>): z.input<typeof tuneShape> | null {
  const rates = z.array(z.number()).parse(values['tune_learning_rate']);
  if (rates.length === 0) return null;
  const samples = z.number().parse(values['tune_validation_samples']);
  const batches = z.array(z.number()).parse(values['tune_per_device_train_batch_size']);
  const repeats = z.number().parse(values['tune_rounding_repeats']);
  return {
    learning_rate: rates,
    ...(repeats === 0 ? {} : { rounding_repeats: repeats }),
    ...(batches.length === 0 ? {} : { per_device_train_batch_size: batches }),
    seeds: z.array(z.number()).parse(values['tune_seeds']),
    validation_samples: samples === 0 ? null : samples,
    extend: z.number().parse(values['tune_extend']),
  };
}
const tuneShape = z.object({
  learning_rate: z.array(z.number()),
  per_device_train_batch_size: z.array(z.number()).optional(),
  rounding_repeats: z.number().optional(),
  seeds: z.array(z.number()),
  validation_samples: z.number().nullable(),
  extend: z.number(),
});

/**
 * "merge factor-average of=all" by lines → what is scored. Values are parsed as JSON if possible, else taken as text.
 * @throws StudioError invalid_input naming the line
 */
export function choicesFromText(text: string): SubjectChoice[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(choiceFromLine);
}

function choiceFromLine(line: string): SubjectChoice {
  const [first, id, ...settings] = line.split(/\s+/);
  const pairs = settings.map((setting) => /^([\w]+)=(.+)$/.exec(setting));
  if (first === 'alone' && id === undefined) return 'alone';
  if ((first !== 'merge' && first !== 'prune') || id === undefined || pairs.includes(null))
    throw new StudioError(
      'invalid_input',
      `"${line}" says nothing to score.`,
      'Write alone, merge METHOD or prune METHOD, then its parameters as name=value.',
    ).at('scores');
  const values = Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', valueFromWord(pair?.[2] ?? '')]));
  if (first === 'prune') return { prune: id, parameters: values };
  const { of = 'pairs', ...parameters } = values;
  return { merge: id, parameters, of: z.enum(['pairs', 'all']).parse(of) };
}

function valueFromWord(word: string): ParameterValue {
  try {
    return z.union([z.number(), z.boolean(), z.string()]).parse(JSON.parse(word));
  } catch {
    return word;
  }
}

/** "Factor average of two seeds", "50 % zeroed", as the study's page and reports show it. */
export function choiceText(choice: SubjectChoice, { mergeMethod, pruning }: StudyWords): string {
  if (choice === 'alone') return 'Alone';
  if ('prune' in choice) return pruning?.(choice.prune, choice.parameters) ?? choice.prune;
  const settings = Object.entries(choice.parameters).map(([name, value]) => `${name} ${String(value)}`);
  const merged = `${mergeMethod(choice.merge)} of ${choice.of === 'pairs' ? 'two seeds' : 'all seeds'}`;
  return settings.length === 0 ? merged : `${merged} (${settings.join(', ')})`;
}

export function gridText(grid: Grid, { fields: words = fieldIds }: StudyWords): string {
  const fields = Object.entries(grid).map(
    ([name, values]) => `${name === 'coto' ? 'CoTo' : words.field(name)} × ${values.length}`,
  );
  return fields.length === 0 ? 'the run as it is' : fields.join(', ');
}

export function tuneText({ learning_rate, per_device_train_batch_size: batches, seeds, extend }: TuneConfig): string {
  const more = extend === 0 ? '' : `, extended up to ${extend} times`;
  const sizes = batches === undefined ? '' : `, each with the batch sizes ${batches.join(', ')},`;
  return `${learning_rate.map(rateText).join(', ')}${sizes} on seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}${more}`;
}
