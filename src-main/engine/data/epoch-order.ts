import type { RandomStream } from '../../../src-shared/random.ts';

/** The order of one epoch: 0 … count − 1, shuffled by `random` (Fisher-Yates: count − 1 draws). */
export function epochOrder(count: number, random: RandomStream): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const swapped = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = swapped;
  }
  return order;
}
