// Parts of a softmax over a row, shared by the cross-entropy and attention.

#pragma once

#include "kernels.h"

// ln x for finite x > 0: Cephes' logf.
static inline float logarithm(float x) {
  int bits = __builtin_bit_cast(int, x);
  int exponent = ((bits >> 23) & 255) - 126;
  float m = __builtin_bit_cast(float, (bits & 0x007fffff) | 0x3f000000);
  if (m < 0.70710678118654752f) {
    exponent -= 1;
    m = m + m;
  }
  m -= 1.0f;
  float square = m * m;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  float e = (float)exponent;
  return m + (p * m * square - 0.5f * square + e * -2.12194440e-4f) + e * 0.693359375f;
}

static inline float highest_of(const float* row, int count) {
  float highest = row[0];
  int j = 0;
  if (count >= 4) {
    v128_t top = wasm_v128_load(row);
    for (j = 4; j + 4 <= count; j += 4) top = wasm_f32x4_pmax(top, wasm_v128_load(row + j));
    float lanes[4];
    wasm_v128_store(lanes, top);
    for (int i = 0; i < 4; i++) highest = lanes[i] > highest ? lanes[i] : highest;
  }
  for (; j < count; j++) highest = row[j] > highest ? row[j] : highest;
  return highest;
}

// to[j] = e^(row[j] − less) [∘ mask]; returns their sum.
static inline float powers_of(const float* row, float less, const float* mask, float* to, int count) {
  v128_t top = splat(less), sums = splat(0);
  float sum = 0;
  int j = 0;
  for (; j + 4 <= count; j += 4) {
    v128_t e = exponential(wasm_f32x4_sub(wasm_v128_load(row + j), top));
    if (mask) e = wasm_f32x4_mul(e, wasm_v128_load(mask + j));
    wasm_v128_store(to + j, e);
    sums = wasm_f32x4_add(sums, e);
  }
  if (j < count) {
    float lanes[4];
    wasm_v128_store(lanes, exponential(wasm_f32x4_sub(load_some(row + j, count - j), top)));
    for (int i = 0; j + i < count; i++) {
      to[j + i] = mask ? lanes[i] * mask[j + i] : lanes[i];
      sum += to[j + i];
    }
  }
  return sum + sum_lanes(sums);
}

static inline void scale_row(float* row, float factor, int count) {
  v128_t factors = splat(factor);
  int j = 0;
  for (; j + 4 <= count; j += 4) wasm_v128_store(row + j, wasm_f32x4_mul(wasm_v128_load(row + j), factors));
  for (; j < count; j++) row[j] *= factor;
}
