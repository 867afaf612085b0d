import type { KernelFamily } from './kernel-spec.ts';

export const layout: KernelFamily = {
  title: 'layout (layout.cc): elements of 1 or 4 bytes (element_bytes)',
  kernels: [
    {
      name: 'fill',
      doc: "count elements of `value`'s first element_bytes bytes.",
      params: 'void* y, const void* value, int64_t count, int element_bytes',
      isInternal: true,
    },
    { name: 'copy', doc: 'y = x.', params: 'const void* x, void* y, int64_t bytes' },
    {
      name: 'transpose',
      doc: "y's axis i is x's axis permutation[i].",
      params: 'const void* x, Shape x_shape, const int* permutation, void* y, int element_bytes',
      isInternal: true,
    },
    {
      name: 'slice',
      doc: 'y [y_shape] = x from begin on, by steps of `strides` (null: 1; negative ones count back).',
      params:
        'const void* x, Shape x_shape, const int64_t* begin, const int64_t* strides, void* y, Shape y_shape, int element_bytes',
      isInternal: true,
    },
    {
      name: 'pad',
      doc: 'x in the midst of y, `before[i]` elements from the start of axis i, `value` (element_bytes bytes) around it.',
      params:
        'const void* x, Shape x_shape, const int64_t* before, const void* value, void* y, Shape y_shape, int element_bytes',
      isInternal: true,
    },
    {
      name: 'concat',
      doc: `Inputs one after another along an axis: outer = the product of the sizes before that axis; widths[i] = the bytes of
input i for one outer index (its size along the axis times all after it).`,
      params: 'const void* const* inputs, const int64_t* widths, int64_t input_count, void* y, int64_t outer',
      isInternal: true,
    },
    {
      name: 'tile',
      doc: 'x repeated: y_shape[i] is a multiple of x_shape[i] (equal ranks). Broadcasting, too: a size of 1 repeated.',
      params: 'const void* x, Shape x_shape, void* y, Shape y_shape, int element_bytes',
    },
  ],
  functions: [
    {
      name: 'fill',
      doc: 'count elements of a value.',
      params: 'void* y, double value, ValueType type, int64_t count',
    },
    {
      name: 'transpose',
      doc: "y's axis i is x's axis permutation[i].",
      params: 'const void* x, void* y, int element_bytes, Shape x_shape, Axes permutation',
    },
    {
      name: 'slice',
      doc: 'y [y_shape] = x from begin on, by steps of `strides` (negative ones count back).',
      params: 'const void* x, void* y, int element_bytes, Shape x_shape, Shape y_shape, Axes begin, Axes strides',
    },
    {
      name: 'pad',
      doc: 'x in the midst of y, `before[i]` elements from the start of axis i, the value around it.',
      params: 'const void* x, void* y, double value, ValueType type, Shape x_shape, Shape y_shape, Axes before',
    },
    {
      name: 'concat',
      doc: 'y = inputs one after another along an axis, `outer` times. inputs: [x, its bytes for one outer index, …]',
      params: 'void* y, int64_t outer, Float64Array inputs',
    },
  ],
};
