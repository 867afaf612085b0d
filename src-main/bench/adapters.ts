import { adapterVariants } from '../engine/api/adapters.ts';

/** Ids of the adapter variants that can be timed. */
export const benchVariants: readonly string[] = adapterVariants.map(({ declaration }) => declaration.id);

/** Adapters timed by default: the ones that the PyTorch peer supports. */
export const benchAdapters: readonly string[] = ['lora', 'dora', 'hira'];
