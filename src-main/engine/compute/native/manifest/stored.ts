import type { KernelFamily } from './kernel-spec.ts';

export const stored: KernelFamily = {
  title: 'matrices whose values are stored in another encoding than float32 (stored.cc, stored_gemm.cc)',
  kernels: [
    {
      name: 'stored_row_bytes',
      doc: 'Bytes of a row of `columns` values; 0 where a row would end within a block.',
      params: 'Encoding encoding, int64_t columns',
      returns: 'double',
      isInternal: true,
    },
    {
      name: 'decode_stored',
      doc: `y = the columns first … first + count − 1 of \`rows\` rows of the matrix, from \`row\` on, in float32; first and count are
whole numbers of blocks, the rows of y lie \`step\` numbers apart. Runs on the calling thread alone, since it serves inside the tasks of a product.`,
      params: 'StoredMatrix matrix, int64_t row, int64_t rows, int64_t first, int64_t count, float* y, int64_t step',
      isInternal: true,
    },
    {
      name: 'decode_stored_panels',
      doc: `The same in bfloat16, as panels of pairs (PairPanels) that lie panel_step numbers apart: of the weight itself with
\`transposed\`, when its rows are the outputs, else of its transpose. Places beyond its sizes are left alone.`,
      params:
        'StoredMatrix matrix, int64_t row, int64_t rows, int64_t first, int64_t count, bool transposed, uint16_t* y, int64_t panel_step',
      isInternal: true,
    },
    {
      name: 'skinny_stored_gemm',
      doc: 'A product of few rows (SkinnyGemm, without panels) with a stored weight, which is decoded row by row.',
      params: 'SkinnyGemm gemm, StoredMatrix weight',
      isInternal: true,
    },
  ],
  functions: [
    {
      name: 'encode_tensor',
      doc: `Makes a tensor of bytes the matrix [rows, columns] that they encode. Kernels see it in float32: products with it decode
it part by part, other kernels for the time of the call.`,
      params: 'void* x, Encoding encoding, int64_t rows, int64_t columns',
    },
    {
      name: 'gather_stored_rows',
      doc: 'y[i] = x[indices[i]] in float32: rows of a stored matrix; throws where x has no such row.',
      params: 'Weight x, const int32_t* indices, float* y, int64_t count',
    },
    {
      name: 'is_finite_matrix',
      doc: 'True if no value of a stored matrix is NaN or infinite.',
      params: 'Weight x',
      returns: 'bool',
    },
  ],
};
