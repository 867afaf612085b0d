// Stored numbers to float32, and sums of them, on the memory that a file is read into: 128-bit SIMD, freestanding, no
// data of its own. Built by scripts/build-wasm-kernels.mjs into values-binary.ts. Reading functions return 1 if all
// values are finite.

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name), used))

typedef unsigned short half;
typedef unsigned int word;

// The largest magnitude so far: of finite numbers it stays below that of infinity.
static inline v128_t larger(v128_t largest, v128_t bits) {
  return wasm_u32x4_max(largest, wasm_v128_and(bits, wasm_u32x4_splat(0x7fffffff)));
}

static inline int is_finite(v128_t largest) {
  return !wasm_v128_any_true(wasm_u32x4_ge(largest, wasm_u32x4_splat(0x7f800000)));
}

// IEEE 754 half in the low 16 bits of each lane → single, exactly: denormals too.
static inline v128_t widen_half(v128_t lanes) {
  v128_t sign = wasm_i32x4_shl(wasm_v128_and(lanes, wasm_u32x4_splat(0x8000)), 16);
  v128_t magnitude = wasm_i32x4_shl(wasm_v128_and(lanes, wasm_u32x4_splat(0x7fff)), 13);
  v128_t special = wasm_u32x4_ge(magnitude, wasm_u32x4_splat(0x0f800000));
  v128_t scaled = wasm_f32x4_mul(magnitude, wasm_f32x4_splat(0x1p112f));
  return wasm_v128_or(wasm_v128_or(scaled, sign), wasm_v128_and(special, wasm_u32x4_splat(0x7f800000)));
}

EXPORT(float32) int float32(const word* values, int count) {
  v128_t first = wasm_u32x4_splat(0), second = first, third = first, fourth = first;
  int at = 0;
  for (; at + 16 <= count; at += 16) {
    first = larger(first, wasm_v128_load(values + at));
    second = larger(second, wasm_v128_load(values + at + 4));
    third = larger(third, wasm_v128_load(values + at + 8));
    fourth = larger(fourth, wasm_v128_load(values + at + 12));
  }
  for (; at < count; at++) first = larger(first, wasm_u32x4_splat(values[at]));
  return is_finite(wasm_u32x4_max(wasm_u32x4_max(first, second), wasm_u32x4_max(third, fourth)));
}

EXPORT(bfloat16) int bfloat16(const half* source, word* target, int count) {
  v128_t first = wasm_u32x4_splat(0), second = first;
  int at = 0;
  for (; at + 8 <= count; at += 8) {
    v128_t stored = wasm_v128_load(source + at);
    v128_t low = wasm_i32x4_shl(wasm_u32x4_extend_low_u16x8(stored), 16);
    v128_t high = wasm_i32x4_shl(wasm_u32x4_extend_high_u16x8(stored), 16);
    first = larger(first, low);
    second = larger(second, high);
    wasm_v128_store(target + at, low);
    wasm_v128_store(target + at + 4, high);
  }
  for (; at < count; at++) {
    target[at] = (word)source[at] << 16;
    first = larger(first, wasm_u32x4_splat(target[at]));
  }
  return is_finite(wasm_u32x4_max(first, second));
}

EXPORT(float16) int float16(const half* source, word* target, int count) {
  v128_t first = wasm_u32x4_splat(0), second = first;
  int at = 0;
  for (; at + 8 <= count; at += 8) {
    v128_t stored = wasm_v128_load(source + at);
    v128_t low = widen_half(wasm_u32x4_extend_low_u16x8(stored));
    v128_t high = widen_half(wasm_u32x4_extend_high_u16x8(stored));
    first = larger(first, low);
    second = larger(second, high);
    wasm_v128_store(target + at, low);
    wasm_v128_store(target + at + 4, high);
  }
  for (; at < count; at++) {
    v128_t value = widen_half(wasm_u32x4_splat(source[at]));
    target[at] = wasm_u32x4_extract_lane(value, 0);
    first = larger(first, value);
  }
  return is_finite(wasm_u32x4_max(first, second));
}

static inline v128_t low_doubles(v128_t values) { return wasm_f64x2_promote_low_f32x4(values); }

static inline v128_t high_doubles(v128_t values) {
  return wasm_f64x2_promote_low_f32x4(wasm_i32x4_shuffle(values, values, 2, 3, 2, 3));
}

static inline v128_t rounded(v128_t low, v128_t high) {
  return wasm_i32x4_shuffle(wasm_f32x4_demote_f64x2_zero(low), wasm_f32x4_demote_f64x2_zero(high), 0, 1, 4, 5);
}

// target = factor * source, multiplied in double precision and rounded once.
EXPORT(scale) void scale(const float* source, float* target, int count, double factor) {
  v128_t factors = wasm_f64x2_splat(factor);
  int at = 0;
  for (; at + 4 <= count; at += 4) {
    v128_t values = wasm_v128_load(source + at);
    v128_t low = wasm_f64x2_mul(factors, low_doubles(values));
    v128_t high = wasm_f64x2_mul(factors, high_doubles(values));
    wasm_v128_store(target + at, rounded(low, high));
  }
  for (; at < count; at++) target[at] = (float)(factor * (double)source[at]);
}

// totals += factor * source, in double precision.
EXPORT(add_scaled) void add_scaled(const float* source, double* totals, int count, double factor) {
  v128_t factors = wasm_f64x2_splat(factor);
  int at = 0;
  for (; at + 4 <= count; at += 4) {
    v128_t values = wasm_v128_load(source + at);
    v128_t low = wasm_f64x2_mul(factors, low_doubles(values));
    v128_t high = wasm_f64x2_mul(factors, high_doubles(values));
    wasm_v128_store(totals + at, wasm_f64x2_add(wasm_v128_load(totals + at), low));
    wasm_v128_store(totals + at + 2, wasm_f64x2_add(wasm_v128_load(totals + at + 2), high));
  }
  for (; at < count; at++) totals[at] += factor * (double)source[at];
}

// target = totals, rounded; totals = 0 for the next sum.
EXPORT(take_totals) void take_totals(double* totals, float* target, int count) {
  v128_t zero = wasm_f64x2_splat(0);
  int at = 0;
  for (; at + 4 <= count; at += 4) {
    wasm_v128_store(target + at, rounded(wasm_v128_load(totals + at), wasm_v128_load(totals + at + 2)));
    wasm_v128_store(totals + at, zero);
    wasm_v128_store(totals + at + 2, zero);
  }
  for (; at < count; at++) {
    target[at] = (float)totals[at];
    totals[at] = 0;
  }
}

// Rows of `width` values to places that are `stride` values apart.
EXPORT(lay_rows) void lay_rows(const float* source, float* target, int rows, int width, int stride) {
  for (int row = 0; row < rows; row++) {
    const float* from = source + row * width;
    float* to = target + row * stride;
    int at = 0;
    for (; at + 4 <= width; at += 4) wasm_v128_store(to + at, wasm_v128_load(from + at));
    for (; at < width; at++) to[at] = from[at];
  }
}
