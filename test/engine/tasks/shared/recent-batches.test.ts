import { expect, test } from 'vitest';
import { recentBatches } from '../../../../src-main/engine/tasks/shared/recent-batches.ts';
import { classBatch } from '../../batches.ts';

/** The batches that are loaded when these are asked for in turn, each of `floats` values. */
async function loadedOf(asked: readonly number[], floats: number): Promise<number[]> {
  const loaded: number[] = [];
  const data = new Float32Array(floats);
  const load = recentBatches(async (indices) => {
    loaded.push(indices[0] ?? -1);
    return classBatch({ pixel_values: { shape: [1, floats], data } }, Int32Array.from(indices));
  });
  for (const index of asked) expect((await load(Int32Array.of(index))).loss.labels).toEqual(Int32Array.of(index));
  return loaded;
}

test('the last eight batches are kept', async () => {
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  expect(await loadedOf([...eight, ...eight, ...eight], 10)).toEqual(eight);
  // The ninth takes the place of the one that was asked for longest ago.
  expect(await loadedOf([...eight, 0, 8, 0, 1], 10)).toEqual([...eight, 8, 1]);
});

test('keeps the last of large batches, and others within 64 MB', async () => {
  expect(await loadedOf([0, 0, 1, 1, 0], 17 * 2 ** 20)).toEqual([0, 1, 0]);
  expect(await loadedOf([0, 1, 2, 3, 1, 2, 3, 0], 8 * 2 ** 20)).toEqual([0, 1, 2, 3, 0]);
});
