import type { KernelFamily } from './kernel-spec.ts';

export const reductions: KernelFamily = {
  title: 'reductions (reductions.cc)',
  kernels: [
    {
      name: 'reduce',
      doc: `y = the reduction of x over the axes whose bit is set in \`axes\` (bit i: axis i); y has the other axes, in order. Over
nothing: sum and mean 0 / NaN, product 1, maximum −∞, minimum ∞. A NaN makes maximum and minimum NaN.`,
      params: 'Reduction operation, const float* x, Shape x_shape, uint32_t axes, float* y',
    },
    {
      name: 'reduce_int32',
      doc: 'The same of int32 (mean: towards zero; over nothing: 0, 1, the smallest, the greatest int32).',
      params: 'Reduction operation, const int32_t* x, Shape x_shape, uint32_t axes, int32_t* y',
    },
    {
      name: 'reduce_bool',
      doc: 'all (conjunction) or any (disjunction) of x over `axes`.',
      params: 'Logical operation, const uint8_t* x, Shape x_shape, uint32_t axes, uint8_t* y',
    },
    {
      name: 'argmax',
      doc: 'The index of the first greatest element along an axis; x as [outer, length, inner], y [outer, inner].',
      params: 'const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner',
    },
    {
      name: 'argmin',
      doc: 'The index of the first smallest element along an axis.',
      params: 'const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner',
    },
    {
      name: 'column_sums',
      doc: 'y [width] = sums over the rows of x [rows, width].',
      params: 'const float* x, float* y, int64_t rows, int64_t width',
      isInternal: true,
    },
    {
      name: 'cumulative_sum',
      doc: `y [outer, length, inner] = running sums along the middle axis of x; exclusive: without the element's own; reverse: from
the end.`,
      params: 'const float* x, float* y, int64_t outer, int64_t length, int64_t inner, bool exclusive, bool reverse',
    },
    {
      name: 'sum_of_squares',
      doc: "The sum of the squares of x, in double precision: for a gradient's norm.",
      params: 'const float* x, int64_t count',
      returns: 'double',
      isInternal: true,
    },
  ],
};
