import * as tf from '@tensorflow/tfjs-core';
import { once } from '../../../../src-shared/once.ts';
import { attribute, defineOperation, givenInputs, input, type OperationInputs, only2D } from '../autograd/operation.ts';
import { dropped } from './dropped.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { multiplierOrAddend } from './linear-options.ts';
import type { LoraLinearOptions } from './lora-linear.ts';
import { matmul } from './matmul.ts';

/** Two factors of an update B·A: A [rank, in] and B [out, rank], or with `isTurned` both transposed. */
export interface Factors {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
}

/** Definition of an update's factors by other tensors, its parts. */
export interface FactorDefinition {
  /** Name of the operation. */
  readonly name: string;
  /** Names of the parts; they outlive the backward pass by themselves. */
  readonly parts: readonly string[];
  /** True if `factors` returns A [in, rank] and B [rank, out]. */
  readonly isTurned: boolean;
  /** True if a part of B is trained; otherwise the inner product x·Aᵀ [rows, rank] is not kept. */
  readonly trainsB: boolean;
  factors(parts: OperationInputs, weight: readonly number[]): Factors;
  /** Gradients by part, each made when it is asked for, from those of the factors, which are made when they are asked for. */
  gradients(
    parts: OperationInputs,
    weight: readonly number[],
    factors: { readonly a: () => tf.Tensor; readonly b: () => tf.Tensor },
  ): Record<string, () => tf.Tensor>;
}

export type FactoredLinear = (
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  parts: OperationInputs,
  scaling: number,
  options?: LoraLinearOptions,
) => tf.Tensor2D;

/**
 * x·Wᵀ + b [+ residual] + scaling · (x ∘ mask)·Aᵀ·Bᵀ, where A and B are made from `parts` in either pass and dropped after it. x
 * [rows, in] → [rows, out]. Gradients go to x, the parts and the residual.
 */
export function defineFactoredLinear(definition: FactorDefinition): FactoredLinear {
  const { name, parts: names, isTurned, trainsB } = definition;
  const product = (inputs: OperationInputs, { a }: Factors) => matmul(dropped(inputs), a, { transposeB: !isTurned });
  const operation = defineOperation({
    name,
    compose: (inputs, attributes) => {
      const weight = input(inputs, 'weight');
      const factors = definition.factors(inputs, weight.shape);
      const z = product(inputs, factors);
      const y = matmul(input(inputs, 'x'), weight, {
        transposeB: true,
        bias: inputs['bias'],
        addend: inputs['residual'],
        also: { a: z, b: factors.b, transposeB: !isTurned, scale: attribute(attributes, 'scaling') },
        frozen: true,
        bfloat16: attribute(attributes, 'bfloat16') !== 0,
      });
      return trainsB ? [y, z] : [y];
    },
    saved: {
      inputs: ['x', 'mask', 'derivative'],
      lasting: ['weight', ...names],
      ...(trainsB ? { outputs: [null, 'z'] } : {}),
      states: ['x', 'mask', 'derivative'],
    },
    gradients: (dy, saved, attributes) => {
      const scale = attribute(attributes, 'scaling');
      const options = { frozen: true, bfloat16: attribute(attributes, 'bfloat16') !== 0 };
      const weight = input(saved, 'weight');
      const { mask, derivative: multiplier } = saved;
      const factors = once(() => definition.factors(saved, weight.shape));
      const dz = once(() => matmul(dy, factors().b, { scale, transposeB: isTurned }));
      const entered = once(() => dropped(saved));
      const a = once(() =>
        isTurned ? matmul(entered(), dz(), { transposeA: true }) : matmul(dz(), entered(), { transposeA: true }),
      );
      const b = once(() => {
        const z = input(saved, 'z');
        return isTurned ? matmul(z, dy, { transposeA: true, scale }) : matmul(dy, z, { transposeA: true, scale });
      });
      return {
        x: (accumulated) => {
          if (mask === undefined)
            return matmul(dy, weight, {
              ...options,
              ...multiplierOrAddend(multiplier, accumulated),
              also: { a: dz(), b: factors().a, transposeB: isTurned },
            });
          const update = matmul(dz(), factors().a, { transposeB: isTurned });
          return matmul(dy, weight, { ...options, multiplier, addend: tf.mul(update, mask) });
        },
        ...definition.gradients(saved, weight.shape, { a, b }),
        residual: () => dy,
      };
    },
  });
  return (x, frozen, parts, scaling, options = {}) => {
    const { weight, bias, bfloat16 } = frozen;
    const { residual, derivative, dropoutMask: mask } = options;
    const inputs = givenInputs({ x, weight, bias, residual, derivative, mask, ...parts });
    return only2D(operation(inputs, { scaling, bfloat16: Number(bfloat16) }));
  };
}
