import { RandomStream } from '../../../../src-shared/random.ts';

/** The same order each time, in which any beginning of a split is a fair sample, however its file is sorted. */
export function testOrder(count: number): Int32Array {
  return Int32Array.from(RandomStream.seeded(0, 'subset').shuffle(Array.from({ length: count }, (_, index) => index)));
}
