// The engine's operations for the wasm backend, on tfjs's own memory: 128-bit SIMD with fused multiply-add (relaxed SIMD).
// Freestanding: no C library, no static data that is written. All matrices are float32, row-major.
// Built by scripts/build-wasm-kernels.mjs into kernels-binary.ts.

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name), used))
#define ROWS 6
#define COLUMNS 8

typedef unsigned char byte;

static inline v128_t multiply_add(v128_t a, v128_t b, v128_t c) { return wasm_f32x4_relaxed_madd(a, b, c); }
static inline v128_t splat(float x) { return wasm_f32x4_splat(x); }
static inline float sum_lanes(v128_t v) {
  return (wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1)) +
         (wasm_f32x4_extract_lane(v, 2) + wasm_f32x4_extract_lane(v, 3));
}

// ---- products ----

// factor · the transpose of four rows of four, `stride` apart, to rows of a panel.
static inline __attribute__((always_inline)) void transpose4(const float *from, int stride, v128_t factor, float *to) {
  v128_t r0 = wasm_v128_load(from), r1 = wasm_v128_load(from + stride);
  v128_t r2 = wasm_v128_load(from + 2 * stride), r3 = wasm_v128_load(from + 3 * stride);
  v128_t low01 = wasm_i32x4_shuffle(r0, r1, 0, 4, 1, 5), high01 = wasm_i32x4_shuffle(r0, r1, 2, 6, 3, 7);
  v128_t low23 = wasm_i32x4_shuffle(r2, r3, 0, 4, 1, 5), high23 = wasm_i32x4_shuffle(r2, r3, 2, 6, 3, 7);
  wasm_v128_store(to, wasm_f32x4_mul(factor, wasm_i64x2_shuffle(low01, low23, 0, 2)));
  wasm_v128_store(to + COLUMNS, wasm_f32x4_mul(factor, wasm_i64x2_shuffle(low01, low23, 1, 3)));
  wasm_v128_store(to + 2 * COLUMNS, wasm_f32x4_mul(factor, wasm_i64x2_shuffle(high01, high23, 0, 2)));
  wasm_v128_store(to + 3 * COLUMNS, wasm_f32x4_mul(factor, wasm_i64x2_shuffle(high01, high23, 1, 3)));
}

// Lays scale · B out in panels of COLUMNS columns, row by row within a panel, the last one filled up with zeros. A panel
// takes `panel_rows` rows, of which this fills k from `panels` on.
static void pack(const float *b, int k_stride, int n_stride, int n, int k, float scale, float *panels, int panel_rows) {
  v128_t factor = splat(scale);
  for (int column = 0; column < n; column += COLUMNS, panels += (panel_rows - k) * COLUMNS) {
    int width = n - column < COLUMNS ? n - column : COLUMNS;
    const float *source = b + column * n_stride;
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

// Adds ROWS × COLUMNS of a product to the sums. Rows beyond the last point at the last one: they are computed, not stored.
static inline __attribute__((always_inline)) void tile(const float *const a[ROWS], int k_stride, const float *panel, int k,
                                                       v128_t low[ROWS], v128_t high[ROWS]) {
  const float *r0 = a[0], *r1 = a[1], *r2 = a[2], *r3 = a[3], *r4 = a[4], *r5 = a[5];
  v128_t l0 = low[0], l1 = low[1], l2 = low[2], l3 = low[3], l4 = low[4], l5 = low[5];
  v128_t h0 = high[0], h1 = high[1], h2 = high[2], h3 = high[3], h4 = high[4], h5 = high[5];
  for (int step = 0; step < k; step++) {
    v128_t b0 = wasm_v128_load(panel), b1 = wasm_v128_load(panel + 4);
    panel += COLUMNS;
    v128_t x;
    x = wasm_v128_load32_splat(r0); r0 += k_stride; l0 = multiply_add(x, b0, l0); h0 = multiply_add(x, b1, h0);
    x = wasm_v128_load32_splat(r1); r1 += k_stride; l1 = multiply_add(x, b0, l1); h1 = multiply_add(x, b1, h1);
    x = wasm_v128_load32_splat(r2); r2 += k_stride; l2 = multiply_add(x, b0, l2); h2 = multiply_add(x, b1, h2);
    x = wasm_v128_load32_splat(r3); r3 += k_stride; l3 = multiply_add(x, b0, l3); h3 = multiply_add(x, b1, h3);
    x = wasm_v128_load32_splat(r4); r4 += k_stride; l4 = multiply_add(x, b0, l4); h4 = multiply_add(x, b1, h4);
    x = wasm_v128_load32_splat(r5); r5 += k_stride; l5 = multiply_add(x, b0, l5); h5 = multiply_add(x, b1, h5);
  }
  low[0] = l0; low[1] = l1; low[2] = l2; low[3] = l3; low[4] = l4; low[5] = l5;
  high[0] = h0; high[1] = h1; high[2] = h2; high[3] = h3; high[4] = h4; high[5] = h5;
}

// A factor of a product, by the strides of its rows and of the summed index; B likewise by that index and its columns.
typedef struct {
  const float *a;
  int a_row, a_step;
  const float *b;
  int b_step, b_column;
  int k;
  float scale;
} Term;

static inline __attribute__((always_inline)) void rows_of(const Term *term, int row, int height, const float *rows[ROWS]) {
  for (int i = 0; i < ROWS; i++) rows[i] = term->a + (row + (i < height ? i : height - 1)) * term->a_row;
}

// C = (scale · A · B [+ the same of a second term] [+ bias] [+ plus]) [∘ times]; C, plus and times m × n with rows of `c_stride`.
static void multiply(const Term *first, const Term *second, float *c, int c_stride, int m, int n, const float *bias,
                     const float *plus, const float *times, float *panels) {
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
      const float *panel = panels + column * depth;
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
          if (plus) {
            l = wasm_f32x4_add(l, wasm_v128_load(plus + at));
            h = wasm_f32x4_add(h, wasm_v128_load(plus + at + 4));
          }
          if (times) {
            l = wasm_f32x4_mul(l, wasm_v128_load(times + at));
            h = wasm_f32x4_mul(h, wasm_v128_load(times + at + 4));
          }
          wasm_v128_store(c + at, l);
          wasm_v128_store(c + at + 4, h);
        } else {
          float values[COLUMNS];
          wasm_v128_store(values, l);
          wasm_v128_store(values + 4, h);
          for (int j = 0; j < width; j++)
            c[at + j] = (values[j] + (bias ? bias[column + j] : 0.0f) + (plus ? plus[at + j] : 0.0f)) * (times ? times[at + j] : 1.0f);
        }
      }
    }
  }
}

static inline Term term(const float *a, int transpose_a, const float *b, int transpose_b, int m, int n, int k, float scale) {
  return (Term){a, transpose_a ? 1 : k, transpose_a ? m : 1, b, transpose_b ? 1 : n, transpose_b ? k : 1, k, scale};
}

// c [m, n] = (scale · op(a) · op(b) [+ bias] [+ plus] [+ scale2 · a2 · op(b2), where k2 > 0]) [∘ times].
// `panels`: room for (k + k2) · n, n rounded up to COLUMNS.
EXPORT(product)
void product(const float *a, const float *b, float *c, int m, int n, int k, int transpose_a, int transpose_b, float scale,
             const float *bias, const float *plus, const float *times, const float *a2, const float *b2, int k2,
             int transpose_b2, float scale2, float *panels) {
  Term first = term(a, transpose_a, b, transpose_b, m, n, k, scale);
  Term second = term(a2, 0, b2, transpose_b2, m, n, k2, scale2);
  multiply(&first, k2 > 0 ? &second : 0, c, n, m, n, bias, plus, times, panels);
}

// ---- exponential and error function ----

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

// erf(x) on [−4, 4] as a ratio of polynomials (the coefficients of Eigen's float erf); ±1 beyond.
static inline v128_t error_function(v128_t x) {
  x = wasm_f32x4_min(wasm_f32x4_max(x, splat(-4.0f)), splat(4.0f));
  v128_t s = wasm_f32x4_mul(x, x);
  v128_t p = splat(-2.72614225801306e-10f);
  p = multiply_add(p, s, splat(2.77068142495902e-08f));
  p = multiply_add(p, s, splat(-2.10102402082508e-06f));
  p = multiply_add(p, s, splat(-5.69250639462346e-05f));
  p = multiply_add(p, s, splat(-7.34990630326855e-04f));
  p = multiply_add(p, s, splat(-2.95459980854025e-03f));
  p = multiply_add(p, s, splat(-1.60960333262415e-02f));
  v128_t q = splat(-1.45660718464996e-05f);
  q = multiply_add(q, s, splat(-2.13374055278905e-04f));
  q = multiply_add(q, s, splat(-1.68282697438203e-03f));
  q = multiply_add(q, s, splat(-7.37332916720468e-03f));
  q = multiply_add(q, s, splat(-1.42647390514189e-02f));
  return wasm_f32x4_div(wasm_f32x4_mul(x, p), q);
}

static inline v128_t sigmoid(v128_t x) {
  return wasm_f32x4_div(splat(1.0f), wasm_f32x4_add(splat(1.0f), exponential(wasm_f32x4_neg(x))));
}

static inline v128_t cumulative(v128_t x) {
  return multiply_add(error_function(wasm_f32x4_mul(x, splat(0.70710678118654752f))), splat(0.5f), splat(0.5f));
}

// Both forms of gelu: x·Φ(x) with Φ by the error function, or by the tangent. The slope is Φ(x) + x·Φ′(x).
static inline __attribute__((always_inline)) v128_t gelu_of(v128_t x, int by_tangent, v128_t *slope) {
  if (!by_tangent) {
    v128_t share = cumulative(x);
    if (slope) {
      v128_t power = exponential(wasm_f32x4_mul(wasm_f32x4_mul(x, x), splat(-0.5f)));
      *slope = multiply_add(x, wasm_f32x4_mul(power, splat(0.39894228040143268f)), share);
    }
    return wasm_f32x4_mul(x, share);
  }
  v128_t square = wasm_f32x4_mul(x, x);
  v128_t inner = wasm_f32x4_mul(multiply_add(square, splat(0.044715f), splat(1.0f)), x);
  // (1 + tanh u) / 2 = σ(2u)
  v128_t share = sigmoid(wasm_f32x4_mul(inner, splat(1.5957691216057308f)));
  if (slope) {
    v128_t bend = wasm_f32x4_mul(multiply_add(square, splat(0.134145f), splat(1.0f)), splat(1.5957691216057308f));
    v128_t change = wasm_f32x4_mul(wasm_f32x4_mul(share, wasm_f32x4_sub(splat(1.0f), share)), bend);
    *slope = multiply_add(x, change, share);
  }
  return wasm_f32x4_mul(x, share);
}

static inline v128_t load_some(const float *from, int count) {
  float lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < count; i++) lanes[i] = from[i];
  return wasm_v128_load(lanes);
}

static inline void store_some(float *to, v128_t value, int count) {
  float lanes[4];
  wasm_v128_store(lanes, value);
  for (int i = 0; i < count; i++) to[i] = lanes[i];
}

// Four elements from i on, or as many as there are.
static inline __attribute__((always_inline)) v128_t load_at(const float *from, int i, int count) {
  return i + 4 <= count ? wasm_v128_load(from + i) : load_some(from + i, count - i);
}

static inline __attribute__((always_inline)) void store_at(float *to, v128_t value, int i, int count) {
  if (i + 4 <= count) wasm_v128_store(to + i, value);
  else store_some(to + i, value, count - i);
}

static inline __attribute__((always_inline)) void gelu_all(const float *x, float *y, float *slopes, int count, int by_tangent) {
  for (int i = 0; i < count; i += 4) {
    v128_t slope;
    store_at(y, gelu_of(load_at(x, i, count), by_tangent, slopes ? &slope : 0), i, count);
    if (slopes) store_at(slopes, slope, i, count);
  }
}

EXPORT(gelu)
void gelu(const float *x, float *y, int count, int by_tangent) {
  if (by_tangent) gelu_all(x, y, 0, count, 1);
  else gelu_all(x, y, 0, count, 0);
}

EXPORT(gelu_derivative)
void gelu_derivative(const float *x, float *y, float *slopes, int count, int by_tangent) {
  if (by_tangent) gelu_all(x, y, slopes, count, 1);
  else gelu_all(x, y, slopes, count, 0);
}

EXPORT(gelu_gradient)
void gelu_gradient(const float *x, const float *dy, float *dx, int count, int by_tangent) {
  for (int i = 0; i < count; i += 4) {
    v128_t slope;
    gelu_of(load_at(x, i, count), by_tangent, &slope);
    store_at(dx, wasm_f32x4_mul(load_at(dy, i, count), slope), i, count);
  }
}

EXPORT(gated_silu)
void gated_silu(const float *gate, const float *up, float *y, int count) {
  for (int i = 0; i < count; i += 4) {
    v128_t g = load_at(gate, i, count);
    store_at(y, wasm_f32x4_mul(wasm_f32x4_mul(g, sigmoid(g)), load_at(up, i, count)), i, count);
  }
}

EXPORT(gated_silu_gradient)
void gated_silu_gradient(const float *gate, const float *up, const float *dy, float *dgate, float *dup, int count) {
  for (int i = 0; i < count; i += 4) {
    v128_t g = load_at(gate, i, count), d = load_at(dy, i, count);
    v128_t open = sigmoid(g), activated = wasm_f32x4_mul(g, open);
    v128_t slope = multiply_add(activated, wasm_f32x4_sub(splat(1.0f), open), open);
    store_at(dgate, wasm_f32x4_mul(wasm_f32x4_mul(d, load_at(up, i, count)), slope), i, count);
    store_at(dup, wasm_f32x4_mul(d, activated), i, count);
  }
}

// ---- layer normalisation ----

static inline float inverse_root(float x) { return 1.0f / __builtin_sqrtf(x); }

// Mean and 1 / √(variance + epsilon) of a row.
static inline void moments(const float *x, int columns, float epsilon, float *mean, float *inverse) {
  v128_t sums = splat(0);
  float sum = 0;
  int j = 0;
  for (; j + 4 <= columns; j += 4) sums = wasm_f32x4_add(sums, wasm_v128_load(x + j));
  for (; j < columns; j++) sum += x[j];
  *mean = (sum + sum_lanes(sums)) / (float)columns;
  v128_t centre = splat(*mean), squares = splat(0);
  float square = 0;
  for (j = 0; j + 4 <= columns; j += 4) {
    v128_t d = wasm_f32x4_sub(wasm_v128_load(x + j), centre);
    squares = multiply_add(d, d, squares);
  }
  for (; j < columns; j++) square += (x[j] - *mean) * (x[j] - *mean);
  *inverse = inverse_root((square + sum_lanes(squares)) / (float)columns + epsilon);
}

EXPORT(layer_norm)
void layer_norm(const float *x, const float *scale, const float *shift, float *y, int rows, int columns, float epsilon) {
  for (int row = 0; row < rows; row++, x += columns, y += columns) {
    float mean, inverse;
    moments(x, columns, epsilon, &mean, &inverse);
    v128_t centre = splat(mean), factor = splat(inverse);
    int j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128_t normalised = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + j), centre), factor);
      wasm_v128_store(y + j, multiply_add(normalised, wasm_v128_load(scale + j), wasm_v128_load(shift + j)));
    }
    for (; j < columns; j++) y[j] = (x[j] - mean) * inverse * scale[j] + shift[j];
  }
}

EXPORT(layer_norm_gradient)
void layer_norm_gradient(const float *x, const float *scale, const float *dy, float *dx, int rows, int columns,
                         float epsilon) {
  for (int row = 0; row < rows; row++, x += columns, dy += columns, dx += columns) {
    float mean, inverse;
    moments(x, columns, epsilon, &mean, &inverse);
    v128_t centre = splat(mean), factor = splat(inverse), sums = splat(0), alongs = splat(0);
    float sum = 0, along = 0;
    int j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128_t g = wasm_f32x4_mul(wasm_v128_load(dy + j), wasm_v128_load(scale + j));
      v128_t normalised = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + j), centre), factor);
      sums = wasm_f32x4_add(sums, g);
      alongs = multiply_add(g, normalised, alongs);
    }
    for (; j < columns; j++) {
      sum += dy[j] * scale[j];
      along += dy[j] * scale[j] * (x[j] - mean) * inverse;
    }
    sum = (sum + sum_lanes(sums)) / (float)columns;
    along = (along + sum_lanes(alongs)) / (float)columns;
    for (j = 0; j + 4 <= columns; j += 4) {
      v128_t g = wasm_f32x4_mul(wasm_v128_load(dy + j), wasm_v128_load(scale + j));
      v128_t normalised = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + j), centre), factor);
      v128_t rest = wasm_f32x4_sub(wasm_f32x4_sub(g, splat(sum)), wasm_f32x4_mul(normalised, splat(along)));
      wasm_v128_store(dx + j, wasm_f32x4_mul(factor, rest));
    }
    for (; j < columns; j++) dx[j] = inverse * (dy[j] * scale[j] - sum - (x[j] - mean) * inverse * along);
  }
}

// ---- root mean square normalisation ----

static inline float inverse_root_mean_square(const float *x, int columns, float epsilon) {
  v128_t squares = splat(0);
  float square = 0;
  int j = 0;
  for (; j + 4 <= columns; j += 4) squares = multiply_add(wasm_v128_load(x + j), wasm_v128_load(x + j), squares);
  for (; j < columns; j++) square += x[j] * x[j];
  return inverse_root((square + sum_lanes(squares)) / (float)columns + epsilon);
}

EXPORT(rms_norm)
void rms_norm(const float *x, const float *scale, float *y, int rows, int columns, float epsilon) {
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
void rms_norm_gradient(const float *x, const float *scale, const float *dy, float *dx, int rows, int columns, float epsilon) {
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
      wasm_v128_store(dx + j, wasm_f32x4_mul(factor, rest));
    }
    for (; j < columns; j++) dx[j] = inverse * (dy[j] * scale[j] - x[j] * along);
  }
}

// ---- rotary embedding ----

// x and y [rows, heads · 2 · half]; cos and sin [table_rows, half]; `direction` 1, or −1 for the way back.
EXPORT(rotary)
void rotary(const float *x, const float *cosines, const float *sines, float *y, int rows, int table_rows, int heads, int half,
            float direction) {
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

// ---- softmax ----

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

static inline float highest_of(const float *row, int count) {
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

// to[j] = e^(row[j] − less) [∘ mask]; gives their sum.
static inline float powers_of(const float *row, float less, const float *mask, float *to, int count) {
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

static inline void scale_row(float *row, float factor, int count) {
  v128_t factors = splat(factor);
  int j = 0;
  for (; j + 4 <= count; j += 4) wasm_v128_store(row + j, wasm_f32x4_mul(wasm_v128_load(row + j), factors));
  for (; j < count; j++) row[j] *= factor;
}

static inline void zero(float *to, int count) {
  for (int j = 0; j < count; j++) to[j] = 0.0f;
}

// Mean of −log softmax over the rows whose label is not −100. `powers`: room for a row.
EXPORT(cross_entropy)
void cross_entropy(const float *logits, const int *labels, float *loss, int rows, int classes, float *powers) {
  double sum = 0;
  int counted = 0;
  for (int row = 0; row < rows; row++, logits += classes) {
    if (labels[row] == -100) continue;
    float highest = highest_of(logits, classes);
    sum += logarithm(powers_of(logits, highest, 0, powers, classes)) - (logits[labels[row]] - highest);
    counted++;
  }
  *loss = counted ? (float)(sum / counted) : 0.0f;
}

EXPORT(cross_entropy_gradient)
void cross_entropy_gradient(const float *logits, const int *labels, const float *dy, float *dlogits, int rows, int classes) {
  int counted = 0;
  for (int row = 0; row < rows; row++) counted += labels[row] != -100;
  float factor = counted ? *dy / (float)counted : 0.0f;
  for (int row = 0; row < rows; row++, logits += classes, dlogits += classes) {
    if (labels[row] == -100) {
      zero(dlogits, classes);
      continue;
    }
    float sum = powers_of(logits, highest_of(logits, classes), 0, dlogits, classes);
    scale_row(dlogits, factor / sum, classes);
    dlogits[labels[row]] -= factor;
  }
}

// ---- attention ----

// Rows of queries that are taken at a time: the scores of one block are all that exists of them.
#define BLOCK 66

typedef struct {
  int batch, queries, tokens, heads, key_heads, head_size, causal, window;
  float scale;
} Attention;

// The tokens [from, to) that a query may see, padding aside.
typedef struct {
  int from, to;
} Span;

static inline Span span_of(const Attention *shape, int query) {
  if (!shape->causal) return (Span){0, shape->tokens};
  int position = shape->tokens - shape->queries + query;
  int from = shape->window > 0 && position + 1 > shape->window ? position + 1 - shape->window : 0;
  return (Span){from, position + 1};
}

// What the rows of a block see together.
static inline Span span_of_block(const Attention *shape, int first, int count) {
  return (Span){span_of(shape, first).from, span_of(shape, first + count - 1).to};
}

// A row of scores over the block's tokens to e^(score − less), zeros where nothing is seen; gives the sum.
static inline float powers_seen(float *row, float less, const float *mask, Span block, Span own) {
  zero(row, own.from - block.from);
  float sum = 0;
  if (own.to > own.from) {
    float *seen = row + own.from - block.from;
    sum = powers_of(seen, less, mask ? mask + own.from : 0, seen, own.to - own.from);
  }
  zero(row + own.to - block.from, block.to - own.to);
  return sum;
}

// Softmax of a row of scores in place; gives the logarithm of its denominator, or −∞ where nothing is seen.
static inline float softmax_seen(float *row, const float *mask, Span block, Span own) {
  float *seen = row + own.from - block.from;
  int count = own.to - own.from, any = 0;
  float highest = -__builtin_inff();
  if (mask) {
    for (int j = 0; j < count; j++)
      if (mask[own.from + j] > 0 && (!any || seen[j] > highest)) {
        highest = seen[j];
        any = 1;
      }
  } else if (count > 0) {
    highest = highest_of(seen, count);
    any = 1;
  }
  if (!any) {
    zero(row, block.to - block.from);
    return -__builtin_inff();
  }
  float sum = powers_seen(row, highest, mask, block, own);
  scale_row(row, 1.0f / sum, block.to - block.from);
  return highest + logarithm(sum);
}

// q [batch · queries, heads · head_size], k and v [batch · tokens, key_heads · head_size] → out like q, sums [batch · heads,
// queries]. mask [batch, tokens] or none. `scores`: room for BLOCK · tokens. `panels`: for the larger of head_size × tokens
// and tokens × head_size, the columns rounded up to COLUMNS.
EXPORT(attention)
void attention(const float *q, const float *k, const float *v, const float *mask, float *out, float *sums, int batch,
               int queries, int tokens, int heads, int key_heads, int head_size, int causal, int window, float scale,
               float *scores, float *panels) {
  Attention shape = {batch, queries, tokens, heads, key_heads, head_size, causal, window, scale};
  int hidden = heads * head_size, key_hidden = key_heads * head_size;
  for (int example = 0; example < batch; example++, mask = mask ? mask + tokens : 0) {
    for (int head = 0; head < heads; head++, sums += queries) {
      int key_head = head / (heads / key_heads);
      const float *kh = k + example * tokens * key_hidden + key_head * head_size;
      const float *vh = v + example * tokens * key_hidden + key_head * head_size;
      for (int first = 0; first < queries; first += BLOCK) {
        int count = queries - first < BLOCK ? queries - first : BLOCK;
        Span block = span_of_block(&shape, first, count);
        int seen = block.to - block.from, at = (example * queries + first) * hidden + head * head_size;
        multiply(&(Term){q + at, hidden, 1, kh + block.from * key_hidden, 1, key_hidden, head_size, scale}, 0, scores, seen,
                 count, seen, 0, 0, 0, panels);
        for (int row = 0; row < count; row++)
          sums[first + row] = softmax_seen(scores + row * seen, mask, block, span_of(&shape, first + row));
        multiply(&(Term){scores, seen, 1, vh + block.from * key_hidden, key_hidden, 1, seen, 1}, 0, out + at, hidden, count,
                 head_size, 0, 0, 0, panels);
      }
    }
  }
}

// `scores` and `ds`: room for BLOCK · tokens each. `panels`: as above, and for BLOCK × head_size.
EXPORT(attention_gradient)
void attention_gradient(const float *q, const float *k, const float *v, const float *mask, const float *y, const float *sums,
                        const float *dy, float *dq, float *dk, float *dv, int batch, int queries, int tokens, int heads,
                        int key_heads, int head_size, int causal, int window, float scale, float *scores, float *ds,
                        float *panels) {
  Attention shape = {batch, queries, tokens, heads, key_heads, head_size, causal, window, scale};
  int hidden = heads * head_size, key_hidden = key_heads * head_size;
  // Several blocks, or several heads, add to the same gradients of k and v.
  int adds = queries > BLOCK || heads > key_heads || causal;
  if (adds) {
    zero(dk, batch * tokens * key_hidden);
    zero(dv, batch * tokens * key_hidden);
  }
  for (int example = 0; example < batch; example++, mask = mask ? mask + tokens : 0) {
    for (int head = 0; head < heads; head++, sums += queries) {
      int key_head = head / (heads / key_heads);
      for (int first = 0; first < queries; first += BLOCK) {
        int count = queries - first < BLOCK ? queries - first : BLOCK;
        Span block = span_of_block(&shape, first, count);
        int seen = block.to - block.from, at = (example * queries + first) * hidden + head * head_size;
        int key_at = (example * tokens + block.from) * key_hidden + key_head * head_size;
        multiply(&(Term){q + at, hidden, 1, k + key_at, 1, key_hidden, head_size, scale}, 0, scores, seen, count, seen, 0, 0,
                 0, panels);
        multiply(&(Term){dy + at, hidden, 1, v + key_at, 1, key_hidden, head_size, 1}, 0, ds, seen, count, seen, 0, 0, 0,
                 panels);
        for (int row = 0; row < count; row++) {
          float *p = scores + row * seen, *d = ds + row * seen, dot = 0;
          const float *yr = y + at + row * hidden, *dr = dy + at + row * hidden;
          powers_seen(p, sums[first + row], mask, block, span_of(&shape, first + row));
          for (int j = 0; j < head_size; j++) dot += yr[j] * dr[j];
          v128_t less = splat(dot), factor = splat(scale);
          int j = 0;
          for (; j + 4 <= seen; j += 4) {
            v128_t slope = wasm_f32x4_mul(wasm_v128_load(p + j), wasm_f32x4_sub(wasm_v128_load(d + j), less));
            wasm_v128_store(d + j, wasm_f32x4_mul(slope, factor));
          }
          for (; j < seen; j++) d[j] = p[j] * (d[j] - dot) * scale;
        }
        float *dkh = dk + key_at, *dvh = dv + key_at;
        multiply(&(Term){ds, seen, 1, k + key_at, key_hidden, 1, seen, 1}, 0, dq + at, hidden, count, head_size, 0, 0, 0,
                 panels);
        multiply(&(Term){ds, 1, seen, q + at, hidden, 1, count, 1}, 0, dkh, key_hidden, seen, head_size, 0, adds ? dkh : 0, 0,
                 panels);
        multiply(&(Term){scores, 1, seen, dy + at, hidden, 1, count, 1}, 0, dvh, key_hidden, seen, head_size, 0,
                 adds ? dvh : 0, 0, panels);
      }
    }
  }
}

// ---- sums ----

EXPORT(square_sum)
void square_sum(const float *x, int count, float *sum) {
  double total = 0;
  // Parts in single precision, so short that their rounding does not show.
  for (int start = 0; start < count; start += 1024) {
    int end = count - start < 1024 ? count : start + 1024;
    v128_t squares = splat(0);
    for (int i = start; i < end; i += 4) {
      v128_t four = load_at(x, i, end);
      squares = multiply_add(four, four, squares);
    }
    total += sum_lanes(squares);
  }
  *sum = (float)total;
}

// ---- AdamW ----

// One parameter, its moments in place: p ← p · keep − rate · m / (√v · root + epsilon).
EXPORT(adamw)
void adamw(float *p, const float *g, float *m, float *v, int count, float gradient_scale, float beta1, float rest1, float beta2,
           float rest2, float root, float epsilon, float rate, float keep) {
  for (int i = 0; i < count; i += 4) {
    v128_t gradient = wasm_f32x4_mul(load_at(g, i, count), splat(gradient_scale));
    v128_t first = multiply_add(load_at(m, i, count), splat(beta1), wasm_f32x4_mul(gradient, splat(rest1)));
    v128_t square = wasm_f32x4_mul(wasm_f32x4_mul(gradient, gradient), splat(rest2));
    v128_t second = multiply_add(load_at(v, i, count), splat(beta2), square);
    v128_t below = multiply_add(wasm_f32x4_sqrt(second), splat(root), splat(epsilon));
    v128_t update = wasm_f32x4_mul(wasm_f32x4_div(first, below), splat(rate));
    store_at(m, first, i, count);
    store_at(v, second, i, count);
    store_at(p, wasm_f32x4_sub(wasm_f32x4_mul(load_at(p, i, count), splat(keep)), update), i, count);
  }
}
