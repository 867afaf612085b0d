import type { KernelFamily } from './kernel-spec.ts';

export const attention: KernelFamily = {
  title: 'attention (attention.cc, attention_step.cc, attention_gradient.cc, rotary.cc)',
  kernels: [
    {
      name: 'attention',
      doc: `softmax(scale · q·kᵀ + masks)·v for each head, without the matrix of scores (FlashAttention, Dao et al. 2022).
mask [batch, tokens], 1 attend, 0 padding, or null. y like q; log_sum_exp [batch · heads, queries], the logarithm of
each row's sum of exponentials. A row that may see nothing gives zeros, and −∞.`,
      params:
        'AttentionShape shape, const float* q, const float* k, const float* v, const float* mask?, float* y, float* log_sum_exp',
    },
    {
      name: 'attention_step',
      doc: `The same of one query a row (shape.queries is 1): the keys and values of the next row lie \`capacity\` tokens further,
tokens or more. log_sum_exp may be null.`,
      params:
        'AttentionShape shape, int64_t capacity, const float* q, const float* k, const float* v, const float* mask?, float* y, float* log_sum_exp?',
      isInternal: true,
    },
    {
      name: 'attention_gradient',
      doc: "From the forward's inputs and outputs and dy (like y): dq like q, dk like k, dv like v.",
      params:
        'AttentionShape shape, const float* q, const float* k, const float* v, const float* mask?, const float* y, const float* log_sum_exp, const float* dy, float* dq, float* dk, float* dv',
    },
    {
      name: 'rotary',
      doc: `Rotary position embedding of halves (Su et al. 2021, as Hugging Face's Llama): x, y [rows, heads · head_size], cosines
and sines [table_rows, head_size / 2]; row r takes the table's row r mod table_rows. inverse: the sines negated, which is
the gradient. y may be x.`,
      params:
        'const float* x, const float* cosines, const float* sines, float* y, int64_t rows, int64_t table_rows, int64_t heads, int64_t head_size, bool inverse',
    },
  ],
};
