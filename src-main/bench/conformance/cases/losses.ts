import * as tf from '@tensorflow/tfjs-core';
import {
  binaryCrossEntropy,
  binaryEntropy,
  linearCrossEntropy,
  orthogonality,
  preferenceTerm,
  smoothedCrossEntropy,
  softmaxCrossEntropy,
  softmaxEntropy,
  squaredError,
} from '../../../engine/ops/index.ts';
import { linearDivergence, softmaxDivergence } from '../../../engine/ops/loss/divergence.ts';
import { smoothedForm } from '../../../engine/ops/loss/label-form.ts';
import * as reference from '../reference.ts';
import { addRows, crossEntropy, multiply, transpose } from '../reference.ts';
import { int32, matrix, type OperationCase, vector, withFrozen } from './operation-case.ts';

const ignored = -100;
const turning = (rows: number, classes: number) => Array.from({ length: rows }, (_, row) => (row * 3) % classes);
const everyThird = (labels: readonly number[]) => labels.map((label, row) => (row % 3 === 1 ? ignored : label));

const softmax = (labels: readonly number[], classes: number, words: string): OperationCase => ({
  name: `softmax cross-entropy ${labels.length} × ${classes}, ${words}`,
  shapes: { logits: [labels.length, classes] },
  wanted: ['logits'],
  spread: 4,
  run: (take) => softmaxCrossEntropy(matrix(take, 'logits'), int32(labels)),
  reference: (take) => [crossEntropy(take('logits'), labels, classes)],
});

const smoothed = (labels: readonly number[], classes: number, smoothing: number, words: string): OperationCase => ({
  name: `smoothed cross-entropy ${labels.length} × ${classes}, ${words}`,
  shapes: { logits: [labels.length, classes] },
  wanted: ['logits'],
  spread: 4,
  run: (take) => smoothedCrossEntropy(matrix(take, 'logits'), int32(labels), smoothing),
  reference: (take) => [reference.smoothedCrossEntropy(take('logits'), labels, classes, smoothing)],
});

const linear = (labels: readonly number[], hidden: number, vocabulary: number, words: string): OperationCase => ({
  name: `linear cross-entropy ${labels.length} × ${hidden} → ${vocabulary}, ${words}`,
  shapes: { x: [labels.length, hidden], weight: [vocabulary, hidden] },
  wanted: ['x'],
  run: (take) => withFrozen(take, (frozen) => linearCrossEntropy(matrix(take, 'x'), frozen, int32(labels)), false),
  reference: (take) => {
    const weight = transpose(take('weight'), vocabulary, hidden);
    return [crossEntropy(multiply(take('x'), weight, labels.length, hidden, vocabulary), labels, vocabulary)];
  },
});

/** A head whose logits have a bias or a soft cap. */
const bent = (labels: readonly number[], hidden: number, vocabulary: number, cap: number): OperationCase => ({
  name: `linear cross-entropy ${labels.length} × ${hidden} → ${vocabulary} with ${cap === 0 ? 'a bias' : `a soft cap of ${cap}`}`,
  shapes: { x: [labels.length, hidden], weight: [vocabulary, hidden], bias: [vocabulary] },
  wanted: ['x'],
  run: (take) =>
    withFrozen(take, (frozen) => linearCrossEntropy(matrix(take, 'x'), frozen, int32(labels), cap), cap === 0),
  reference: (take) => {
    const weight = transpose(take('weight'), vocabulary, hidden);
    const plain = multiply(take('x'), weight, labels.length, hidden, vocabulary);
    const logits = cap === 0 ? addRows(plain, take('bias')) : plain.map((logit) => cap * Math.tanh(logit / cap));
    return [crossEntropy(logits, labels, vocabulary)];
  },
});

const divergence = (rows: number, classes: number, spread: number): OperationCase => ({
  name: `softmax divergence ${rows} × ${classes}, spread ${spread}`,
  shapes: { logits: [rows, classes], reference: [rows, classes] },
  wanted: ['logits'],
  spread,
  run: (take) => softmaxDivergence(matrix(take, 'logits'), matrix(take, 'reference')),
  reference: (take) => [reference.divergence(take('logits'), take('reference'), classes)],
});

/** Two products with one head, in blocks of rows; only the reference is without a bias. */
const linearApart = (rows: number, hidden: number, vocabulary: number, cap: number): OperationCase => ({
  name: `linear divergence ${rows} × ${hidden} → ${vocabulary} with ${cap === 0 ? 'a bias' : `a soft cap of ${cap}`}`,
  shapes: { x: [rows, hidden], other: [rows, hidden], weight: [vocabulary, hidden], bias: [vocabulary] },
  wanted: ['x'],
  run: (take) =>
    withFrozen(
      take,
      ({ weight, bias, bfloat16 }) =>
        linearDivergence(
          { states: matrix(take, 'x'), weight, bias, bfloat16, softcap: cap },
          { states: matrix(take, 'other'), bias: null },
        ),
      cap === 0,
    ),
  reference: (take) => {
    const weight = transpose(take('weight'), vocabulary, hidden);
    const logitsOf = (name: string) => multiply(take(name), weight, rows, hidden, vocabulary);
    const bend = (logits: readonly number[]) =>
      cap === 0 ? [...logits] : logits.map((logit) => cap * Math.tanh(logit / cap));
    const own = cap === 0 ? addRows(logitsOf('x'), take('bias')) : logitsOf('x');
    return [reference.divergence(bend(own), bend(logitsOf('other')), vocabulary)];
  },
});

/** A head of a language model whose labels are smoothed, in blocks of rows. */
const smoothedLinear = (labels: readonly number[], hidden: number, vocabulary: number): OperationCase => ({
  name: `smoothed linear cross-entropy ${labels.length} × ${hidden} → ${vocabulary}`,
  shapes: { x: [labels.length, hidden], weight: [vocabulary, hidden] },
  wanted: ['x'],
  run: (take) =>
    withFrozen(
      take,
      (frozen) => linearCrossEntropy(matrix(take, 'x'), frozen, int32(labels), 0, smoothedForm(0.2)),
      false,
    ),
  reference: (take) => {
    const weight = transpose(take('weight'), vocabulary, hidden);
    const logits = multiply(take('x'), weight, labels.length, hidden, vocabulary);
    return [reference.smoothedCrossEntropy(logits, labels, vocabulary, 0.2)];
  },
});

const binary = (rows: number, labels: number, spread: number): OperationCase => {
  const targets = Array.from({ length: rows * labels }, (_, at) => (at % 3 === 0 ? 1 : 0));
  return {
    name: `binary cross-entropy ${rows} × ${labels}, logits to ${spread}`,
    shapes: { logits: [rows, labels] },
    wanted: ['logits'],
    spread,
    run: (take) => binaryCrossEntropy(matrix(take, 'logits'), tf.tensor2d(targets, [rows, labels])),
    reference: (take) => [reference.binaryCrossEntropy(take('logits'), targets)],
  };
};

const squared = (rows: number, values: number): OperationCase => {
  const targets = Array.from({ length: rows * values }, (_, at) => (at % 5) - 2);
  return {
    name: `squared error ${rows} × ${values}`,
    shapes: { outputs: [rows, values] },
    wanted: ['outputs'],
    run: (take) => squaredError(matrix(take, 'outputs'), tf.tensor2d(targets, [rows, values])),
    reference: (take) => {
      const errors = take('outputs').map((output, at) => (output - (targets[at] ?? 0)) ** 2);
      return [errors.reduce((sum, error) => sum + error, 0) / errors.length];
    },
  };
};

const orthogonal = (rows: number, columns: number): OperationCase => ({
  name: `distance of ${rows} × ${columns} from orthonormal rows`,
  shapes: { x: [rows, columns] },
  wanted: ['x'],
  run: (take) => orthogonality(matrix(take, 'x')),
  reference: (take) => {
    const products = multiply(take('x'), transpose(take('x'), rows, columns), rows, columns, rows);
    const squares = products.map((value, at) => (value - (at % (rows + 1) === 0 ? 1 : 0)) ** 2);
    return [Math.sqrt(squares.reduce((sum, square) => sum + square, 0))];
  },
});

const entropyOfClasses = (rows: number, classes: number, spread: number): OperationCase => ({
  name: `softmax entropy ${rows} × ${classes}, logits to ${spread}`,
  shapes: { logits: [rows, classes] },
  wanted: ['logits'],
  spread,
  run: (take) => softmaxEntropy(matrix(take, 'logits')),
  reference: (take) => {
    const logits = take('logits');
    const entropies = Array.from({ length: rows }, (_, row) => {
      const own = logits.slice(row * classes, (row + 1) * classes);
      const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
      return own.reduce((sum, logit) => sum - (Math.exp(logit) / total) * Math.log(Math.exp(logit) / total), 0);
    });
    return [entropies.reduce((sum, entropy) => sum + entropy, 0) / rows];
  },
});

const entropyOfLabels = (rows: number, labels: number, spread: number): OperationCase => ({
  name: `binary entropy ${rows} × ${labels}, logits to ${spread}`,
  shapes: { logits: [rows, labels] },
  wanted: ['logits'],
  spread,
  run: (take) => binaryEntropy(matrix(take, 'logits')),
  reference: (take) => {
    const entropies = take('logits').map((logit) => {
      const [yes, no] = [1 / (1 + Math.exp(-logit)), 1 / (1 + Math.exp(logit))];
      return -yes * Math.log(yes) - no * Math.log(no);
    });
    return [entropies.reduce((sum, entropy) => sum + entropy, 0) / rows];
  },
});

const termsOf = {
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  log_sigmoid: (x: number) => -Math.log1p(Math.exp(-x)),
  log1mexp: (x: number) => Math.log(-Math.expm1(x)),
  relu: (x: number) => Math.max(0, x),
};

/** Draws values of both signs, or −x² − 1/16 for a log-likelihood. */
const preference = (term: keyof typeof termsOf, values: number, spread: number): OperationCase => ({
  name: `${term} of ${values}, spread ${spread}`,
  shapes: { x: [values] },
  wanted: ['x'],
  spread,
  run: (take) => {
    const x = vector(take, 'x');
    return preferenceTerm(term === 'log1mexp' ? tf.sub(tf.mul(x, tf.mul(x, -1)), 1 / 16) : x, term);
  },
  reference: (take) => take('x').map((x) => termsOf[term](term === 'log1mexp' ? -(x ** 2) - 1 / 16 : x)),
});

export const lossCases: readonly OperationCase[] = [
  orthogonal(3, 8),
  orthogonal(5, 2),
  softmax(turning(6, 5), 5, 'all counted'),
  softmax(everyThird(turning(7, 13)), 13, 'some ignored'),
  softmax([ignored, ignored, ignored], 4, 'all ignored'),
  // Not the likeliest class: its loss would be a small difference of large numbers.
  softmax([1], 3, 'one row'),
  smoothed(turning(6, 5), 5, 0.1, 'all counted'),
  smoothed(everyThird(turning(7, 13)), 13, 0.25, 'some ignored'),
  smoothed([ignored, ignored, ignored], 4, 0.1, 'all ignored'),
  smoothed(turning(4, 9), 9, 1, 'nothing but smoothing'),
  linear(turning(6, 11), 5, 11, 'all counted'),
  smoothedLinear(everyThird(turning(7, 11)), 5, 11),
  divergence(5, 7, 1),
  divergence(4, 9, 4),
  linearApart(7, 5, 11, 0),
  linearApart(7, 5, 11, 2),
  bent(everyThird(turning(7, 11)), 5, 11, 0),
  bent(everyThird(turning(7, 11)), 5, 11, 2),
  linear(everyThird(turning(9, 33)), 8, 33, 'some ignored'),
  linear([ignored, ignored], 3, 7, 'all ignored'),
  preference('sigmoid', 9, 3),
  preference('log_sigmoid', 9, 3),
  preference('log_sigmoid', 7, 30),
  preference('log1mexp', 9, 0.5),
  preference('log1mexp', 9, 2),
  preference('relu', 9, 3),
  binary(5, 3, 2),
  binary(1, 1, 1),
  binary(4, 7, 30),
  squared(6, 1),
  squared(3, 4),
  entropyOfClasses(5, 4, 2),
  entropyOfClasses(1, 7, 6),
  entropyOfLabels(4, 3, 2),
  entropyOfLabels(1, 1, 5),
];
