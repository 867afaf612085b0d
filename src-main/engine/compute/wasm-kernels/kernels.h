// Shared by the kernels of the wasm backend, which work on tfjs's own memory: 128-bit SIMD with fused multiply-add
// (relaxed SIMD). Freestanding: no C library, no static data. All matrices are float32, row-major. Built by
// scripts/build-wasm-kernels.mjs into kernels-binary.ts.

#pragma once

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name), used))
#define INLINE static inline __attribute__((always_inline))

static inline v128_t multiply_add(v128_t a, v128_t b, v128_t c) { return wasm_f32x4_relaxed_madd(a, b, c); }
static inline v128_t splat(float x) { return wasm_f32x4_splat(x); }
static inline float sum_lanes(v128_t v) {
  return (wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1)) +
         (wasm_f32x4_extract_lane(v, 2) + wasm_f32x4_extract_lane(v, 3));
}

// ---- elements ----

static inline v128_t load_some(const float* from, int count) {
  float lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < count; i++) lanes[i] = from[i];
  return wasm_v128_load(lanes);
}

static inline void store_some(float* to, v128_t value, int count) {
  float lanes[4];
  wasm_v128_store(lanes, value);
  for (int i = 0; i < count; i++) to[i] = lanes[i];
}

// Four elements from i on, or as many as there are.
INLINE v128_t load_at(const float* from, int i, int count) {
  return i + 4 <= count ? wasm_v128_load(from + i) : load_some(from + i, count - i);
}

INLINE void store_at(float* to, v128_t value, int i, int count) {
  if (i + 4 <= count) wasm_v128_store(to + i, value);
  else store_some(to + i, value, count - i);
}

static inline void zero(float* to, int count) {
  for (int j = 0; j < count; j++) to[j] = 0.0f;
}

// ---- exponential ----

// e^x: x = n·ln 2 + r, polynomial of Cephes' expf in r. Relative error about 1e-7; below −87 the result is about 1e-38.
static inline v128_t exponential(v128_t x) {
  x = wasm_f32x4_min(wasm_f32x4_max(x, splat(-87.3f)), splat(88.3f));
  v128_t n = wasm_f32x4_nearest(wasm_f32x4_mul(x, splat(1.44269504088896341f)));
  v128_t r = multiply_add(n, splat(-0.693359375f), x);
  r = multiply_add(n, splat(2.12194440e-4f), r);
  v128_t p = splat(1.9875691500e-4f);
  p = multiply_add(p, r, splat(1.3981999507e-3f));
  p = multiply_add(p, r, splat(8.3334519073e-3f));
  p = multiply_add(p, r, splat(4.1665795894e-2f));
  p = multiply_add(p, r, splat(1.6666665459e-1f));
  p = multiply_add(p, r, splat(5.0000001201e-1f));
  p = multiply_add(p, wasm_f32x4_mul(r, r), wasm_f32x4_add(r, splat(1.0f)));
  v128_t power = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_splat(127)), 23);
  return wasm_f32x4_mul(p, power);
}

static inline v128_t sigmoid(v128_t x) {
  return wasm_f32x4_div(splat(1.0f), wasm_f32x4_add(splat(1.0f), exponential(wasm_f32x4_neg(x))));
}

// ---- matrix products (matmul.c) ----

// Width of the panels into which factors are packed.
#define COLUMNS 8

// A product A·B: A by the strides of its rows and of the summed index, B by those of that index and of its columns.
typedef struct {
  const float* a;
  int a_row, a_step;
  const float* b;
  int b_step, b_column;
  int k;
  float scale;
} Term;

// C = (scale · A · B [+ the same of a second term] [+ bias] [+ addend]) [∘ multiplier]; C, addend and multiplier m × n
// with rows of `c_stride`. `panels`: space for (k + k2) · n, n rounded up to COLUMNS.
void multiply(const Term* first, const Term* second, float* c, int c_stride, int m, int n, const float* bias,
              const float* addend, const float* multiplier, float* panels);
