import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { groupedByLength } from '../../../src-main/engine/data/group-by-length.ts';
import { BatchOrder, batchOrderOf } from '../../../src-main/engine/training/batch-order.ts';
import { paddingShares } from '../../../src-main/engine/training/padding-share.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const examples = Int32Array.from({ length: 10 }, (_, index) => 100 + index);
const order = (seed: number) => new BatchOrder(examples, 3, 2, RandomStream.seeded(seed, 'data'));
const numbers = (batches: Int32Array[]) => batches.map((batch) => [...batch]);

describe('BatchOrder', () => {
  it('gives each example once an epoch, the last micro-batch short, no step across two epochs', () => {
    const data = order(1);
    const first = data.next();
    const second = data.next();
    expect(first.map((batch) => batch.length)).toEqual([3, 3]);
    expect(second.map((batch) => batch.length)).toEqual([3, 1]);
    expect([...numbers(first), ...numbers(second)].flat().sort()).toEqual([...examples].sort());
    expect(BatchOrder.stepsPerEpoch(10, 3, 2)).toBe(2);
  });

  it('shuffles each epoch and each seed differently', () => {
    const data = order(1);
    const epochs = [0, 1, 2].map(() => [...numbers(data.next()), ...numbers(data.next())].flat().join());
    expect(new Set(epochs).size).toBe(3);
    const other = order(2);
    expect([...numbers(other.next()), ...numbers(other.next())].flat().join()).not.toBe(epochs[0]);
  });

  it('goes on after a restore with the very batches that would have come next', () => {
    const data = order(5);
    for (let step = 0; step < 5; step++) data.next();
    const state = structuredClone(data.state());
    const expected = Array.from({ length: 6 }, () => numbers(data.next()));
    const resumed = order(77);
    resumed.restore(state);
    expect(Array.from({ length: 6 }, () => numbers(resumed.next()))).toEqual(expected);
  });

  it('is that of order_seed, where given, whatever the seed', () => {
    const first = (seed: number, order_seed: number | null) => {
      const sizes = { per_device_train_batch_size: 3, gradient_accumulation_steps: 2, group_by_length: false };
      return numbers(batchOrderOf({ ...sizes, seed, order_seed }, examples, undefined).next());
    };
    expect(first(1, 7)).toEqual(first(2, 7));
    expect(first(1, 7)).toEqual(first(7, null));
    expect(first(1, null)).not.toEqual(first(2, null));
  });

  it('refuses an empty split', () => {
    expect(() => new BatchOrder(new Int32Array(0), 3, 1, RandomStream.seeded(1, 'data'))).toThrow(/no examples/);
  });
});

describe('grouping by length', () => {
  // get_length_grouped_indices of Transformers 5.24.0 with torch.randperm put in place of these permutations.
  const lengths = [18, 40, 37, 11, 26, 33, 40, 7, 3, 33, 19, 38, 17, 15, 33, 37, 38, 33, 28, 12, 17, 12, 36, 27, 3, 7];
  const permutation = Int32Array.of(
    ...[14, 4, 16, 10, 6, 3, 19, 20, 22, 25, 2, 7, 21, 23, 11, 17, 13, 12, 15, 8, 0, 9, 1, 18, 24, 5],
  );
  it.each([
    [2, [6, 16, 14, 4, 10, 3, 2, 22, 20, 19, 25, 7, 11, 17, 23, 12, 13, 21, 1, 15, 9, 18, 0, 8, 5, 24]],
    [4, [6, 14, 4, 10, 16, 20, 19, 3, 2, 22, 25, 7, 11, 17, 23, 21, 15, 12, 13, 8, 1, 9, 18, 0, 5, 24]],
    [8, [6, 16, 14, 4, 10, 20, 19, 3, 11, 2, 22, 17, 23, 21, 25, 7, 1, 15, 9, 18, 0, 12, 13, 8, 5, 24]],
  ])("is Transformers' for steps of %i, equal lengths in their order", (batchSize, expected) => {
    expect([...groupedByLength(permutation, (index) => lengths[index] ?? 0, batchSize)]).toEqual(expected);
  });

  it("is Transformers' where mega-batches are 50 batches long", () => {
    const long = Int32Array.from({ length: 1000 }, (_, index) => (index * 389) % 1000);
    const grouped = [...groupedByLength(long, (index) => ((index * 7919) % 97) + 1, 4)];
    expect(grouped.slice(0, 6)).toEqual([837, 61, 352, 898, 122, 668]);
    expect(createHash('sha256').update(JSON.stringify(grouped)).digest('hex')).toBe(
      '318414489fd818236e3440e6c4e26f3174014601688a753e9a61904cd2785f77',
    );
  });

  const fields = { per_device_train_batch_size: 2, gradient_accumulation_steps: 2, seed: 3 };
  const all = Int32Array.from(lengths.keys());
  const lengthOf = (index: number) => lengths[index] ?? 0;

  it('gives each example once an epoch in another order, goes on after a restore, and is off by default', () => {
    const grouped = batchOrderOf({ ...fields, group_by_length: true }, all, lengthOf);
    const epochs = [0, 1].map(() => Array.from({ length: 7 }, () => numbers(grouped.next())).flat(2));
    for (const epoch of epochs) expect([...epoch].sort((one, other) => one - other)).toEqual([...all]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    const state = structuredClone(grouped.state());
    const next = numbers(grouped.next());
    const resumed = batchOrderOf({ ...fields, group_by_length: true, seed: 4 }, all, lengthOf);
    resumed.restore(state);
    expect(numbers(resumed.next())).toEqual(next);
    const plain = batchOrderOf({ ...fields, group_by_length: false }, all, lengthOf);
    expect(numbers(plain.next())).toEqual(numbers(new BatchOrder(all, 2, 2, RandomStream.seeded(3, 'data')).next()));
  });

  it('reports the share of padding of the first epoch: places less tokens, by places', () => {
    const one = { ...fields, group_by_length: true };
    const shares = paddingShares(one, all, lengthOf);
    const counted = (group_by_length: boolean) => {
      const order = batchOrderOf({ ...one, group_by_length }, all, lengthOf);
      const batches = Array.from({ length: 7 }, () => numbers(order.next())).flat();
      const places = batches.map((batch) => batch.length * Math.max(...batch.map(lengthOf)));
      const tokens = lengths.reduce((sum, length) => sum + length, 0);
      return 1 - tokens / places.reduce((sum, count) => sum + count, 0);
    };
    expect(shares).toEqual({ grouped: counted(true), shuffled: counted(false) });
    expect(shares?.grouped).toBeLessThan(shares?.shuffled ?? 0);
    // Texts of one length have none.
    expect(paddingShares(one, all, () => 5)).toEqual({ grouped: 0, shuffled: 0 });
    expect(paddingShares({ ...one, group_by_length: false }, all, lengthOf)).toBeNull();
  });
});
