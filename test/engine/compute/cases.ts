import * as tf from '@tensorflow/tfjs-core';
import {
  attention,
  FrozenWeight,
  firstTokens,
  frozenLinear,
  gelu,
  layerNorm,
  loraLinear,
  softmaxCrossEntropy,
} from '../../../src-main/engine/ops/index.ts';
import { as1D, as2D } from '../../../src-main/engine/ops/operation.ts';
import { product } from '../../../src-main/engine/ops/products.ts';
import {
  addRows,
  attend,
  erf,
  get,
  layerNormRows,
  multiply,
  softmaxRows,
  transpose,
  type Values,
} from './reference.ts';

export interface OperationCase {
  readonly name: string;
  /** Shapes of the inputs; their values are drawn. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Inputs whose gradient is checked. */
  readonly wanted: readonly string[];
  /** Multiplies the drawn standard normal values. */
  readonly spread?: number;
  run(take: (name: string) => tf.Tensor): tf.Tensor;
  reference(take: (name: string) => Values): readonly number[];
}

const matrix = (take: (name: string) => tf.Tensor, name: string) => as2D(take(name));
const vector = (take: (name: string) => tf.Tensor, name: string) => as1D(take(name));

/** Frozen weights are made of drawn tensors: read them back, use them, and dispose them with the rest. */
function withFrozen(take: (name: string) => tf.Tensor, run: (frozen: FrozenWeight) => tf.Tensor): tf.Tensor {
  const [weight, bias] = [take('weight'), take('bias')];
  const frozen = new FrozenWeight(
    { shape: weight.shape, data: Float32Array.from(weight.dataSync()) },
    { shape: bias.shape, data: Float32Array.from(bias.dataSync()) },
  );
  weightsInUse.push(frozen);
  return run(frozen);
}
const weightsInUse: FrozenWeight[] = [];
export function disposeWeights(): void {
  for (const frozen of weightsInUse.splice(0)) frozen.dispose();
}

const lora = (rows: number, inputs: number, outputs: number, rank: number, masked: boolean): OperationCase => ({
  name: `lora linear ${rows} × ${inputs} → ${outputs}, rank ${rank}${masked ? ', dropout' : ''}`,
  shapes: {
    x: [rows, inputs],
    weight: [outputs, inputs],
    bias: [outputs],
    a: [rank, inputs],
    b: [outputs, rank],
    mask: [rows, inputs],
  },
  wanted: ['x', 'a', 'b'],
  run: (take) =>
    withFrozen(take, (frozen) =>
      loraLinear(matrix(take, 'x'), frozen, take('a'), take('b'), 1.7, masked ? matrix(take, 'mask') : null),
    ),
  reference: (take) => {
    const x = take('x');
    const dropped = masked ? x.map((value, index) => value * get(take('mask'), index)) : x;
    const base = addRows(multiply(x, transpose(take('weight'), outputs, inputs), rows, inputs, outputs), take('bias'));
    const z = multiply(dropped, transpose(take('a'), rank, inputs), rows, inputs, rank);
    const up = multiply(z, transpose(take('b'), outputs, rank), rows, rank, outputs);
    return base.map((value, index) => value + 1.7 * get(up, index));
  },
});

const attending = (batch: number, queries: number, tokens: number, heads: number, hidden: number): OperationCase => ({
  name: `attention of ${queries} to ${tokens} tokens, ${heads} heads of ${hidden / heads}`,
  shapes: { q: [batch * queries, hidden], k: [batch * tokens, hidden], v: [batch * tokens, hidden] },
  wanted: ['q', 'k', 'v'],
  run: (take) =>
    attention(matrix(take, 'q'), matrix(take, 'k'), matrix(take, 'v'), { batch, tokens, heads, queryTokens: queries }),
  reference: (take) => attend(take('q'), take('k'), take('v'), { batch, queries, tokens, heads, hidden }),
});

const products: OperationCase[] = [
  [7, 5, 9],
  [1, 1, 1],
  [13, 17, 8],
  [6, 33, 24],
].flatMap(([m = 0, k = 0, n = 0]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      name: `product ${m} × ${k} × ${n}${transposeA ? ', A transposed' : ''}${transposeB ? ', B transposed' : ''}`,
      shapes: {
        a: transposeA ? [k, m] : [m, k],
        b: transposeB ? [n, k] : [k, n],
        bias: [n],
        plus: [m, n],
        a2: [m, 3],
        b2: [3, n],
      },
      wanted: [],
      run: (take: (name: string) => tf.Tensor) =>
        product(take('a'), take('b'), {
          transposeA,
          transposeB,
          scale: -0.5,
          bias: take('bias'),
          plus: take('plus'),
          also: { a: take('a2'), b: take('b2'), scale: 3 },
        }),
      reference: (take: (name: string) => Values) => {
        const a = transposeA ? transpose(take('a'), k, m) : take('a');
        const b = transposeB ? transpose(take('b'), n, k) : take('b');
        const scaled = multiply(a, b, m, k, n).map((value) => -0.5 * value);
        const second = multiply(take('a2'), take('b2'), m, 3, n);
        const sums = addRows(scaled, take('bias'));
        return sums.map((value, index) => value + get(take('plus'), index) + 3 * get(second, index));
      },
    })),
  ),
);

const norm = (rows: number, columns: number): OperationCase => ({
  name: `layer norm ${rows} × ${columns}`,
  shapes: { x: [rows, columns], scale: [columns], shift: [columns] },
  wanted: ['x', 'scale', 'shift'],
  run: (take) => layerNorm(matrix(take, 'x'), vector(take, 'scale'), vector(take, 'shift'), 1e-5),
  reference: (take) => layerNormRows(take('x'), take('scale'), take('shift'), 1e-5),
});

const activation = (rows: number, columns: number, spread: number): OperationCase => ({
  name: `gelu ${rows} × ${columns}, values around ±${spread}`,
  shapes: { x: [rows, columns] },
  wanted: ['x'],
  spread,
  run: (take) => gelu(matrix(take, 'x')),
  reference: (take) => take('x').map((x) => x * 0.5 * (1 + erf(x / Math.SQRT2))),
});

const crossEntropy = (rows: number, classes: number): OperationCase => {
  const labels = Array.from({ length: rows }, (_, row) => (row * 3) % classes);
  return {
    name: `softmax cross-entropy ${rows} × ${classes}`,
    shapes: { logits: [rows, classes] },
    wanted: ['logits'],
    spread: 4,
    run: (take) => softmaxCrossEntropy(matrix(take, 'logits'), tf.tensor1d(labels, 'int32')),
    reference: (take) => {
      const probabilities = softmaxRows(take('logits'), classes);
      const losses = labels.map((label, row) => -Math.log(get(probabilities, row * classes + label)));
      return [losses.reduce((sum, loss) => sum + loss, 0) / rows];
    },
  };
};

/** What the engine uses of tfjs itself, on the tape. */
const taped: OperationCase[] = [
  {
    name: 'sums, differences and products with broadcasting',
    shapes: { x: [4, 6], row: [6], column: [4, 1], one: [] },
    wanted: ['x', 'row', 'column', 'one'],
    run: (take) => tf.mul(tf.sub(tf.add(take('x'), take('row')), take('column')), tf.add(take('one'), take('row'))),
    reference: (take) =>
      take('x').map(
        (x, index) =>
          (x + get(take('row'), index % 6) - get(take('column'), Math.floor(index / 6))) *
          (get(take('one'), 0) + get(take('row'), index % 6)),
      ),
  },
  {
    name: 'matrix product, transposition and reshaping',
    shapes: { a: [3, 4], b: [5, 4] },
    wanted: ['a', 'b'],
    run: (take) => tf.reshape(tf.matMul(matrix(take, 'a'), tf.transpose(matrix(take, 'b'))), [5, 3]),
    reference: (take) => multiply(take('a'), transpose(take('b'), 5, 4), 3, 4, 5),
  },
  {
    name: 'transposition of three axes',
    shapes: { x: [2, 3, 4] },
    wanted: ['x'],
    run: (take) => tf.transpose(take('x'), [1, 2, 0]),
    reference: (take) =>
      Array.from({ length: 24 }, (_, index) => {
        const [i, j, l] = [Math.floor(index / 8), Math.floor(index / 2) % 4, index % 2];
        return get(take('x'), l * 12 + i * 4 + j);
      }),
  },
];

export const operationCases: readonly OperationCase[] = [
  ...products,
  {
    name: 'frozen linear',
    shapes: { x: [9, 6], weight: [11, 6], bias: [11] },
    wanted: ['x'],
    run: (take) => withFrozen(take, (frozen) => frozenLinear(matrix(take, 'x'), frozen)),
    reference: (take) => addRows(multiply(take('x'), transpose(take('weight'), 11, 6), 9, 6, 11), take('bias')),
  },
  lora(9, 6, 11, 3, false),
  lora(13, 16, 8, 4, false),
  lora(7, 5, 6, 2, true),
  attending(2, 5, 5, 2, 8),
  attending(3, 17, 17, 2, 12),
  attending(2, 1, 6, 3, 15),
  norm(5, 12),
  norm(4, 7),
  activation(5, 7, 1),
  activation(3, 8, 4),
  crossEntropy(6, 5),
  {
    name: 'first tokens',
    shapes: { x: [12, 5] },
    wanted: ['x'],
    run: (take) => firstTokens(matrix(take, 'x'), 4),
    reference: (take) => take('x').filter((_, index) => Math.floor(index / 5) % 4 === 0),
  },
  ...taped,
];
