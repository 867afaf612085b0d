import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { cutUpdate, maxHostEntries } from '../../../../src-main/engine/formats/adapters/cut-update.ts';
import type { ReadOptions } from '../../../../src-main/engine/formats/adapters/format.ts';
import { recognizeAdapter } from '../../../../src-main/engine/formats/adapters/index.ts';
import { LongConversion } from '../../../../src-main/engine/formats/adapters/read-foreign.ts';
import { svd } from '../../../../src-main/engine/linalg/index.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'coto-conversion-'));
afterAll(() => rmSync(scratch, { recursive: true }));
beforeAll(() => activateCompute(testCompute));

/** A matrix with the singular values 1, 1/2, 1/4, …: sums of products of cosines, which are orthogonal. */
function matrixOf(rows: number, columns: number, count: number) {
  const data = new Float32Array(rows * columns);
  const cosine = (at: number, size: number, index: number) =>
    Math.sqrt(2 / size) * Math.cos((Math.PI * (at + 0.5) * (index + 1)) / size);
  for (let index = 0; index < count; index++) {
    const right = Float64Array.from({ length: columns }, (_, at) => cosine(at, columns, index));
    for (let row = 0; row < rows; row++) {
      const left = 2 ** -index * cosine(row, rows, index);
      for (let column = 0; column < columns; column++)
        data[row * columns + column] = (data[row * columns + column] ?? 0) + left * (right[column] ?? 0);
    }
  }
  return { shape: [rows, columns], data };
}

/** Squared length of what a cut to a rank leaves out. */
const left = (count: number, rank: number) =>
  Array.from({ length: count }, (_, index) => (index < rank ? 0 : 4 ** -index)).reduce((sum, value) => sum + value, 0);

describe('a change of a weight as B·A', () => {
  it.each([
    ['the host', 60, 50],
    ['the backend', 2048, 2049],
  ])('has the rank and the error of its singular values, computed on %s', (_, rows, columns) => {
    expect(rows * columns > maxHostEntries).toBe(rows > 1000);
    const matrix = matrixOf(rows, columns, 10);
    const cut = cutUpdate(matrix, 6, 'x');
    expect(cut).toMatchObject({ rank: 6, a: { shape: [6, columns] }, b: { shape: [rows, 6] } });
    expect(cut.total).toBeCloseTo(left(10, 0), 5);
    expect(cut.lost / left(10, 6)).toBeCloseTo(1, 3);
    const whole = cutUpdate(matrix, 32, 'x');
    expect(Math.sqrt(whole.lost / whole.total)).toBeLessThan(2e-6);
    // float32 rounds the matrix: some of what it rounds may be kept.
    if (rows > 1000) expect(whole.rank).toBe(10);
  });
});

async function read(file: string, options: ReadOptions) {
  const { format, source } = await recognizeAdapter(file);
  return format.read(source, [], options);
}

describe('a file of whole differences', () => {
  const file = goldenPath('lycoris', 'full.safetensors');

  it('is cut to the chosen rank, with the error of each module, the largest first', async () => {
    const { conversion, note, state } = await read(file, { rank: 3 });
    const stored = await readSafetensors(file);
    const differences = [...stored].filter(([name]) => name.endsWith('.diff'));
    const errors = differences.map(([, { shape, data }]) => {
      const squares = svd({ shape, data }).s.map((value) => value ** 2);
      const sum = (from: number) => squares.slice(from).reduce((all, value) => all + value, 0);
      return { lost: sum(3), total: sum(0) };
    });
    const total = (part: 'lost' | 'total') => errors.reduce((all, own) => all + own[part], 0);
    expect(conversion?.rank).toBe(3);
    expect(conversion?.error).toBeCloseTo(Math.sqrt(total('lost') / total('total')), 6);
    const expected = errors.map(({ lost, total: whole }) => Math.sqrt(lost / whole)).sort((one, other) => other - one);
    expect(conversion?.modules.map(({ error }) => error.toFixed(6))).toEqual(expected.map((error) => error.toFixed(6)));
    expect(new Set([...state.modules.values()].map(({ rank }) => rank))).toEqual(new Set([3]));
    expect(note).toContain(`at most ${(100 * (expected[0] ?? 0)).toPrecision(2)} % (${conversion?.modules[0]?.name})`);
  });

  it('reports each module, and ends before the first one where it would take too long', async () => {
    const reports: [number, number][] = [];
    const onModule = async (done: number, total: number) => void reports.push([done, total]);
    await read(file, { onModule });
    expect(reports.length).toBeGreaterThan(1);
    expect(reports).toEqual(reports.map((_, at) => [at + 1, reports.length]));
    const before = reports.length;
    await expect(read(file, { entries: 100, onModule })).rejects.toBeInstanceOf(LongConversion);
    expect(reports.length).toBe(before);
  });

  it('of a size that is known from its factors alone is counted too', async () => {
    const kron = path.join(scratch, 'kron.safetensors');
    const square = { shape: [16, 16], data: Float32Array.from({ length: 256 }, (_, at) => Math.sin(at)) };
    await writeSafetensors(
      kron,
      new Map([
        ['lycoris_x.lokr_w1', square],
        ['lycoris_x.lokr_w2', square],
        ['lycoris_y.diff', square],
      ]),
    );
    await expect(read(kron, { entries: 256 + 256 ** 2 - 1 })).rejects.toBeInstanceOf(LongConversion);
    const { state } = await read(kron, { entries: 256 + 256 ** 2 });
    expect(state.modules.size).toBe(2);
  });
});
