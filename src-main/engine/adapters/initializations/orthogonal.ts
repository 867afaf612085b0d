import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import { type Matrix, matmul, qr, toFloat32, transpose } from '../../linalg/index.ts';
import type { Initialization } from './initialization.ts';

/**
 * Orthogonal start, as PEFT has it: rows of a random orthogonal matrix of size r are dealt out in turns to A and to B, so that
 * neither is zero and B·A is. https://datta0.github.io/posts/rethink-lora-init/
 */
export const orthogonal: Initialization = {
  declaration: {
    id: 'orthogonal',
    label: 'Orthogonal',
    summary: 'A and B both start random, on orthogonal halves of the rank, so that their product is zero.',
    parameters: [],
  },
  peft: { value: () => 'orthogonal' },
  residual: false,
  check({ name, rank }) {
    if (rank % 2 === 0) return;
    throw new StudioError(
      'invalid_input',
      `init_lora_weights: Orthogonal needs an even rank, and ${name} has ${rank}.`,
      'Choose an even r, or start another way.',
    ).at('adapter.init_lora_weights');
  },
  start({ rank, inFeatures, outFeatures }, { random }) {
    const { q } = qr(gaussian(rank, rank, random));
    const [odd, even] = [everyOther(q, 0), everyOther(q, 1)];
    const a = transpose(matmul(gaussian(inFeatures, rank / 2, random), odd));
    const b = matmul(gaussian(outFeatures, rank / 2, random), even);
    return { a: toFloat32(tenth(a)), b: toFloat32(tenth(b)) };
  },
};

function gaussian(rows: number, columns: number, random: RandomStream): Matrix {
  return { shape: [rows, columns], data: Float64Array.from({ length: rows * columns }, () => random.normal()) };
}

function everyOther({ shape: [rows, columns], data }: Matrix, first: number): Matrix {
  const kept = Array.from({ length: rows / 2 }, (_, index) => first + 2 * index);
  return {
    shape: [kept.length, columns],
    data: Float64Array.from(kept.flatMap((row) => [...data.subarray(row * columns, (row + 1) * columns)])),
  };
}

function tenth({ shape, data }: Matrix): Matrix {
  return { shape, data: data.map((value) => value / 10) };
}
