import { dropoutMask } from '../../../engine/ops/linear/dropout-mask.ts';
import { int32, type OperationCase } from './operation-case.ts';

const seeds = [7, -1_234_567_890, 2 ** 31 - 1];
const bits = 2n ** 32n;

/** MurmurHash3's finalizer in whole numbers. */
function hash(index: number, seed: number): bigint {
  let value = BigInt.asUintN(32, BigInt(index) * 0x9e3779b9n) ^ BigInt.asUintN(32, BigInt(seed));
  for (const [shift, factor] of [
    [16n, 0x85ebca6bn],
    [13n, 0xc2b2ae35n],
  ] as const)
    value = ((value ^ (value >> shift)) * factor) % bits;
  return value ^ (value >> 16n);
}

const mask = (rows: number, columns: number, probability: number, place: number): OperationCase => ({
  name: `dropout mask of ${rows} × ${columns}, ${probability}, by the seed ${seeds[place]}`,
  shapes: {},
  wanted: [],
  run: () => dropoutMask([rows, columns], probability, { seeds: int32(seeds), place }),
  reference: () =>
    Array.from({ length: rows * columns }, (_, index) =>
      Number(hash(index, seeds[place] ?? 0)) / 2 ** 32 < probability ? 0 : 1 / (1 - probability),
    ),
});

export const dropoutMaskCases: readonly OperationCase[] = [
  mask(5, 7, 0.5, 0),
  mask(33, 40, 0.1, 1),
  mask(130, 3, 0.9, 2),
];
