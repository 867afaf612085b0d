// Products of vectors in double precision, on panels of doubles that are packed from stored floats. Sums are fused
// where the processor has it (relaxed SIMD).

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name), used))

static inline v128_t fused(v128_t a, v128_t b, v128_t sum) { return __builtin_wasm_relaxed_madd_f64x2(a, b, sum); }

static inline double total(v128_t lanes) {
  return wasm_f64x2_extract_lane(lanes, 0) + wasm_f64x2_extract_lane(lanes, 1);
}

// panel[vector, at] = scale · source[vector · vector_stride + at · entry_stride]
EXPORT(pack_panel)
void pack_panel(const float* source, double* panel, int vectors, int entries, int vector_stride, int entry_stride,
                int panel_stride, double scale) {
  if (entry_stride == 1) {
    for (int vector = 0; vector < vectors; vector++)
      for (int at = 0; at < entries; at++)
        panel[vector * panel_stride + at] = scale * source[vector * vector_stride + at];
    return;
  }
  for (int at = 0; at < entries; at++)
    for (int vector = 0; vector < vectors; vector++)
      panel[vector * panel_stride + at] = scale * source[vector * vector_stride + at * entry_stride];
}

// sums [n, n] += panel · panelᵀ at and below the diagonal; panel [n, depth], n a multiple of four and depth of two.
EXPORT(add_products) void add_products(const double* panel, double* sums, int n, int depth) {
  for (int row = 0; row < n; row += 4)
    for (int column = 0; column < row + 4; column += 2) {
      const double* first = panel + row * depth;
      const double* other = panel + column * depth;
      v128_t s00 = wasm_f64x2_splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
      for (int at = 0; at < depth; at += 2) {
        v128_t y0 = wasm_v128_load(other + at), y1 = wasm_v128_load(other + depth + at);
        v128_t x = wasm_v128_load(first + at);
        s00 = fused(x, y0, s00);
        s01 = fused(x, y1, s01);
        x = wasm_v128_load(first + depth + at);
        s10 = fused(x, y0, s10);
        s11 = fused(x, y1, s11);
        x = wasm_v128_load(first + 2 * depth + at);
        s20 = fused(x, y0, s20);
        s21 = fused(x, y1, s21);
        x = wasm_v128_load(first + 3 * depth + at);
        s30 = fused(x, y0, s30);
        s31 = fused(x, y1, s31);
      }
      double* target = sums + row * n + column;
      target[0] += total(s00);
      target[1] += total(s01);
      target[n] += total(s10);
      target[n + 1] += total(s11);
      target[2 * n] += total(s20);
      target[2 * n + 1] += total(s21);
      target[3 * n] += total(s30);
      target[3 * n + 1] += total(s31);
    }
}

// One tile of left [4, inner] · right [inner, 4] as eight pairs.
static inline void tile(const double* left, int inner, const double* right, int right_stride, v128_t* sums) {
  v128_t s00 = wasm_f64x2_splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  for (int k = 0; k < inner; k++) {
    v128_t y0 = wasm_v128_load(right + k * right_stride), y1 = wasm_v128_load(right + k * right_stride + 2);
    v128_t x = wasm_v128_load64_splat(left + k);
    s00 = fused(x, y0, s00);
    s01 = fused(x, y1, s01);
    x = wasm_v128_load64_splat(left + inner + k);
    s10 = fused(x, y0, s10);
    s11 = fused(x, y1, s11);
    x = wasm_v128_load64_splat(left + 2 * inner + k);
    s20 = fused(x, y0, s20);
    s21 = fused(x, y1, s21);
    x = wasm_v128_load64_splat(left + 3 * inner + k);
    s30 = fused(x, y0, s30);
    s31 = fused(x, y1, s31);
  }
  sums[0] = s00, sums[1] = s01, sums[2] = s10, sums[3] = s11, sums[4] = s20, sums[5] = s21, sums[6] = s30,
  sums[7] = s31;
}

// target = left [rows, inner] · right [inner, columns], rounded once to float; rows and columns are multiples of four.
EXPORT(multiply_to_floats)
void multiply_to_floats(const double* left, const double* right, float* target, int rows, int inner, int columns,
                        int right_stride, int target_stride) {
  for (int column = 0; column < columns; column += 4)
    for (int row = 0; row < rows; row += 4) {
      v128_t sums[8];
      tile(left + row * inner, inner, right + column, right_stride, sums);
      for (int at = 0; at < 4; at++) {
        v128_t low = wasm_f32x4_demote_f64x2_zero(sums[2 * at]), high = wasm_f32x4_demote_f64x2_zero(sums[2 * at + 1]);
        wasm_v128_store(target + (row + at) * target_stride + column, wasm_i32x4_shuffle(low, high, 0, 1, 4, 5));
      }
    }
}

// The same in doubles.
EXPORT(multiply)
void multiply(const double* left, const double* right, double* target, int rows, int inner, int columns) {
  for (int column = 0; column < columns; column += 4)
    for (int row = 0; row < rows; row += 4) {
      v128_t sums[8];
      tile(left + row * inner, inner, right + column, columns, sums);
      for (int at = 0; at < 4; at++) {
        double* to = target + (row + at) * columns + column;
        wasm_v128_store(to, sums[2 * at]);
        wasm_v128_store(to + 2, sums[2 * at + 1]);
      }
    }
}
