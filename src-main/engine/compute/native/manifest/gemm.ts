import type { KernelFamily } from './kernel-spec.ts';

export const gemm: KernelFamily = {
  title: "matrix products (skinny_gemm.cc; large ones are the library's) and DoRA (dora.cc)",
  kernels: [
    { name: 'skinny_gemm', doc: 'A product of few rows (SkinnyGemm).', params: 'SkinnyGemm gemm', isInternal: true },
    {
      name: 'scaled_epilogue',
      doc: `y = x ∘ row_scale + bias + addend by row: x, addend, y [rows, width], row_scale, bias [width]; bias and addend may be
null, y may be x or addend. Runs on the calling thread alone, since it serves inside the tasks of a product.`,
      params:
        'const float* x, const float* row_scale, const float* bias, const float* addend, float* y, int64_t rows, int64_t width',
      isInternal: true,
    },
    {
      name: 'dora_row_scale',
      doc: `inverse [outputs] = 1 / ‖wᵢ + scale · (b·a)ᵢ‖ and row_scale = magnitude ∘ inverse, without ever making b·a: weight
[outputs, inputs], a [rank, inputs], b [outputs, rank], magnitude [outputs]. A norm counts as 1e-15 at least.`,
      params:
        'const float* weight, const float* a, const float* b, const float* magnitude, float* inverse, float* row_scale, int64_t outputs, int64_t inputs, int64_t rank, float scale',
    },
    {
      name: 'row_scale_gradient',
      doc: `The gradients of x ∘ row_scale: dx = dy ∘ row_scale, which may be dy, and sums [width] = factor ∘ the sums over the rows
of dy ∘ x.`,
      params:
        'const float* dy, const float* x, const float* row_scale, const float* factor, float* dx, float* sums, int64_t rows, int64_t width',
    },
  ],
  functions: [
    { name: 'gemm', doc: 'One matrix product.', params: 'Gemm gemm' },
    { name: 'batched_gemm', doc: 'Many matrix products of one shape.', params: 'BatchedGemm batch' },
    {
      name: 'computes_bfloat16',
      doc: 'Whether this processor has matrix products in bfloat16, slow ones or fast; without, asking for one throws.',
      params: '',
      returns: 'bool',
    },
    {
      name: 'measure_gemm',
      doc: 'GFLOPS of the product m × k × n with a packed right-hand side, best of `rounds`.',
      params: 'int64_t m, int64_t k, int64_t n, bool bfloat16, int64_t rounds',
      returns: 'double',
    },
    {
      name: 'measure_library_gemm',
      doc: 'The same of oneDNN alone, on its own threads; 0 where that cannot be told.',
      params: 'int64_t m, int64_t k, int64_t n, bool bfloat16, int64_t rounds',
      returns: 'double',
    },
  ],
};
