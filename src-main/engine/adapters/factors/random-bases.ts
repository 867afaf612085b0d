import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { isTurned } from '../../ops/linear/randlora-linear.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import { TorchGenerator, toBfloat16 } from '../draws/torch-generator.ts';
import type { LowRankUpdate } from '../variant/variant.ts';

/** A basis drawn whole, or copy by copy. */
type Draw = (shape: readonly number[], random: TorchGenerator) => HostTensor;

/**
 * RandLoRA's A [r, 1, s] and B [l, n, r] as PEFT draws them from `projection_prng_key`, to the bit: bfloat16 values of
 * kaiming_uniform_, B copy by copy, or float32 ternary ones; either divided by their standard deviation.
 */
export function randomBases(
  shapes: { readonly A: readonly number[]; readonly B: readonly number[] },
  parameters: ParameterValues,
): Map<string, HostTensor> {
  const random = new TorchGenerator(numberOf(parameters, 'projection_prng_key'));
  const smaller = shapes.A[2] ?? 0;
  const draw: Draw =
    parameters['very_sparse'] === true
      ? ternary(Math.sqrt(smaller))
      : parameters['sparse'] === true
        ? ternary(3)
        : kaimingUniform;
  return new Map([
    ['A', draw(shapes.A, random)],
    ['B', draw(shapes.B, random)],
  ]);
}

/** torch's kaiming_uniform_ with a = √5 of [rows, 1, columns] in bfloat16, for every copy of [rows, copies, columns]. */
const kaimingUniform: Draw = (shape, random) => {
  const [rows = 0, copies = 0, columns = 0] = shape;
  const bound = Math.sqrt(3) * (Math.sqrt(1 / 3) / Math.sqrt(columns));
  const data = new Float32Array(rows * copies * columns);
  for (let copy = 0; copy < copies; copy++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        data[(row * copies + copy) * columns + column] = random.bfloat16(-bound, bound);
  const deviation = toBfloat16(standardDeviation(data));
  return { shape, data: data.map((value) => toBfloat16(Math.fround(value / deviation))) };
};

/** −1 and 1 with the chance 1 / (2 · sparsity) each, else 0. */
function ternary(sparsity: number): Draw {
  const [low, high] = [Math.fround(1 / (2 * sparsity)), Math.fround(1 - 1 / (2 * sparsity))];
  return (shape, random) => {
    const data = Float32Array.from({ length: elementCount(shape) }, () => {
      const drawn = random.float32(0, 1);
      return drawn < low ? -1 : Number(drawn > high);
    });
    const deviation = Math.fround(standardDeviation(data));
    return { shape, data: data.map((value) => value / deviation) };
  };
}

/** With n − 1, as torch's `std`. */
function standardDeviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** A [r, 1, s] and B [l, n, r] for the largest in and out of the modules, s the smaller of the two and l the larger. */
export function basisShapes(
  modules: readonly LinearModule[],
  parameters: ParameterValues,
): { A: number[]; B: number[] } {
  const r = numberOf(parameters, 'r');
  const largest = (sizes: readonly number[]) => sizes.reduce((most, size) => Math.max(most, size), 0);
  const sizes = [
    largest(modules.map(({ inFeatures }) => inFeatures)),
    largest(modules.map(({ outFeatures }) => outFeatures)),
  ];
  return { A: [r, 1, Math.min(...sizes)], B: [Math.max(...sizes), Math.ceil(Math.min(...sizes) / r), r] };
}

/** B·A of inner size r · n, which is no smaller than the weight itself. */
export function randloraProduct(
  { inFeatures, outFeatures }: Pick<LinearModule, 'inFeatures' | 'outFeatures'>,
  { lambda, gamma, A, B }: Readonly<Record<'lambda' | 'gamma' | 'A' | 'B', HostTensor>>,
  scaling: number,
): LowRankUpdate {
  const [rank = 0, count = 0] = lambda.shape;
  const inner = rank * count;
  const [smaller, larger] = [Math.min(inFeatures, outFeatures), Math.max(inFeatures, outFeatures)];
  const [width, copies] = [A.shape[2] ?? 0, B.shape[1] ?? 0];
  const near = (at: number, column: number) =>
    (lambda.data[at] ?? 0) *
    (A.data[Math.floor(at / count) * width + column] ?? 0) *
    (gamma.data[(at % count) * smaller + column] ?? 0);
  const far = (row: number, at: number) => B.data[(row * copies + Math.floor(at / rank)) * rank + (at % rank)] ?? 0;
  const filled = (rows: number, columns: number, value: (row: number, column: number) => number) => ({
    shape: [rows, columns],
    data: Float32Array.from({ length: rows * columns }, (_, place) =>
      value(Math.floor(place / columns), place % columns),
    ),
  });
  const factors = isTurned([outFeatures, inFeatures])
    ? {
        a: filled(inner, larger, (at, row) => far(row, at)),
        b: filled(smaller, inner, (column, at) => near(at, column)),
      }
    : { a: filled(inner, smaller, near), b: filled(larger, inner, far) };
  return { ...factors, scaling };
}
