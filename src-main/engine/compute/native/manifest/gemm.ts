import type { KernelFamily } from './kernel-spec.ts';

export const gemm: KernelFamily = {
  title:
    "matrix products (skinny_gemm.cc; large ones are the library's) , LoRA (lora.cc), DoRA (dora.cc) and HiRA (hira.cc)",
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
      name: 'quantize_rows',
      doc: `Each row of x [rows, width] as 8-bit integers times its own scale: q = x / scale rounded to the nearest, ties to even, where
scale is the row's largest magnitude / 127. The scale of a row with a number that is not finite is NaN, and its integers are
0. With \`segments\` > 1, a power of two that divides width, a row is rotated first: the Hadamard matrix of that size mixes the numbers that
lie width / segments apart. Runs on the calling thread alone, since it serves inside the tasks of a product.`,
      params: 'const float* x, int8_t* q, float* scales, int64_t rows, int64_t width, int64_t segments',
      isInternal: true,
    },
    {
      name: 'int8_epilogue',
      doc: `c = ((scale · sums ∘ row_scales ∘ column_scales + c where \`accumulates\`) ∘ output_scale + bias + addend) ∘ multiplier by row: sums,
c, addend, multiplier [rows, width], row_scales [rows], the others [width]; those after column_scales may be null. Runs on the
calling thread alone.`,
      params:
        'const int32_t* sums, const float* row_scales, const float* column_scales, const float* output_scale, const float* bias, const float* addend, const float* multiplier, float* c, int64_t rows, int64_t width, float scale, bool accumulates',
      isInternal: true,
    },
    {
      name: 'low_rank_product',
      doc: `y [rows, rank] = x·aᵀ: x [rows, inputs], a [rank, inputs]. For ranks that are small beside the inputs. Uses
pairs of bfloat16, with sums in float32, if they are allowed and faster on the processor.`,
      params: 'const float* x, const float* a, float* y, int64_t rows, int64_t inputs, int64_t rank, bool bfloat16',
    },
    {
      name: 'lora_gradient',
      doc: 'The gradients of LoRA and DoRA but that of x (LoraGradient). For ranks that are small beside inputs and outputs.',
      params: 'LoraGradient gradient',
    },
    {
      name: 'dora_row_scale',
      doc: `inverse [outputs] = 1 / ‖wᵢ + scale · (b·a)ᵢ‖ and row_scale = magnitude ∘ inverse, without ever making b·a: weight
[outputs, inputs], a [rank, inputs], b [outputs, rank], magnitude [outputs]. A norm counts as 1e-15 at least.`,
      params:
        'Weight weight, const float* a, const float* b, const float* magnitude, float* inverse, float* row_scale, int64_t outputs, int64_t inputs, int64_t rank, float scale',
    },
    {
      name: 'row_scale_gradient',
      doc: `The gradients of x ∘ row_scale: dx = dy ∘ row_scale, which may be dy, and sums [width] = factor ∘ the sums over the rows
of dy ∘ x.`,
      params:
        'const float* dy, const float* x, const float* row_scale, const float* factor, float* dx, float* sums, int64_t rows, int64_t width',
    },
    {
      name: 'hira_pack',
      doc: `Packs w ∘ (unit + scale · b·a) as a panel of kPanelOutputs columns, of which there are \`columns\`, and \`padded\` rows, of
which there are \`depth\`; zeros stand for the rest. Its rows are those of w [depth, columns], or with transposed w [columns,
depth] is turned; w has rows weight_step apart, a as many columns as w, with rows a_step apart, b as many rows as w. float32 row
by row; with \`pairs\` (padded is even then) bf16, two rows side by side. Runs on the calling thread alone.`,
      params:
        'const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, void* to, int64_t depth, int64_t padded, int64_t columns, int64_t rank, float scale, float unit, bool transposed, bool pairs',
      isInternal: true,
    },
    {
      name: 'hira_panel',
      doc: `y [rows, columns] = w ∘ (unit + scale · b·a): w with rows weight_step apart, a [rank, columns] with rows a_step apart,
b [rows, rank]. Runs on the calling thread alone, since it serves inside the tasks of a product.`,
      params:
        'const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, float* y, int64_t rows, int64_t columns, int64_t rank, float scale, float unit',
      isInternal: true,
    },
    {
      name: 'hira_tile_gradient',
      doc: `Accumulates the gradients of a tile g [rows, columns] of dyᵀ·x, which becomes g ∘ w: db [rows, rank] = scale · g·aᵀ, and scale · bᵀ·g is added to da
[rank, columns], whose rows lie a_step apart like those of a; w has rows weight_step apart, b [rows, rank]. Runs on the calling
thread alone.`,
      params:
        'float* g, const float* weight, int64_t weight_step, const float* a, float* da, int64_t a_step, const float* b, float* db, int64_t rows, int64_t columns, int64_t rank, float scale',
      isInternal: true,
    },
  ],
  functions: [
    { name: 'hira_gemm', doc: "A product with HiRA's weight.", params: 'HiraGemm gemm' },
    { name: 'hira_gradient', doc: "The gradients of HiRA's factors.", params: 'HiraGradient gradient' },
    { name: 'gemm', doc: 'One matrix product.', params: 'Gemm gemm' },
    { name: 'batched_gemm', doc: 'Many matrix products of one shape.', params: 'BatchedGemm batch' },
    {
      name: 'computes_bfloat16',
      doc: 'True if this processor has bfloat16 matrix products, slow or fast; without them, requesting one throws.',
      params: '',
      returns: 'bool',
    },
    {
      name: 'computes_int8',
      doc: 'True if this processor has exact matrix products of 8-bit integers that are faster than those of float32.',
      params: '',
      returns: 'bool',
    },
    {
      name: 'allow_int8',
      doc: `Lets products with a frozen weight run in 8-bit integers with sums of 32 bits: rows of the other factor are rounded as they
are read, the weight once for each orientation.`,
      params: 'Weight weight',
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
