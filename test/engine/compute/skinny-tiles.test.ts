import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { gpuCounters } from '../../../src-main/engine/compute/webgpu/counters.ts';
import { columnsOf, matmulTile, rowsOf } from '../../../src-main/engine/compute/webgpu/kernels/matmul-tiles.ts';
import { matmul } from '../../../src-main/engine/ops/linear/matmul.ts';
import { relativeDifference } from '../golden.ts';
import { normal } from './random-matrices.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

/** Rows of a batch, inputs and outputs: SmolLM2-135M, 1.2 B, 8 B. */
const linears = [
  { rows: 2048, inputs: 576, outputs: 1536 },
  { rows: 512, inputs: 2048, outputs: 8192 },
  { rows: 128, inputs: 4096, outputs: 4096 },
];

/** The products of a linear's LoRA that have its rank: x·Aᵀ, dy·B, dyᵀ·z, dzᵀ·x. */
function products(rank: number, { rows, inputs, outputs }: (typeof linears)[number]) {
  return [
    { name: 'x·Aᵀ', m: rows, n: rank, k: inputs },
    { name: 'dy·B', m: rows, n: rank, k: outputs },
    { name: 'dyᵀ·z', m: outputs, n: rank, k: rows },
    { name: 'dzᵀ·x', m: rank, n: inputs, k: rows },
  ];
}

describe.each([4, 8, 16, 32, 64])('products by rank %i', (rank) => {
  it.each([true, false])('read the batch once; in a dispatch with others: %s', (isJoined) => {
    for (const linear of linears)
      for (const { name, m, n, k } of products(rank, linear)) {
        const tile = matmulTile(m, n, k, isJoined);
        const reads = n === rank ? Math.ceil(n / columnsOf(tile)) : Math.ceil(m / rowsOf(tile));
        expect(reads, `${name} of ${linear.inputs} × ${linear.outputs}`).toBe(1);
        if (isJoined) expect(tile.across * tile.down * tile.slices).toBe(64);
      }
  });

  it('keep a device busy where k is long enough to be split', () => {
    for (const linear of linears)
      for (const { m, n, k } of products(rank, linear)) {
        const tile = matmulTile(m, n, k);
        const workgroups = Math.ceil(m / rowsOf(tile)) * Math.ceil(n / columnsOf(tile));
        expect(workgroups >= 64 || tile.slices > 1 || k < 256).toBe(true);
      }
  });
});

describe.skipIf(report?.available !== true)('products by an adapter of rank 40 on WebGPU', () => {
  beforeAll(async () => {
    await activateCompute('webgpu');
    tf.env().set('WEBGPU_CPU_FORWARD', false);
  });

  it.each([
    { name: 'x·Aᵀ', a: [70, 300], b: [40, 300], options: { transposeB: true }, tile: 'dot_broad_sliced' },
    { name: 'dy·B', a: [70, 300], b: [300, 40], options: {}, tile: 'mixed_broad_sliced' },
    { name: 'dyᵀ·z', a: [70, 300], b: [70, 40], options: { transposeA: true }, tile: 'outer_broad' },
    { name: 'dzᵀ·x', a: [270, 40], b: [270, 300], options: { transposeA: true }, tile: 'outer_high_sliced' },
  ] as const)(
    'have their sums: $name',
    async ({ a, b, options, tile }) => {
      const [left, right] = [normal(a, 1), normal(b, 2)];
      gpuCounters.start();
      const found = matmul(left, right, options);
      expect(gpuCounters.stop().byProgram).toEqual({ [`matmul_${tile}`]: 1 });
      const [x, y] = [await left.array(), await right.array()];
      const inner = 'transposeA' in options ? a[0] : a[1];
      const at = (matrix: readonly (readonly number[])[], isTurned: boolean, first: number, second: number) =>
        (isTurned ? matrix[second]?.[first] : matrix[first]?.[second]) ?? Number.NaN;
      const expected = Array.from({ length: found.size }, (_, place) => {
        const [row, column] = [Math.floor(place / found.shape[1]), place % found.shape[1]];
        let sum = 0;
        for (let k = 0; k < inner; k++)
          sum += at(x, 'transposeA' in options, row, k) * at(y, 'transposeB' in options, k, column);
        return sum;
      });
      expect(relativeDifference(await found.data(), expected)).toBeLessThan(2e-6);
      tf.dispose([left, right, found]);
    },
    900_000,
  );
});
