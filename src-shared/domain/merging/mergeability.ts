import { z } from 'zod';
import { formatFixed } from '../../format/numbers.ts';

/** Similarity measures of two adapters, in one layer or in all. */
export const pairMeasuresSchema = z.object({
  overlap: z
    .number()
    .describe("mean cos² of the principal angles between the adapters' subspaces, of inputs and outputs: 0 to 1"),
  expected: z.number().describe('the mean of the overlap for random subspaces of the same ranks'),
  deviations: z.number().describe('(overlap − expected) in standard deviations of the overlap of random subspaces'),
  cosine: z.number().describe('of the two ΔW as vectors; 0 in the mean for random directions'),
  cosineDeviations: z.number().describe('the cosine in standard deviations of that of random directions'),
  conflict: z
    .number()
    .describe('share of what both change that they change in opposite directions; one half for random signs'),
  balance: z.number().describe('smaller over larger norm of the weighted ΔW: 1 where both are alike'),
});
export type PairMeasures = z.infer<typeof pairMeasuresSchema>;

/** Verdicts of the rule that the study of mergeability tests, from the best to the worst. */
export const mergeVerdicts = ['merge', 'reweight', 'other method', 'do not'] as const;
export const mergeVerdictSchema = z.object({ verdict: z.enum(mergeVerdicts), reason: z.string() });
export type MergeVerdict = z.infer<typeof mergeVerdictSchema>;

const measuredPairSchema = pairMeasuresSchema.extend({ first: z.number().int(), second: z.number().int() });
export type MeasuredPair = z.infer<typeof measuredPairSchema>;

/** Measures of every pair of adapters with the verdict under test, as studies keep them. */
export const pairsOfAdaptersSchema = z.array(measuredPairSchema.extend(mergeVerdictSchema.shape));
export type PairsOfAdapters = z.infer<typeof pairsOfAdaptersSchema>;

/** Layer × pair map of the similarity of adapters that are to be merged. */
export const mergeabilitySchema = z.object({
  names: z.array(z.string()).describe('of the adapters'),
  layers: z.array(z.number().nullable()).describe('rows, from the input up; null: outside the layers'),
  pairs: z.array(measuredPairSchema),
  /** cells[row][pair]; null where the two have no module in common there. */
  cells: z.array(z.array(pairMeasuresSchema.nullable())),
});
export type Mergeability = z.infer<typeof mergeabilitySchema>;

/**
 * Reason why the map gives no advice, as the window and the command show it. The numbers are those of the 140 pairs in
 * docs/results/studies/images-mergeability.md: for each pair, the rule was fitted to the pairs without its tasks.
 */
export const mapNote =
  'This map shows similarity and gives no advice. On 140 published pairs, no threshold on any of these measures chose between the factor average and the ΔW average better than always taking the ΔW average: on tasks that the rule was not fitted to, the rules lost 3.8 to 4.1 % of the own scores, the ΔW average 3.8 %.';

/** Describes the similarity of two adapters in a sentence, from measures of all their modules. */
export function pairSimilarity(measures: PairMeasures): string {
  const { overlap, expected, conflict, cosine, balance } = measures;
  return `overlap of subspaces ${overlap.toFixed(2)} (random ${expected.toFixed(2)}), cosine ${formatFixed(cosine, 2)}, opposite signs ${percent(conflict)}, norm of the weaker ${percent(balance)} of the stronger`;
}

const limits = { cosine: -0.1, deviations: 3, excess: 0.05, conflict: 0.4, balance: 0.5 } as const;

/** The rule of `pairVerdict`, which versions up to 0.2 gave as advice before a merge; its study tests it. */
export const mergeRule = [
  `Do not: the cosine of the two ΔW is below ${limits.cosine} and ${limits.deviations} standard deviations below that of random directions; they undo each other.`,
  `Other method: the subspaces overlap by more than ${limits.excess} and ${limits.deviations} standard deviations above random ones, and more than ${100 * limits.conflict} % of what both change has opposite signs; elect signs (TIES, DARE-TIES) or keep directions apart (KnOTS, TSV-M).`,
  `Reweight: the norm of one weighted ΔW is less than ${limits.balance} of the other's, which would drown it.`,
  'Merge: none of these. The first that holds counts, and of several pairs the worst.',
].join(' ');

/** Derives the verdict on two adapters from measures of all their modules, by `mergeRule`. */
export function pairVerdict(measures: PairMeasures, names: readonly [string, string]): MergeVerdict {
  const { overlap, expected, deviations, cosine, cosineDeviations, conflict, balance } = measures;
  const pair = `${names[0]} and ${names[1]}`;
  if (cosine < limits.cosine && cosineDeviations < -limits.deviations)
    return {
      verdict: 'do not',
      reason: `${pair} undo each other: the cosine of their ΔW is ${formatFixed(cosine, 2)}.`,
    };
  const shared = overlap - expected > limits.excess && deviations > limits.deviations;
  if (shared && conflict > limits.conflict)
    return {
      verdict: 'other method',
      reason: `${pair} share directions (overlap ${overlap.toFixed(2)}, random ${expected.toFixed(2)}) and change ${percent(conflict)} of what they share in opposite directions: elect signs (TIES, DARE-TIES) or keep directions apart (KnOTS, TSV-M).`,
    };
  if (balance < limits.balance)
    return {
      verdict: 'reweight',
      reason: `${pair} differ in strength: the weighted norm of one is ${percent(balance)} of the other's. Multiply the weaker one's weight by ${(1 / Math.max(balance, 1e-6)).toPrecision(2)} for equal strength.`,
    };
  return {
    verdict: 'merge',
    reason: shared
      ? `${pair} share directions (overlap ${overlap.toFixed(2)}, random ${expected.toFixed(2)}) and mostly agree in sign.`
      : `${pair} overlap little more than random subspaces would (${overlap.toFixed(2)}, random ${expected.toFixed(2)}): a sum keeps both, an average weakens each.`,
  };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
