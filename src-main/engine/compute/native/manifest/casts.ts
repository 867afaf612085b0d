import type { KernelFamily } from './kernel-spec.ts';

export const casts: KernelFamily = {
  title: 'casts (casts.cc)',
  kernels: [
    {
      name: 'float_to_int32',
      doc: "Towards zero, beyond int32's range to its ends, NaN to 0.",
      params: 'const float* x, int32_t* y, int64_t count',
    },
    { name: 'int32_to_float', doc: 'Rounded to the nearest.', params: 'const int32_t* x, float* y, int64_t count' },
    {
      name: 'float_to_bool',
      doc: '1 where x is not 0 (NaN is not 0).',
      params: 'const float* x, uint8_t* y, int64_t count',
    },
    { name: 'int32_to_bool', doc: '1 where x is not 0.', params: 'const int32_t* x, uint8_t* y, int64_t count' },
    { name: 'bool_to_float', doc: '0 or 1.', params: 'const uint8_t* x, float* y, int64_t count' },
    { name: 'bool_to_int32', doc: '0 or 1.', params: 'const uint8_t* x, int32_t* y, int64_t count' },
    {
      name: 'float_to_bfloat16',
      doc: `Rounded to the nearest, ties to even; NaN stays NaN. Runs on the calling thread alone, since it serves inside the
tasks of a product.`,
      params: 'const float* x, uint16_t* y, int64_t count',
      isInternal: true,
    },
    {
      name: 'round_to_bfloat16',
      doc: 'The same on all threads: of states that are kept at half their size.',
      params: 'const float* x, uint16_t* y, int64_t count',
    },
    { name: 'bfloat16_to_float', doc: 'Without rounding.', params: 'const uint16_t* x, float* y, int64_t count' },
    {
      name: 'scaled_to_bfloat16',
      doc: 'The same of x ∘ scale by row: x, y [rows, width], scale [width]. Runs on the calling thread alone.',
      params: 'const float* x, const float* scale, uint16_t* y, int64_t rows, int64_t width',
      isInternal: true,
    },
  ],
};
