import { adapterVariants } from '../engine/adapters/variants/index.ts';

/** Ids of the adapter variants that can be timed. */
export const benchVariants: readonly string[] = adapterVariants.map(({ declaration }) => declaration.id);

/** Those that are timed unless others are asked for: the ones that PyTorch's side of the bench knows. */
export const benchAdapters: readonly string[] = ['lora', 'dora', 'hira'];
