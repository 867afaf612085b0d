import { describe, expect, it } from 'vitest';
import { BatchOrder } from '../../../src-main/engine/training/batch-order.ts';
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

  it('refuses an empty split', () => {
    expect(() => new BatchOrder(new Int32Array(0), 3, 1, RandomStream.seeded(1, 'data'))).toThrow(/no examples/);
  });
});
