import { z } from 'zod';

export const memoryVerdictSchema = z.enum(['fits', 'tight', 'does not fit']);
export type MemoryVerdict = z.infer<typeof memoryVerdictSchema>;

/** Share of the free memory above which a run is tight: other programs and the estimate's error need the rest. */
export const tightShare = 0.8;

/**
 * Whether `needed` bytes fit into `free` bytes: up to 80 % fits, up to 100 % is tight, more does not fit.
 */
export function memoryVerdict(needed: number, free: number): MemoryVerdict {
  if (needed > free) return 'does not fit';
  return needed > tightShare * free ? 'tight' : 'fits';
}

/** Explanation of a verdict and the remedy, as shown to the user. */
export const verdictTexts: Readonly<Record<MemoryVerdict, string>> = {
  fits: `It needs at most ${100 * tightShare} % of the memory that is free now.`,
  tight: `It needs more than ${100 * tightShare} % of the memory that is free now: close other programs, or lower the batch size.`,
  'does not fit':
    'It needs more memory than is free now: lower per_device_train_batch_size and raise gradient_accumulation_steps, which keeps the effective batch.',
};
