import * as tf from '@tensorflow/tfjs-core';
import { deloraLinear } from '../../../engine/ops/linear/delora-linear.ts';
import type { FactoredLinear } from '../../../engine/ops/linear/factored-linear.ts';
import { randloraLinear } from '../../../engine/ops/linear/randlora-linear.ts';
import { get, multiply, transpose } from '../reference.ts';
import { flagsOf, type LinearExtras, type LinearSizes, linearCase } from './linear-case.ts';
import { lasting, type OperationCase, type TakeValues } from './operation-case.ts';

/** A linear whose update is a product of factors made from other tensors. */
interface Method {
  readonly name: string;
  readonly operation: FactoredLinear;
  readonly trained: Readonly<Record<string, readonly number[]>>;
  readonly fixed: Readonly<Record<string, readonly number[]>>;
  /** ΔW [outputs, inputs] before the scaling. */
  update(take: TakeValues, sizes: LinearSizes): number[];
}

const scaling = 1.3;

const factored = (
  { name, operation, trained, fixed, update }: Method,
  sizes: LinearSizes,
  extras: LinearExtras = {},
): OperationCase => {
  const { rows, inputs, outputs } = sizes;
  return linearCase(sizes, extras, {
    name: [`${name} linear ${rows} × ${inputs} → ${outputs}`, ...flagsOf(extras)].join(', '),
    shapes: { mask: [rows, inputs], ...trained, ...fixed },
    wanted: Object.keys(trained),
    run: (value, frozen, options, take) => {
      const parts: Record<string, tf.Tensor> = {};
      for (const part of Object.keys(trained)) parts[part] = take(part);
      for (const part of Object.keys(fixed)) parts[part] = lasting(tf.clone(take(part)));
      return operation(value, frozen, parts, scaling, options);
    },
    reference: (take, x, dropped) => {
      const changes = multiply(dropped, transpose(update(take, sizes), outputs, inputs), rows, inputs, outputs);
      return multiply(x, transpose(take('weight'), outputs, inputs), rows, inputs, outputs).map(
        (value, index) => value + scaling * get(changes, index),
      );
    },
  });
};

const delora = ({ inputs, outputs }: LinearSizes, rank: number): Method => ({
  name: `delora rank ${rank}`,
  operation: deloraLinear,
  trained: { a: [rank, inputs], b: [outputs, rank], lambda: [1] },
  fixed: { norms: [inputs] },
  update: (take) => {
    const [a, b] = [take('a'), take('b')];
    return Array.from({ length: outputs * inputs }, (_, place) => {
      const [row, column] = [Math.floor(place / inputs), place % inputs];
      let sum = 0;
      for (let part = 0; part < rank; part++) {
        const lengthA = Math.hypot(...a.slice(part * inputs, (part + 1) * inputs));
        const lengthB = Math.hypot(...Array.from({ length: outputs }, (_, output) => get(b, output * rank + part)));
        sum += (get(b, row * rank + part) * get(a, part * inputs + column)) / (lengthA * lengthB);
      }
      return (get(take('lambda'), 0) / rank) * sum * get(take('norms'), column);
    });
  },
});

/** Bases larger than the module's part of them, by `spare` in each direction. */
const randlora = ({ inputs, outputs }: LinearSizes, rank: number, spare: number): Method => {
  const [smaller, larger] = [Math.min(inputs, outputs), Math.max(inputs, outputs)];
  const count = Math.ceil(smaller / rank);
  const [width, copies] = [smaller + spare, count + spare];
  return {
    name: `randlora rank ${rank}${spare > 0 ? ' of larger bases' : ''}`,
    operation: randloraLinear,
    trained: { lambda: [rank, count], gamma: [count, smaller] },
    fixed: { A: [rank, 1, width], B: [larger + spare, copies, rank] },
    update: (take) => {
      const [a, b, lambda, gamma] = [take('A'), take('B'), take('lambda'), take('gamma')];
      return Array.from({ length: outputs * inputs }, (_, place) => {
        const [row, column] = [Math.floor(place / inputs), place % inputs];
        const [far, near] = outputs < inputs ? [column, row] : [row, column];
        let sum = 0;
        for (let inner = 0; inner < rank * count; inner++) {
          const [ofA, copy] = [Math.floor(inner / count), inner % count];
          const scaled = get(lambda, inner) * get(a, ofA * width + near) * get(gamma, copy * smaller + near);
          sum += scaled * get(b, (far * copies + Math.floor(inner / rank)) * rank + (inner % rank));
        }
        return sum;
      });
    },
  };
};

const odd = { rows: 9, inputs: 6, outputs: 11 };
const wide = { rows: 13, inputs: 16, outputs: 8 };

export const factoredCases: readonly OperationCase[] = [
  factored(delora(odd, 3), odd),
  factored(delora(odd, 2), odd, { masked: true, biased: false }),
  factored(delora(wide, 4), wide, { residual: true, activated: true }),
  factored(randlora(odd, 4, 0), odd),
  factored(randlora(odd, 4, 2), odd, { masked: true, biased: false }),
  factored(randlora(wide, 3, 1), wide, { residual: true, activated: true }),
  factored(randlora(wide, 2, 0), wide, { masked: true, residual: true, activated: true }),
];
