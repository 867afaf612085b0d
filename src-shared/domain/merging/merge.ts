import { z } from 'zod';
import { once } from '../../once.ts';
import { parametersOf } from '../parameters/parameters-of.ts';

/** Weight of an adapter in a merge: one number, or one for each layer of the base, the first from the input first. */
export const mergeWeightSchema = z.union([z.number(), z.array(z.number()).min(1).readonly()]);
export type MergeWeight = z.infer<typeof mergeWeightSchema>;

/** The weight in a layer; outside the layers (null) a list counts with its mean. */
export function weightAt(weight: MergeWeight, layer: number | null): number {
  if (typeof weight === 'number') return weight;
  return layer === null ? meanWeight(weight) : (weight[layer] ?? 0);
}

/** An adapter to merge. */
export const mergeInputSchema = z.strictObject({ adapterId: z.string(), weight: mergeWeightSchema });
export type MergeInput = z.infer<typeof mergeInputSchema>;

/** Settings of methods that look at data. */
export const tuningSchema = z.object({
  tuning_samples: z.number().int().min(1).default(64).meta({
    title: 'Tuning examples',
    description:
      "Training examples of each adapter's dataset that methods which look at data use; none is in the test split.",
    unit: 'examples',
    step: 16,
  }),
});
export const tuningParameters = once(() => parametersOf(tuningSchema));

/** Baselines beside the merge in its table of scores. */
export const placeboSchema = z.object({
  placebos: z.boolean().default(false).meta({
    title: 'Compare with random merges',
    description:
      'Also scores the merge with random directions of the same singular values, and with its layers shuffled. If the merge is not better than these, it has combined nothing.',
  }),
});
export const placeboParameters = once(() => parametersOf(placeboSchema));

/** "0.5", or by layer "0.5, 0.25, 0". */
export function weightText(weight: MergeWeight): string {
  return [weight]
    .flat()
    .map((value) => String(Number(value.toPrecision(6))))
    .join(', ');
}

/** A weight as it is typed, one number or several with commas between them; null where it is none. */
export function weightFromText(text: string): MergeWeight | null {
  const parts = text
    .replace(/^\s*\[(.*)\]\s*$/s, '$1')
    .split(/[,;\s]+/)
    .filter((part) => part !== '');
  const numbers = parts.map(Number);
  if (numbers.length === 0 || !numbers.every(Number.isFinite)) return null;
  return numbers.length === 1 ? (numbers[0] ?? null) : numbers;
}

/** The weight as one number: a list counts with its mean, as it does for what lies outside the layers. */
export function meanWeight(weight: MergeWeight): number {
  const values = [weight].flat();
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Result of merging an adapter with nothing but itself. */
const identityOutcomeSchema = z.object({
  of: z.enum(['alone', 'twice']).describe('the adapter at weight 1, or with itself at ½ and ½'),
  exact: z.boolean().describe('whether every tensor comes back bit for bit'),
  error: z
    .number()
    .nullable()
    .describe('‖ΔW − ΔW′‖ / ‖ΔW‖ of the module where it is largest; null where the method was not run'),
  module: z.string().nullable().describe('that module, or the saved tensor'),
  reason: z.string().nullable().describe('why the method was not run'),
});
export type IdentityOutcome = z.infer<typeof identityOutcomeSchema>;
export const identityTestSchema = z.array(identityOutcomeSchema);
