import * as tf from '@tensorflow/tfjs-core';
import { once } from '../../../../src-shared/once.ts';
import type { AccumulatedGradient } from '../autograd/accumulated-gradient.ts';
import {
  as2D,
  at,
  attribute,
  defineOperation,
  first,
  givenInputs,
  input,
  type Operation,
  type OperationAttributes,
  type OperationInputs,
} from '../autograd/operation.ts';
import { joinRows, rowBlocks } from '../indexing/row-blocks.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { type LinearOptions, multiplierOrAddend } from './linear-options.ts';
import { loraGradients } from './lora-gradients.ts';
import { matmul } from './matmul.ts';

/** Consecutive rows of a stack with the factors of one adapter; null: rows that the base alone is for. */
export interface LoraBlock {
  readonly rows: number;
  readonly factors: { readonly a: tf.Tensor; readonly b: tf.Tensor; readonly scaling: number } | null;
}

/**
 * x·Wᵀ + b [+ residual], and for the rows of each block i scalingᵢ · x·Aᵢᵀ·Bᵢᵀ: LoRA of several adapters on one weight, each on
 * rows of its own. x [rows, in], Aᵢ [rᵢ, in], Bᵢ [out, rᵢ] → [rows, out]. Gradients go to x, every Aᵢ and Bᵢ, and the residual.
 */
export function stackedLoraLinear(
  x: tf.Tensor2D,
  { weight, bias, bfloat16 }: FrozenWeight,
  blocks: readonly LoraBlock[],
  { residual, derivative }: LinearOptions = {},
): tf.Tensor2D {
  const inputs: Record<string, tf.Tensor | null | undefined> = { x, weight, bias, residual, derivative };
  const attributes: Record<string, number> = { count: blocks.length, bfloat16: Number(bfloat16) };
  blocks.forEach(({ rows, factors }, index) => {
    attributes[`rows${index}`] = rows;
    attributes[`scaling${index}`] = factors?.scaling ?? 0;
    inputs[`a${index}`] = factors?.a;
    inputs[`b${index}`] = factors?.b;
  });
  const results = operationOf(blocks.length)(givenInputs(inputs), attributes);
  tf.dispose(results.slice(1));
  return as2D(first(results));
}

const operations = new Map<number, Operation>();

/** The operation over so many blocks: they differ in what the gradients need alone. */
function operationOf(count: number): Operation {
  const known = operations.get(count) ?? defineStackedLora(count);
  operations.set(count, known);
  return known;
}

/** Outputs: y [rows, out], and of every block z = x·Aᵀ [its rows, r], which the gradient of B needs; empty without an adapter. */
function defineStackedLora(count: number): Operation {
  const each = (name: string) => Array.from({ length: count }, (_, index) => `${name}${index}`);
  return defineOperation({
    name: 'CotoStackedLoraLinear',
    compose: (inputs, attributes) => {
      const blocks = blocksOf(attributes);
      const cut = cutter(inputs, blocks);
      const [xs, residuals] = [cut('x') ?? [], cut('residual')];
      const zs = xs.map((rows, index) => {
        const a = inputs[`a${index}`];
        return a === undefined ? tf.zeros([0, 0]) : matmul(rows, a, { transposeB: true });
      });
      const ys = xs.map((rows, index) => {
        const b = inputs[`b${index}`];
        const also = b && { a: at(zs, index), b, transposeB: true, scale: at(blocks, index).scaling };
        const options = { ...frozenOptions(attributes), transposeB: true, ...(also ? { also } : {}) };
        return matmul(rows, input(inputs, 'weight'), { ...options, bias: inputs['bias'], addend: residuals?.[index] });
      });
      return [joinRows(ys), ...zs];
    },
    saved: {
      inputs: ['x', 'derivative'],
      lasting: ['weight', ...each('a'), ...each('b')],
      outputs: [null, ...each('z')],
      states: ['x', 'derivative'],
    },
    gradients: (dy, saved, attributes) => {
      const blocks = blocksOf(attributes);
      const sizes = blocks.map(({ rows }) => rows);
      const [dys, xs] = [rowBlocks(as2D(dy), sizes), rowBlocks(as2D(input(saved, 'x')), sizes)];
      const own = blocks.map(({ scaling }, index) => {
        const b = saved[`b${index}`];
        const { bfloat16 } = frozenOptions(attributes);
        const of = { x: at(xs, index), z: input(saved, `z${index}`), scaling, bfloat16 };
        return b && once(() => loraGradients(at(dys, index), { ...of, b }));
      });
      const gradients: Record<string, (accumulated?: AccumulatedGradient) => tf.Tensor> = {
        residual: () => dy,
        x: (accumulated) => {
          const inner = own.flatMap((make, index) =>
            make ? [[`dz${index}`, make().dz] as const, [`a${index}`, input(saved, `a${index}`)] as const] : [],
          );
          const fused = multiplierOrAddend(saved['derivative'], accumulated);
          const inputs = givenInputs({ dy, weight: input(saved, 'weight'), ...fused, ...Object.fromEntries(inner) });
          return first(inputGradient(inputs, attributes));
        },
      };
      own.forEach((make, index) => {
        if (make === undefined) return;
        gradients[`a${index}`] = () => make().a;
        gradients[`b${index}`] = () => make().b;
      });
      return gradients;
    },
  });
}

/** (dy·W [+ addend] + dz·A of each block) [∘ multiplier]: the gradient of the input. */
const inputGradient = defineOperation({
  name: 'CotoStackedLoraInputGradient',
  compose: (inputs, attributes) => {
    const cut = cutter(inputs, blocksOf(attributes));
    const [addends, multipliers] = [cut('addend'), cut('multiplier')];
    const results = (cut('dy') ?? []).map((rows, index) => {
      const [dz, a] = [inputs[`dz${index}`], inputs[`a${index}`]];
      const also = dz && a && { a: dz, b: a };
      const fused = { addend: addends?.[index], multiplier: multipliers?.[index], ...(also ? { also } : {}) };
      return matmul(rows, input(inputs, 'weight'), { ...frozenOptions(attributes), ...fused });
    });
    return joinRows(results);
  },
});

function blocksOf(attributes: OperationAttributes): { rows: number; scaling: number }[] {
  return Array.from({ length: attribute(attributes, 'count') }, (_, index) => ({
    rows: attribute(attributes, `rows${index}`),
    scaling: attribute(attributes, `scaling${index}`),
  }));
}

function cutter(inputs: OperationInputs, blocks: readonly { readonly rows: number }[]) {
  const sizes = blocks.map(({ rows }) => rows);
  return (name: string): tf.Tensor2D[] | undefined => inputs[name] && rowBlocks(as2D(inputs[name]), sizes);
}

function frozenOptions(attributes: OperationAttributes) {
  return { frozen: true, bfloat16: attribute(attributes, 'bfloat16') !== 0 };
}
