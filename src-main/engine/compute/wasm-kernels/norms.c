#include "kernels.h"

// ---- layer normalization ----

static inline float inverse_root(float x) { return 1.0f / __builtin_sqrtf(x); }

// Mean and 1 / √(variance + epsilon) of a row.
static inline void moments(const float* x, int columns, float epsilon, float* mean, float* inverse) {
  v128_t sums = splat(0);
  float sum = 0;
  int j = 0;
  for (; j + 4 <= columns; j += 4) sums = wasm_f32x4_add(sums, wasm_v128_load(x + j));
  for (; j < columns; j++) sum += x[j];
  *mean = (sum + sum_lanes(sums)) / (float)columns;
  v128_t center = splat(*mean), squares = splat(0);
  float square = 0;
  for (j = 0; j + 4 <= columns; j += 4) {
    v128_t d = wasm_f32x4_sub(wasm_v128_load(x + j), center);
    squares = multiply_add(d, d, squares);
  }
  for (; j < columns; j++) square += (x[j] - *mean) * (x[j] - *mean);
  *inverse = inverse_root((square + sum_lanes(squares)) / (float)columns + epsilon);
}

EXPORT(layer_norm)
void layer_norm(const float* x, const float* scale, const float* shift, float* y, int rows, int columns,
                float epsilon) {
  for (int row = 0; row < rows; row++, x += columns, y += columns) {
    float mean, inverse;
    moments(x, columns, epsilon, &mean, &inverse);
    v128_t center = splat(mean), factor = splat(inverse);
    int j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128_t normalized = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + j), center), factor);
      wasm_v128_store(y + j, multiply_add(normalized, wasm_v128_load(scale + j), wasm_v128_load(shift + j)));
    }
    for (; j < columns; j++) y[j] = (x[j] - mean) * inverse * scale[j] + shift[j];
  }
}

static inline v128_t sum_with(const float* addend, int at, v128_t value) {
  return addend ? wasm_f32x4_add(value, wasm_v128_load(addend + at)) : value;
}

EXPORT(layer_norm_gradient)
// `addend` may be null.
void layer_norm_gradient(const float* x, const float* scale, const float* dy, const float* addend, float* dx, int rows,
                         int columns, float epsilon) {
  for (int row = 0; row < rows; row++, x += columns, dy += columns, dx += columns) {
    float mean, inverse;
    moments(x, columns, epsilon, &mean, &inverse);
    v128_t center = splat(mean), factor = splat(inverse), sums = splat(0), alongs = splat(0);
    float sum = 0, along = 0;
    int j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128_t g = wasm_f32x4_mul(wasm_v128_load(dy + j), wasm_v128_load(scale + j));
      v128_t normalized = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + j), center), factor);
      sums = wasm_f32x4_add(sums, g);
      alongs = multiply_add(g, normalized, alongs);
    }
    for (; j < columns; j++) {
      sum += dy[j] * scale[j];
      along += dy[j] * scale[j] * (x[j] - mean) * inverse;
    }
    sum = (sum + sum_lanes(sums)) / (float)columns;
    along = (along + sum_lanes(alongs)) / (float)columns;
    for (j = 0; j + 4 <= columns; j += 4) {
      v128_t g = wasm_f32x4_mul(wasm_v128_load(dy + j), wasm_v128_load(scale + j));
      v128_t normalized = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + j), center), factor);
      v128_t rest = wasm_f32x4_sub(wasm_f32x4_sub(g, splat(sum)), wasm_f32x4_mul(normalized, splat(along)));
      wasm_v128_store(dx + j, sum_with(addend, j, wasm_f32x4_mul(factor, rest)));
    }
    for (; j < columns; j++)
      dx[j] = inverse * (dy[j] * scale[j] - sum - (x[j] - mean) * inverse * along) + (addend ? addend[j] : 0);
    if (addend) addend += columns;
  }
}

// ---- root mean square normalization ----

static inline float inverse_root_mean_square(const float* x, int columns, float epsilon) {
  v128_t squares = splat(0);
  float square = 0;
  int j = 0;
  for (; j + 4 <= columns; j += 4) squares = multiply_add(wasm_v128_load(x + j), wasm_v128_load(x + j), squares);
  for (; j < columns; j++) square += x[j] * x[j];
  return inverse_root((square + sum_lanes(squares)) / (float)columns + epsilon);
}

EXPORT(rms_norm)
void rms_norm(const float* x, const float* scale, float* y, int rows, int columns, float epsilon) {
  for (int row = 0; row < rows; row++, x += columns, y += columns) {
    float inverse = inverse_root_mean_square(x, columns, epsilon);
    v128_t factor = splat(inverse);
    int j = 0;
    for (; j + 4 <= columns; j += 4)
      wasm_v128_store(y + j, wasm_f32x4_mul(wasm_f32x4_mul(wasm_v128_load(x + j), factor), wasm_v128_load(scale + j)));
    for (; j < columns; j++) y[j] = x[j] * inverse * scale[j];
  }
}

EXPORT(rms_norm_gradient)
// `addend` may be null.
void rms_norm_gradient(const float* x, const float* scale, const float* dy, const float* addend, float* dx, int rows,
                       int columns, float epsilon) {
  for (int row = 0; row < rows; row++, x += columns, dy += columns, dx += columns) {
    float inverse = inverse_root_mean_square(x, columns, epsilon), along = 0;
    v128_t alongs = splat(0);
    int j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128_t g = wasm_f32x4_mul(wasm_v128_load(dy + j), wasm_v128_load(scale + j));
      alongs = multiply_add(g, wasm_v128_load(x + j), alongs);
    }
    for (; j < columns; j++) along += dy[j] * scale[j] * x[j];
    along = (along + sum_lanes(alongs)) / (float)columns * inverse * inverse;
    v128_t factor = splat(inverse), less = splat(along);
    for (j = 0; j + 4 <= columns; j += 4) {
      v128_t g = wasm_f32x4_mul(wasm_v128_load(dy + j), wasm_v128_load(scale + j));
      v128_t rest = wasm_f32x4_sub(g, wasm_f32x4_mul(wasm_v128_load(x + j), less));
      wasm_v128_store(dx + j, sum_with(addend, j, wasm_f32x4_mul(factor, rest)));
    }
    for (; j < columns; j++) dx[j] = inverse * (dy[j] * scale[j] - x[j] * along) + (addend ? addend[j] : 0);
    if (addend) addend += columns;
  }
}

// ---- rotary embedding ----

// x and y [rows, heads · 2 · half]; cos and sin [table_rows, half]; `direction` 1, or −1 for the way back.
EXPORT(rotary)
void rotary(const float* x, const float* cosines, const float* sines, float* y, int rows, int table_rows, int heads,
            int half, float direction) {
  v128_t sign = splat(direction);
  for (int row = 0; row < rows; row++) {
    const float *c = cosines + row % table_rows * half, *s = sines + row % table_rows * half;
    for (int head = 0; head < heads; head++, x += 2 * half, y += 2 * half) {
      int j = 0;
      for (; j + 4 <= half; j += 4) {
        v128_t low = wasm_v128_load(x + j), high = wasm_v128_load(x + half + j);
        v128_t along = wasm_v128_load(c + j), across = wasm_f32x4_mul(sign, wasm_v128_load(s + j));
        wasm_v128_store(y + j, wasm_f32x4_sub(wasm_f32x4_mul(low, along), wasm_f32x4_mul(high, across)));
        wasm_v128_store(y + half + j, wasm_f32x4_add(wasm_f32x4_mul(high, along), wasm_f32x4_mul(low, across)));
      }
      for (; j < half; j++) {
        float low = x[j], high = x[half + j];
        y[j] = low * c[j] - high * direction * s[j];
        y[half + j] = high * c[j] + low * direction * s[j];
      }
    }
  }
}
