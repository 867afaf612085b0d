export type MemoryVerdict = 'fits' | 'tight' | 'does not fit';

/** Above this share of what is free a run is tight: other programs, and the estimate's own error, need the rest. */
export const tightShare = 0.8;

/**
 * Whether a run that needs `needed` bytes has room in `free` bytes: it fits up to 80 % of what is free, is tight up to
 * all of it, and does not fit beyond.
 */
export function memoryVerdict(needed: number, free: number): MemoryVerdict {
  if (needed > free) return 'does not fit';
  return needed > tightShare * free ? 'tight' : 'fits';
}

/** What a verdict means and what to do, for a person. */
export const verdictTexts: Readonly<Record<MemoryVerdict, string>> = {
  fits: `It needs at most ${100 * tightShare} % of the memory that is free now.`,
  tight: `It needs more than ${100 * tightShare} % of the memory that is free now: close other programs, or lower the batch size.`,
  'does not fit':
    'It needs more memory than is free now: lower per_device_train_batch_size and raise gradient_accumulation_steps, which keeps the effective batch.',
};
