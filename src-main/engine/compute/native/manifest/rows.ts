import type { KernelFamily } from './kernel-spec.ts';

export const rows: KernelFamily = {
  title: 'rows (rows.cc)',
  kernels: [
    {
      name: 'cls_tokens',
      doc: 'y [rows / tokens, width] = the rows 0, tokens, 2·tokens … of x [rows, width].',
      params: 'const float* x, float* y, int64_t rows, int64_t width, int64_t tokens',
    },
    {
      name: 'cls_tokens_gradient',
      doc: "dx [rows, width]: dy's rows at 0, tokens, 2·tokens …, zeros elsewhere.",
      params: 'const float* dy, float* dx, int64_t rows, int64_t width, int64_t tokens',
    },
    {
      name: 'gather_rows',
      doc: 'y[i] = x[indices[i]]: rows of row_bytes bytes; an index outside 0 … x_rows − 1 gives zeros.',
      params: 'const void* x, const int32_t* indices, void* y, int64_t x_rows, int64_t count, int64_t row_bytes',
      isInternal: true,
    },
    {
      name: 'scatter_add_rows',
      doc: 'y [y_rows, width] = the sums of the rows of x [count, width] by index; indices outside are left out.',
      params: 'const float* x, const int32_t* indices, float* y, int64_t y_rows, int64_t count, int64_t width',
    },
    {
      name: 'one_hot',
      doc: 'y [count, depth] = on where the index is the column, else off.',
      params: 'const int32_t* indices, float* y, int64_t count, int64_t depth, float on, float off',
    },
  ],
  functions: [
    {
      name: 'gather_rows',
      doc: 'y[i] = x[indices[i]]: rows of row_bytes bytes; throws where x has no such row.',
      params: 'const void* x, const int32_t* indices, void* y, int64_t x_rows, int64_t count, int64_t row_bytes',
    },
  ],
};
