import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../../../engine/ops/index.ts';
import { cayley } from '../../../engine/ops/linear/cayley.ts';
import { rotateBlocks, rotatedWeight } from '../../../engine/ops/linear/rotate-blocks.ts';
import { gelu, get, multiply, transpose, type Values } from '../reference.ts';
import { lasting, matrix, type OperationCase } from './operation-case.ts';

/** The skew-symmetric matrix whose upper triangle is `vector`. */
function skew(vector: Values, size: number): number[] {
  const q = new Array<number>(size * size).fill(0);
  let at = 0;
  for (let row = 0; row < size; row++)
    for (let column = row + 1; column < size; column++) {
      q[row * size + column] = get(vector, at);
      q[column * size + row] = -get(vector, at++);
    }
  return q;
}

function identity(size: number): number[] {
  return Array.from({ length: size * size }, (_, place) => Number(place % (size + 1) === 0));
}

const sum = (one: Values, other: Values, factor = 1) => one.map((value, at) => value + factor * get(other, at));

/** By Gauss and Jordan; the pivots of I + Q are no smaller than 1. */
function inverse(m: Values, size: number): number[] {
  const rows = Array.from({ length: size }, (_, row) => [
    ...m.slice(row * size, (row + 1) * size),
    ...identity(size).slice(row * size, (row + 1) * size),
  ]);
  for (const [at, pivot] of rows.entries()) {
    const by = get(pivot, at);
    for (const column of pivot.keys()) pivot[column] = get(pivot, column) / by;
    for (const [other, row] of rows.entries()) {
      if (other === at) continue;
      const factor = get(row, at);
      for (const column of row.keys()) row[column] = get(row, column) - factor * get(pivot, column);
    }
  }
  return rows.flatMap((row) => row.slice(size));
}

/** I + 2Q + 2Q² + … + Qᵏ with the given coefficients, or, without, (I − Q)·(I + Q)⁻¹. */
function rotation(vector: Values, size: number, coefficients: readonly number[]): number[] {
  const q = skew(vector, size);
  const one = identity(size);
  if (coefficients.length === 0) return multiply(sum(one, q, -1), inverse(sum(one, q), size), size, size, size);
  let power = one;
  let total = one.map(() => 0);
  for (const coefficient of coefficients) {
    total = sum(total, power, coefficient);
    power = multiply(power, q, size, size, size);
  }
  return total;
}

/** PEFT's series by its number of terms; 0: the inverse. */
const series: Readonly<Record<number, readonly number[]>> = {
  0: [],
  1: [1],
  2: [1, 2],
  3: [1, 2, 2, 1],
  4: [1, 2, 2, 1],
  5: [1, 2, 2, 2, 1],
  7: [1, 2, 2, 2, 2, 2, 1],
};

const rotations = (count: number, size: number, terms: number, spread: number): OperationCase => {
  const length = (size * (size - 1)) / 2;
  return {
    name: `cayley of ${count} × ${size}, ${terms} terms, angles about ${spread}`,
    shapes: { weight: [count, length] },
    spread,
    wanted: terms === 1 ? [] : ['weight'],
    run: (take) => cayley(take('weight'), { size, terms, bound: 0 }),
    reference: (take) =>
      Array.from({ length: count }, (_, at) =>
        rotation(take('weight').slice(at * length, (at + 1) * length), size, series[terms] ?? []),
      ).flat(),
  };
};

interface Sizes {
  readonly rows: number;
  readonly count: number;
  readonly size: number;
}

/** x [rows, n · size] by its blocks; one rotation may serve all. */
function rotated(x: Values, blocks: Values, { rows, count, size }: Sizes, isBack = false): number[] {
  const own = blocks.length === count * size * size;
  return Array.from({ length: rows * count * size }, (_, place) => {
    const [row, column] = [Math.floor(place / (count * size)), place % (count * size)];
    const [block, at] = [Math.floor(column / size), column % size];
    let total = 0;
    for (let k = 0; k < size; k++) {
      const entry = (own ? block * size * size : 0) + (isBack ? at * size + k : k * size + at);
      total += get(x, (row * count + block) * size + k) * get(blocks, entry);
    }
    return total;
  });
}

const rotate = (sizes: Sizes, { shared = false, masked = false, activated = false } = {}): OperationCase => {
  const { rows, count, size } = sizes;
  const mask = Array.from({ length: count }, (_, at) => Number(at % 2 === 0));
  return {
    name: `rotate ${rows} × ${count} blocks of ${size}${shared ? ', shared' : ''}${masked ? ', masked' : ''}${activated ? ', activated' : ''}`,
    shapes: { x: [rows, count * size], rotation: [shared ? 1 : count, size, size] },
    wanted: ['x', 'rotation'],
    run: (take) => {
      const x = matrix(take, 'x');
      const { value, derivative } = activated ? activate(x, 'gelu', true) : { value: x };
      return rotateBlocks(value, take('rotation'), { derivative, mask: masked ? lasting(tf.tensor1d(mask)) : null });
    },
    reference: (take) => {
      const x = activated ? take('x').map(gelu) : take('x');
      const turned = rotated(x, take('rotation'), sizes);
      const isKept = (place: number) => !masked || get(mask, Math.floor((place % (count * size)) / size)) === 1;
      return turned.map((value, place) => (isKept(place) ? value : get(x, place)));
    },
  };
};

const merged = (sizes: Sizes, inputsFirst: boolean, shared: boolean): OperationCase => {
  const { rows, count, size } = sizes;
  return {
    name: `rotated weight ${rows} × ${count * size}${inputsFirst ? ', inputs first' : ''}${shared ? ', shared' : ''}`,
    shapes: { weight: [rows, count * size], rotation: [shared ? 1 : count, size, size] },
    wanted: [],
    run: (take) =>
      rotatedWeight(
        inputsFirst ? tf.transpose(matrix(take, 'weight')) : matrix(take, 'weight'),
        take('rotation'),
        inputsFirst,
      ),
    reference: (take) => {
      const weight = rotated(take('weight'), take('rotation'), sizes, true);
      return inputsFirst ? transpose(weight, rows, count * size) : weight;
    },
  };
};

const sizes = { rows: 7, count: 3, size: 4 };

export const rotationCases: readonly OperationCase[] = [
  ...Object.keys(series).map((terms) => rotations(3, 5, Number(terms), 0.4)),
  rotations(2, 8, 0, 1.5),
  rotations(1, 2, 0, 30),
  rotate(sizes),
  rotate(sizes, { shared: true }),
  rotate(sizes, { masked: true, activated: true }),
  merged(sizes, false, false),
  merged(sizes, true, false),
  merged(sizes, true, true),
];
