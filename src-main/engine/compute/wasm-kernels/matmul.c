#include "kernels.h"

#define ROWS 6

// Writes factor · the transpose of four rows of four, `stride` apart, to rows of a panel.
INLINE void transpose4(const float* from, int stride, v128_t factor, float* to) {
  v128_t r0 = wasm_v128_load(from), r1 = wasm_v128_load(from + stride);
  v128_t r2 = wasm_v128_load(from + 2 * stride), r3 = wasm_v128_load(from + 3 * stride);
  v128_t low01 = wasm_i32x4_shuffle(r0, r1, 0, 4, 1, 5), high01 = wasm_i32x4_shuffle(r0, r1, 2, 6, 3, 7);
  v128_t low23 = wasm_i32x4_shuffle(r2, r3, 0, 4, 1, 5), high23 = wasm_i32x4_shuffle(r2, r3, 2, 6, 3, 7);
  wasm_v128_store(to, wasm_f32x4_mul(factor, wasm_i64x2_shuffle(low01, low23, 0, 2)));
  wasm_v128_store(to + COLUMNS, wasm_f32x4_mul(factor, wasm_i64x2_shuffle(low01, low23, 1, 3)));
  wasm_v128_store(to + 2 * COLUMNS, wasm_f32x4_mul(factor, wasm_i64x2_shuffle(high01, high23, 0, 2)));
  wasm_v128_store(to + 3 * COLUMNS, wasm_f32x4_mul(factor, wasm_i64x2_shuffle(high01, high23, 1, 3)));
}

// Lays scale · B out in panels of COLUMNS columns, row by row within a panel, the last one filled up with zeros. A
// panel takes `panel_rows` rows, of which this fills k from `panels` on.
static void pack(const float* b, int k_stride, int n_stride, int n, int k, float scale, float* panels, int panel_rows) {
  v128_t factor = splat(scale);
  for (int column = 0; column < n; column += COLUMNS, panels += (panel_rows - k) * COLUMNS) {
    int width = n - column < COLUMNS ? n - column : COLUMNS;
    const float* source = b + column * n_stride;
    if (n_stride == 1 && width == COLUMNS) {
      for (int row = 0; row < k; row++, source += k_stride, panels += COLUMNS) {
        wasm_v128_store(panels, wasm_f32x4_mul(factor, wasm_v128_load(source)));
        wasm_v128_store(panels + 4, wasm_f32x4_mul(factor, wasm_v128_load(source + 4)));
      }
    } else {
      int row = 0;
      if (k_stride == 1 && width == COLUMNS)
        for (; row + 4 <= k; row += 4, panels += 4 * COLUMNS) {
          transpose4(source + row, n_stride, factor, panels);
          transpose4(source + row + 4 * n_stride, n_stride, factor, panels + 4);
        }
      for (; row < k; row++, panels += COLUMNS)
        for (int j = 0; j < COLUMNS; j++) panels[j] = j < width ? scale * source[row * k_stride + j * n_stride] : 0.0f;
    }
  }
}

// Adds ROWS × COLUMNS of a product to the sums. Rows beyond the last point at the last one: they are computed, not
// stored.
INLINE void tile(const float* const a[ROWS], int k_stride, const float* panel, int k, v128_t low[ROWS],
                 v128_t high[ROWS]) {
  const float *r0 = a[0], *r1 = a[1], *r2 = a[2], *r3 = a[3], *r4 = a[4], *r5 = a[5];
  v128_t l0 = low[0], l1 = low[1], l2 = low[2], l3 = low[3], l4 = low[4], l5 = low[5];
  v128_t h0 = high[0], h1 = high[1], h2 = high[2], h3 = high[3], h4 = high[4], h5 = high[5];
  for (int step = 0; step < k; step++) {
    v128_t b0 = wasm_v128_load(panel), b1 = wasm_v128_load(panel + 4);
    panel += COLUMNS;
    v128_t x;
    x = wasm_v128_load32_splat(r0);
    r0 += k_stride;
    l0 = multiply_add(x, b0, l0);
    h0 = multiply_add(x, b1, h0);
    x = wasm_v128_load32_splat(r1);
    r1 += k_stride;
    l1 = multiply_add(x, b0, l1);
    h1 = multiply_add(x, b1, h1);
    x = wasm_v128_load32_splat(r2);
    r2 += k_stride;
    l2 = multiply_add(x, b0, l2);
    h2 = multiply_add(x, b1, h2);
    x = wasm_v128_load32_splat(r3);
    r3 += k_stride;
    l3 = multiply_add(x, b0, l3);
    h3 = multiply_add(x, b1, h3);
    x = wasm_v128_load32_splat(r4);
    r4 += k_stride;
    l4 = multiply_add(x, b0, l4);
    h4 = multiply_add(x, b1, h4);
    x = wasm_v128_load32_splat(r5);
    r5 += k_stride;
    l5 = multiply_add(x, b0, l5);
    h5 = multiply_add(x, b1, h5);
  }
  low[0] = l0;
  low[1] = l1;
  low[2] = l2;
  low[3] = l3;
  low[4] = l4;
  low[5] = l5;
  high[0] = h0;
  high[1] = h1;
  high[2] = h2;
  high[3] = h3;
  high[4] = h4;
  high[5] = h5;
}

INLINE void rows_of(const Term* term, int row, int height, const float* rows[ROWS]) {
  for (int i = 0; i < ROWS; i++) rows[i] = term->a + (row + (i < height ? i : height - 1)) * term->a_row;
}

void multiply(const Term* first, const Term* second, float* c, int c_stride, int m, int n, const float* bias,
              const float* addend, const float* multiplier, float* panels) {
  int depth = first->k + (second ? second->k : 0);
  pack(first->b, first->b_step, first->b_column, n, first->k, first->scale, panels, depth);
  if (second)
    pack(second->b, second->b_step, second->b_column, n, second->k, second->scale, panels + first->k * COLUMNS, depth);
  for (int row = 0; row < m; row += ROWS) {
    int height = m - row < ROWS ? m - row : ROWS;
    const float *rows[ROWS], *more[ROWS];
    rows_of(first, row, height, rows);
    if (second) rows_of(second, row, height, more);
    for (int column = 0; column < n; column += COLUMNS) {
      v128_t low[ROWS], high[ROWS];
      for (int i = 0; i < ROWS; i++) low[i] = high[i] = splat(0);
      const float* panel = panels + column * depth;
      if (first->a_step == 1) tile(rows, 1, panel, first->k, low, high);
      else tile(rows, first->a_step, panel, first->k, low, high);
      if (second) tile(more, second->a_step, panel + first->k * COLUMNS, second->k, low, high);
      int width = n - column;
      for (int i = 0; i < height; i++) {
        int at = (row + i) * c_stride + column;
        v128_t l = low[i], h = high[i];
        if (width >= COLUMNS) {
          if (bias) {
            l = wasm_f32x4_add(l, wasm_v128_load(bias + column));
            h = wasm_f32x4_add(h, wasm_v128_load(bias + column + 4));
          }
          if (addend) {
            l = wasm_f32x4_add(l, wasm_v128_load(addend + at));
            h = wasm_f32x4_add(h, wasm_v128_load(addend + at + 4));
          }
          if (multiplier) {
            l = wasm_f32x4_mul(l, wasm_v128_load(multiplier + at));
            h = wasm_f32x4_mul(h, wasm_v128_load(multiplier + at + 4));
          }
          wasm_v128_store(c + at, l);
          wasm_v128_store(c + at + 4, h);
        } else {
          float values[COLUMNS];
          wasm_v128_store(values, l);
          wasm_v128_store(values + 4, h);
          for (int j = 0; j < width; j++)
            c[at + j] = (values[j] + (bias ? bias[column + j] : 0.0f) + (addend ? addend[at + j] : 0.0f)) *
                        (multiplier ? multiplier[at + j] : 1.0f);
        }
      }
    }
  }
}

static inline Term term(const float* a, int transpose_a, const float* b, int transpose_b, int m, int n, int k,
                        float scale) {
  return (Term){a, transpose_a ? 1 : k, transpose_a ? m : 1, b, transpose_b ? 1 : n, transpose_b ? k : 1, k, scale};
}

// c [m, n] = (scale · op(a) · op(b) [+ bias] [+ addend] [+ scale2 · a2 · op(b2), where k2 > 0]) [∘ multiplier].
// `panels`: space for (k + k2) · n, n rounded up to COLUMNS.
EXPORT(matmul)
void matmul(const float* a, const float* b, float* c, int m, int n, int k, int transpose_a, int transpose_b,
            float scale, const float* bias, const float* addend, const float* multiplier, const float* a2,
            const float* b2, int k2, int transpose_b2, float scale2, float* panels) {
  Term first = term(a, transpose_a, b, transpose_b, m, n, k, scale);
  Term second = term(a2, 0, b2, transpose_b2, m, n, k2, scale2);
  multiply(&first, k2 > 0 ? &second : 0, c, n, m, n, bias, addend, multiplier, panels);
}
