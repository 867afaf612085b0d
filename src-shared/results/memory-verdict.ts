import { z } from 'zod';

export const memoryVerdictSchema = z.enum(['fits', 'tight', 'does not fit']);
export type MemoryVerdict = z.infer<typeof memoryVerdictSchema>;

/** Memory that a training step may take now. */
export const memoryRoomSchema = z.object({
  freeMemoryBytes: z.number(),
  memoryDevice: z.string().nullable().describe('the graphics card whose memory it is; null: memory of the machine'),
  largestTensorBytes: z.number().nullable().describe('that the card allows; null: any'),
});
export type MemoryRoom = z.infer<typeof memoryRoomSchema>;

export const memoryNeedSchema = z.object({
  memory: z.array(z.object({ part: z.string(), bytes: z.number() })),
  tensorBytes: z.number().describe('of the largest single tensor'),
});
/** Memory that a training step takes, by part. */
export type MemoryNeed = z.infer<typeof memoryNeedSchema>;

/** Share of the free memory above which a run is tight: other programs and the estimate's error need the rest. */
export const tightShare = 0.8;

export function neededBytes({ memory }: Pick<MemoryNeed, 'memory'>): number {
  return memory.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Judges if a step fits in memory: "fits" up to 80 % of the free memory, "tight" up to 100 %. More, or a tensor above
 * the card's limit, does not fit.
 */
export function memoryVerdict(need: MemoryNeed, room: MemoryRoom): MemoryVerdict {
  const needed = neededBytes(need);
  if (needed > room.freeMemoryBytes || exceedsTensor(need, room)) return 'does not fit';
  return needed > tightShare * room.freeMemoryBytes ? 'tight' : 'fits';
}

/** Returns true if the largest tensor exceeds the card's limit, regardless of free memory. */
export function exceedsTensor(
  { tensorBytes }: Pick<MemoryNeed, 'tensorBytes'>,
  { largestTensorBytes }: Pick<MemoryRoom, 'largestTensorBytes'>,
): boolean {
  return largestTensorBytes !== null && tensorBytes > largestTensorBytes;
}

/** Explanation of a verdict and the remedy, as shown to the user. */
export const verdictTexts: Readonly<Record<MemoryVerdict, string>> = {
  fits: `It needs at most ${100 * tightShare} % of the memory that is free now.`,
  tight: `It needs more than ${100 * tightShare} % of the memory that is free now: close other programs, or lower the batch size.`,
  'does not fit':
    'It needs more memory than is free now: lower per_device_train_batch_size and raise gradient_accumulation_steps, which keeps the effective batch.',
};

/** Counterpart of `verdictTexts` for a tensor above the card's limit. */
export const tensorTooLarge =
  'One of its tensors is larger than the graphics card allows: lower per_device_train_batch_size and raise gradient_accumulation_steps, shorten max_length, or choose another compute backend.';
