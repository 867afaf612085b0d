import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { NativeBackend } from '../../../src-main/engine/compute/native/backend.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { appendRows } from '../../../src-main/engine/ops/indexing/append-rows.ts';

const width = 64;
const row = (value: number) => tf.fill<tf.Rank.R2>([1, width], value);
const firsts = (rows: tf.Tensor2D) => Array.from(rows.dataSync()).filter((_, index) => index % width === 0);

function native(): NativeBackend {
  const backend = tf.backend();
  if (!(backend instanceof NativeBackend)) throw new Error('the native backend is not active');
  return backend;
}

describe.skipIf(!('addon' in loadAddon()))('rows appended on the native backend', () => {
  beforeAll(async () => {
    await activateCompute('native');
  });

  it('are written behind the others, which stay where they are while there is room', () => {
    const before = native().nativeMemory().tensors;
    let rows: tf.Tensor2D = tf.fill([100, width], 0);
    let grown = 0;
    for (let value = 1; value <= 120; value++) {
      const added = row(value);
      const live = native().nativeMemory().liveBytes;
      const more = appendRows(rows, added, 1);
      if (native().nativeMemory().liveBytes > live) grown++;
      tf.dispose([rows, added]);
      rows = more;
    }
    expect(firsts(rows)).toEqual([...Array<number>(100).fill(0), ...Array.from({ length: 120 }, (_, at) => at + 1)]);
    // To 1.5 × 101 rows, then to 1.5 × 152.
    expect(grown).toBe(2);
    rows.dispose();
    expect(native().nativeMemory().tensors).toBe(before);
  });

  it('do not reach those who have fewer rows, nor those who append others', () => {
    const before = native().nativeMemory().tensors;
    const all = tf.tidy(() => {
      const one = appendRows(row(1), row(2), 1);
      const kept = tf.clone(one);
      const long = appendRows(one, row(3), 1);
      const other = appendRows(kept, row(4), 1);
      return [one, kept, long, other, appendRows(long, row(5), 1), appendRows(other, row(6), 1)].map(firsts);
    });
    expect(all).toEqual([
      [1, 2],
      [1, 2],
      [1, 2, 3],
      [1, 2, 4],
      [1, 2, 3, 5],
      [1, 2, 4, 6],
    ]);
    expect(native().nativeMemory().tensors).toBe(before);
  });
});
