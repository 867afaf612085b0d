import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../../../engine/ops/autograd/operation.ts';
import { elementwise, gatedDeltaRule, logDecay, shortConvolution } from '../../../engine/ops/index.ts';
import { get, type Values } from '../reference.ts';
import { lasting, matrix, type OperationCase, vector } from './operation-case.ts';

interface DeltaSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keySize: number;
  readonly valueSize: number;
}

/** The rule token by token, with decays −softplus(decay) and rates σ(rate) of the drawn values; the states of all heads last. */
function deltaRule(take: (name: string) => Values, sizes: DeltaSizes, start: Values | null): [number[], number[]] {
  const { batch, tokens, keyHeads, valueHeads, keySize, valueSize } = sizes;
  const out = new Array<number>(batch * tokens * valueHeads * valueSize).fill(0);
  const ends: number[] = [];
  for (let row = 0; row < batch * valueHeads; row++) {
    const [example, head] = [Math.floor(row / valueHeads), row % valueHeads];
    const size = keySize * valueSize;
    let state = start === null ? new Array<number>(size).fill(0) : start.slice(row * size, (row + 1) * size);
    for (let token = 0; token < tokens; token++) {
      const place = example * tokens + token;
      const keyAt = (place * keyHeads + Math.floor(head / (valueHeads / keyHeads))) * keySize;
      const valueAt = (place * valueHeads + head) * valueSize;
      const decay = 1 / (1 + Math.exp(get(take('decay'), place * valueHeads + head)));
      const rate = 1 / (1 + Math.exp(-get(take('rate'), place * valueHeads + head)));
      const shrunk = state.map((value) => value * decay);
      const along = (name: string, column: number, values: Values) => {
        let sum = 0;
        for (let d = 0; d < keySize; d++) sum += get(take(name), keyAt + d) * get(values, d * valueSize + column);
        return sum;
      };
      const written = Array.from(
        { length: valueSize },
        (_, column) => rate * (get(take('v'), valueAt + column) - along('k', column, shrunk)),
      );
      state = shrunk.map(
        (value, index) =>
          value + get(take('k'), keyAt + Math.floor(index / valueSize)) * get(written, index % valueSize),
      );
      for (let column = 0; column < valueSize; column++) out[valueAt + column] = along('q', column, state);
    }
    ends.push(...state);
  }
  return [out, ends];
}

/** Keys of a length below 1, as the rule normalizes them: longer ones make a state that grows. */
const delta = (sizes: DeltaSizes, { withState = false, spread = 0.4 } = {}): OperationCase => {
  const { batch, tokens, keyHeads, valueHeads, keySize, valueSize } = sizes;
  const rows = batch * tokens;
  return {
    name: `gated delta rule of ${batch} × ${tokens} tokens, ${keyHeads} and ${valueHeads} heads of ${keySize} × ${valueSize}${withState ? ', after others' : ''}`,
    shapes: {
      q: [rows, keyHeads * keySize],
      k: [rows, keyHeads * keySize],
      v: [rows, valueHeads * valueSize],
      decay: [rows, valueHeads],
      rate: [rows, valueHeads],
      ...(withState ? { state: [batch * valueHeads * keySize, valueSize] } : {}),
    },
    wanted: ['q', 'k', 'v', 'decay', 'rate', ...(withState ? ['state'] : [])],
    spread,
    run: (take) => {
      const heads = tf.zeros<tf.Rank.R1>([valueHeads]);
      const decay = logDecay(matrix(take, 'decay'), lasting(heads), lasting(tf.clone(heads)));
      const rate = matrix(take, 'rate');
      return gatedDeltaRule(
        {
          q: matrix(take, 'q'),
          k: matrix(take, 'k'),
          v: matrix(take, 'v'),
          decay,
          rate: elementwise(rate, 'sigmoid'),
          state: withState ? matrix(take, 'state') : null,
        },
        sizes,
      ).y;
    },
    reference: (take) => deltaRule(take, sizes, withState ? take('state') : null)[0],
  };
};

const small: DeltaSizes = { batch: 2, tokens: 5, keyHeads: 2, valueHeads: 4, keySize: 3, valueSize: 2 };

/** The state after the tokens, which has no gradient. */
const endState: OperationCase = {
  ...delta({ ...small, tokens: 37 }, { withState: true }),
  name: 'the state after a gated delta rule of 37 tokens',
  wanted: [],
  run: (take) => {
    const q = matrix(take, 'q');
    const rate = elementwise(matrix(take, 'rate'), 'sigmoid');
    const decay = tf.neg(tf.softplus(matrix(take, 'decay')));
    const inputs = { q, k: matrix(take, 'k'), v: matrix(take, 'v'), state: matrix(take, 'state') };
    return gatedDeltaRule({ ...inputs, decay: as2D(decay), rate }, { ...small, tokens: 37 }).state;
  },
  reference: (take) => deltaRule(take, { ...small, tokens: 37 }, take('state'))[1],
};

const decays: OperationCase = {
  name: 'logarithms of decays',
  shapes: { x: [7, 3], logRate: [3], stepBias: [3] },
  wanted: ['x', 'logRate', 'stepBias'],
  spread: 2,
  run: (take) => logDecay(matrix(take, 'x'), lasting(vector(take, 'logRate')), lasting(vector(take, 'stepBias'))),
  reference: (take) =>
    take('x').map((x, index) => {
      const step = Math.log1p(Math.exp(x + get(take('stepBias'), index % 3)));
      return -Math.exp(get(take('logRate'), index % 3)) * step;
    }),
};

interface ConvolutionSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly width: number;
  readonly kernel: number;
}

const convolution = (sizes: ConvolutionSizes, { hasBias = false, hasBefore = false } = {}): OperationCase => {
  const { batch, tokens, width, kernel } = sizes;
  return {
    name: `convolution over the last ${kernel} of ${batch} × ${tokens} tokens${hasBias ? ', bias' : ''}${hasBefore ? ', after others' : ''}`,
    shapes: {
      x: [batch * tokens, width],
      weight: [width, kernel],
      ...(hasBias ? { bias: [width] } : {}),
      ...(hasBefore ? { before: [batch * (kernel - 1), width] } : {}),
    },
    wanted: ['x', 'weight', ...(hasBias ? ['bias'] : [])],
    run: (take) => {
      const weight = lasting(matrix(take, 'weight'));
      const bias = hasBias ? lasting(vector(take, 'bias')) : null;
      return shortConvolution(matrix(take, 'x'), { weight, bias }, batch, hasBefore ? matrix(take, 'before') : null);
    },
    reference: (take) =>
      take('x').map((_, index) => {
        const [row, column] = [Math.floor(index / width), index % width];
        const [example, token] = [Math.floor(row / tokens), row % tokens];
        let sum = hasBias ? get(take('bias'), column) : 0;
        for (let tap = 0; tap < kernel; tap++) {
          const read = token - (kernel - 1) + tap;
          const before = example * (kernel - 1) + read + kernel - 1;
          const factor = get(take('weight'), column * kernel + tap);
          if (read >= 0) sum += factor * get(take('x'), (example * tokens + read) * width + column);
          else if (hasBefore) sum += factor * get(take('before'), before * width + column);
        }
        return sum;
      }),
  };
};

export const recurrenceCases: readonly OperationCase[] = [
  delta(small),
  delta({ ...small, batch: 1, tokens: 1 }, { withState: true }),
  delta({ ...small, tokens: 7, keyHeads: 3, valueHeads: 3 }, { withState: true }),
  // More tokens than a chunk has, and not a multiple of them.
  delta({ batch: 2, tokens: 39, keyHeads: 1, valueHeads: 2, keySize: 3, valueSize: 2 }),
  delta({ batch: 1, tokens: 70, keyHeads: 1, valueHeads: 1, keySize: 2, valueSize: 3 }, { withState: true }),
  endState,
  decays,
  convolution({ batch: 2, tokens: 6, width: 3, kernel: 4 }),
  convolution({ batch: 1, tokens: 9, width: 5, kernel: 3 }, { hasBias: true, hasBefore: true }),
  // Fewer tokens than the kernel.
  convolution({ batch: 3, tokens: 1, width: 4, kernel: 4 }, { hasBefore: true }),
  convolution({ batch: 2, tokens: 2, width: 2, kernel: 4 }, { hasBias: true }),
];
