import { z } from 'zod';
import type { PlannedAdapter } from '../../domain/adapters/adapter-reference.ts';
import type { ParameterSpec } from '../../domain/parameters/parameter.ts';
import { formatFixed } from '../../format/numbers.ts';
import { jackknifeInterval } from '../../statistics/jackknife.ts';
import { drawnSpread } from '../../statistics/student.ts';
import type { StudyTable, StudyWords } from '../define-study.ts';
import { judgedWords } from '../scores/judged-metric.ts';
import { byMetricSchema } from '../scores/point-score.ts';

/**
 * Merge methods that studies of mode connectivity always compare: the factors A and B, ΔW, the factors after alignment,
 * and the mean of the outputs. Averages of factors and of ΔW differ between their ends, so one alone proves nothing.
 */
export const standardMethods = ['factor-average', 'weight-average', 'aligned-average', 'ensemble'] as const;

/** A number with its 95 % interval; null where none was computed. */
export const estimateSchema = z.object({
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});
export type Estimate = z.infer<typeof estimateSchema>;

/** The same quantity of every metric that a result keeps, each in its own unit. */
export const estimatesSchema = byMetricSchema(estimateSchema);
export type Estimates = z.infer<typeof estimatesSchema>;

/**
 * Methods that take the place of another where the adapters do not allow it: tensors of a variant that is not B·A alone
 * are averaged by their names, which of LoRA's factors is the factor average.
 */
const standIns = new Map([['factor-average', 'parameter-average']]);

/** The method that merges adapters which this one rejects, with the same result on factors; null: there is none. */
export function factorEquivalent(method: string): string | null {
  return standIns.get(method) ?? null;
}

/** The method that this one replaces, or the method itself. */
export function originalMethod(method: string | null): string | null {
  return [...standIns].find(([, standIn]) => standIn === method)?.[0] ?? method;
}

/** A method that the adapters of a pair or triple, by its index, do not allow, why, and what is made instead. */
export const leftOutSchema = z.object({
  at: z.number().int(),
  method: z.string(),
  reason: z.string(),
  instead: z.string().nullable().default(null),
});
export type LeftOut = z.output<typeof leftOutSchema>;

/** Keys that configs of studies of mode connectivity have in common. */
export const connectivityShape = {
  seed: z.number().int().min(0).default(0),
  left_out: z.array(leftOutSchema).default([]).describe('filled in when the study is created'),
};

/** Keys that a pair or triple of theirs has beside its adapters or scores. */
export const joinedShape = {
  label: z.string(),
  name: z.string().default('').describe('tells pairs or triples of one label apart, e.g. seeds 1, 2'),
  coto: z.boolean(),
};

/** The parameter of their `seed`. */
export const bootstrapSeed: ParameterSpec = {
  name: 'seed',
  label: 'Seed of the bootstrap',
  type: 'integer',
  default: 0,
  minimum: 0,
  advanced: true,
  help: 'The same seed draws the same test examples for the intervals.',
};

/** "LoRA + CoTo, seeds 1, 2": the label of a pair or triple, and its name where it has one. */
export function joinedLabel(joined: { readonly label: string; readonly name: string } | undefined): string {
  if (joined === undefined) return '';
  return joined.name === '' ? joined.label : `${joined.label}, ${joined.name}`;
}

/** Methods of the pair or triple `at`: without those left out, with their substitutes. */
export function methodsAt(methods: readonly string[], leftOut: readonly LeftOut[], at: number): string[] {
  return methods.flatMap((id) => {
    const found = leftOut.find((one) => one.at === at && one.method === id);
    return found === undefined ? id : (found.instead ?? []);
  });
}

/** Lists the pairs left out of each series with the reasons, each once; empty if nothing was left out. */
export function leftOutTable(
  leftOut: readonly LeftOut[],
  labelOf: (at: number) => string,
  words: StudyWords,
): StudyTable[] {
  if (leftOut.length === 0) return [];
  const groups = Map.groupBy(leftOut, ({ method, reason, instead }) => JSON.stringify([method, reason, instead]));
  return [
    {
      title: 'Left out',
      columns: [{ label: 'Merge method' }, { label: 'Of' }, { label: 'Reason' }],
      rows: [...groups.values()].flatMap((members) => {
        const [first] = members;
        if (first === undefined) return [];
        const { method, reason, instead } = first;
        const labels = [...new Set(members.map(({ at }) => labelOf(at)))].join('; ');
        const standIn = instead === null ? '' : ` ${words.mergeMethod(instead)} instead.`;
        return { cells: [words.mergeMethod(method), labels, reason + standIn] };
      }),
    },
  ];
}

/** The adapters of a pair or triple by their references, as units of a jackknife. */
export function unitsOf(references: readonly PlannedAdapter[]): string[] {
  return references.map((reference) => JSON.stringify('run' in reference ? reference.run : reference));
}

/** Returns true if two pairs share an adapter and so are not independent samples. */
export function shareAdapters(pairs: readonly (readonly string[])[]): boolean {
  return new Set(pairs.flat()).size < pairs.flat().length;
}

/** Returns the spread drawn around a mean over pairs: the interval from three pairs on, the range of two. */
export function spreadOverPairs(
  values: readonly number[],
  units: readonly (readonly string[])[],
): { mean: number; halfWidth: number | null } {
  return values.length < 3 ? drawnSpread(values) : jackknifeInterval(values, units);
}

/** An estimate of a metric in the unit of tables and captions; of shares with so many digits, else with three. */
export function judgedEstimate(metric: string, estimate: Estimate, digits: number): string {
  const { scale } = judgedWords(metric);
  return estimateText(estimate, scale, scale === 100 ? digits : 3);
}

/** "2.7 [1.2, 4.0]", or "2.7" without an interval. The interval is never broken over two lines. */
export function estimateText({ value, low, high }: Estimate, scale: number, digits: number): string {
  const written = (number: number) => formatFixed(number * scale, digits);
  return low === null || high === null ? written(value) : `${written(value)} [${written(low)},\u00a0${written(high)}]`;
}
