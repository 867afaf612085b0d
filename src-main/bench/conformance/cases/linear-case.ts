import type * as tf from '@tensorflow/tfjs-core';
import { activate, type FrozenWeight } from '../../../engine/ops/index.ts';
import { gelu, get, type Values } from '../reference.ts';
import { matrix, type OperationCase, type TakeTensor, type TakeValues, withFrozen } from './operation-case.ts';

export interface LinearSizes {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** Optional inputs of a case. With `activated`, x goes through the activation that leaves its slope to the linear. */
export interface LinearExtras {
  readonly masked?: boolean;
  readonly residual?: boolean;
  readonly activated?: boolean;
  readonly biased?: boolean;
}

interface LinearParts {
  readonly name: string;
  /** Shapes of the inputs besides x, weight, bias and residual; include the mask if the operation has one. */
  readonly shapes: OperationCase['shapes'];
  /** Inputs among them whose gradient is checked; those of x and the residual always are. */
  readonly wanted: readonly string[];
  run(
    value: tf.Tensor2D,
    frozen: FrozenWeight,
    options: {
      readonly derivative: tf.Tensor2D | undefined;
      readonly residual: tf.Tensor2D | undefined;
      readonly dropoutMask: tf.Tensor2D | null;
    },
    take: TakeTensor,
    drawn: TakeValues,
  ): tf.Tensor;
  /** The layer of x, and of x dropped in its adapter [rows, outputs], before bias and residual. */
  reference(take: TakeValues, x: Values, dropped: Values): readonly number[];
}

/** The extras that a case has, for its name. */
export function flagsOf({
  masked = false,
  residual = false,
  activated = false,
  biased = true,
}: LinearExtras): string[] {
  const flags = { masked, residual, activated, 'no bias': !biased };
  return Object.entries(flags).flatMap(([flag, isSet]) => (isSet ? [flag] : []));
}

/** A frozen linear layer with an adapter. */
export function linearCase(
  { rows, inputs, outputs }: LinearSizes,
  { masked = false, residual = false, activated = false, biased = true }: LinearExtras,
  { name, shapes, wanted, run, reference }: LinearParts,
): OperationCase {
  return {
    name,
    shapes: {
      x: [rows, inputs],
      weight: [outputs, inputs],
      bias: [outputs],
      residual: [rows, outputs],
      ...shapes,
    },
    wanted: ['x', ...wanted, ...(residual ? ['residual'] : [])],
    run: (take, drawn) =>
      withFrozen(
        take,
        (frozen) => {
          const x = matrix(take, 'x');
          const { value, derivative } = activated ? activate(x, 'gelu', true) : { value: x, derivative: undefined };
          const options = {
            derivative,
            residual: residual ? matrix(take, 'residual') : undefined,
            dropoutMask: masked ? matrix(take, 'mask') : null,
          };
          return run(value, frozen, options, take, drawn);
        },
        biased,
      ),
    reference: (take) => {
      const x = activated ? take('x').map(gelu) : take('x');
      const dropped = masked ? x.map((value, index) => value * get(take('mask'), index)) : x;
      return reference(take, x, dropped).map(
        (value, index) =>
          value + (biased ? get(take('bias'), index % outputs) : 0) + (residual ? get(take('residual'), index) : 0),
      );
    },
  };
}
