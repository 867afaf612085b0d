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
      for (int row = 0; row < k; row++, panels += COLUMNS)
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

// C = scale · A · B [+ the same of a second term] [+ bias] [+ plus], C and plus m × n with rows of `c_stride`.
static void multiply(const Term *first, const Term *second, float *c, int c_stride, int m, int n, const float *bias,
                     const float *plus, float *panels) {
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
          wasm_v128_store(c + at, l);
          wasm_v128_store(c + at + 4, h);
        } else {
          float values[COLUMNS];
          wasm_v128_store(values, l);
          wasm_v128_store(values + 4, h);
          for (int j = 0; j < width; j++)
            c[at + j] = values[j] + (bias ? bias[column + j] : 0.0f) + (plus ? plus[at + j] : 0.0f);
        }
      }
    }
  }
}

static inline Term term(const float *a, int transpose_a, const float *b, int transpose_b, int m, int n, int k, float scale) {
  return (Term){a, transpose_a ? 1 : k, transpose_a ? m : 1, b, transpose_b ? 1 : n, transpose_b ? k : 1, k, scale};
}

// c [m, n] = scale · op(a) · op(b) [+ bias] [+ plus] [+ scale2 · a2 · op(b2), where k2 > 0].
// `panels`: room for (k + k2) · n, n rounded up to COLUMNS.
EXPORT(product)
void product(const float *a, const float *b, float *c, int m, int n, int k, int transpose_a, int transpose_b, float scale,
             const float *bias, const float *plus, const float *a2, const float *b2, int k2, int transpose_b2,
             float scale2, float *panels) {
  Term first = term(a, transpose_a, b, transpose_b, m, n, k, scale);
  Term second = term(a2, 0, b2, transpose_b2, m, n, k2, scale2);
  multiply(&first, k2 > 0 ? &second : 0, c, n, m, n, bias, plus, panels);
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

static inline v128_t cumulative(v128_t x) {
  return multiply_add(error_function(wasm_f32x4_mul(x, splat(0.70710678118654752f))), splat(0.5f), splat(0.5f));
}

static inline v128_t gelu_of(v128_t x) { return wasm_f32x4_mul(x, cumulative(x)); }

static inline v128_t gelu_slope(v128_t x) {
  v128_t density = wasm_f32x4_mul(exponential(wasm_f32x4_mul(wasm_f32x4_mul(x, x), splat(-0.5f))), splat(0.39894228040143268f));
  return multiply_add(x, density, cumulative(x));
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

EXPORT(gelu)
void gelu(const float *x, float *y, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) wasm_v128_store(y + i, gelu_of(wasm_v128_load(x + i)));
  if (i < count) store_some(y + i, gelu_of(load_some(x + i, count - i)), count - i);
}

EXPORT(gelu_gradient)
void gelu_gradient(const float *x, const float *dy, float *dx, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4)
    wasm_v128_store(dx + i, wasm_f32x4_mul(wasm_v128_load(dy + i), gelu_slope(wasm_v128_load(x + i))));
  if (i < count)
    store_some(dx + i, wasm_f32x4_mul(load_some(dy + i, count - i), gelu_slope(load_some(x + i, count - i))), count - i);
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

// ---- attention ----

// Softmax of a row in place.
static void softmax(float *row, int count) {
  float highest = row[0];
  for (int j = 1; j < count; j++) highest = row[j] > highest ? row[j] : highest;
  v128_t top = splat(highest), sums = splat(0);
  float sum = 0;
  int j = 0;
  for (; j + 4 <= count; j += 4) {
    v128_t e = exponential(wasm_f32x4_sub(wasm_v128_load(row + j), top));
    wasm_v128_store(row + j, e);
    sums = wasm_f32x4_add(sums, e);
  }
  if (j < count) {
    float lanes[4];
    wasm_v128_store(lanes, exponential(wasm_f32x4_sub(load_some(row + j, count - j), top)));
    for (int i = 0; j + i < count; i++) {
      row[j + i] = lanes[i];
      sum += lanes[i];
    }
  }
  float factor = 1.0f / (sum + sum_lanes(sums));
  for (j = 0; j < count; j++) row[j] *= factor;
}

// q [batch · queries, hidden], k and v [batch · tokens, hidden] → out like q, p [batch · heads, queries, tokens].
// `panels`: room for the larger of head_size × tokens and tokens × head_size, the columns rounded up to COLUMNS.
EXPORT(attention)
void attention(const float *q, const float *k, const float *v, float *out, float *p, int batch, int queries, int tokens,
               int heads, int head_size, float scale, float *panels) {
  int hidden = heads * head_size;
  for (int example = 0; example < batch; example++) {
    for (int head = 0; head < heads; head++, p += queries * tokens) {
      const float *qh = q + example * queries * hidden + head * head_size;
      const float *kh = k + example * tokens * hidden + head * head_size;
      const float *vh = v + example * tokens * hidden + head * head_size;
      float *oh = out + example * queries * hidden + head * head_size;
      multiply(&(Term){qh, hidden, 1, kh, 1, hidden, head_size, scale}, 0, p, tokens, queries, tokens, 0, 0, panels);
      for (int row = 0; row < queries; row++) softmax(p + row * tokens, tokens);
      multiply(&(Term){p, tokens, 1, vh, hidden, 1, tokens, 1}, 0, oh, hidden, queries, head_size, 0, 0, panels);
    }
  }
}

// `ds`: room for queries · tokens. `panels`: as above, and for queries × head_size.
EXPORT(attention_gradient)
void attention_gradient(const float *q, const float *k, const float *v, const float *p, const float *dy, float *dq, float *dk,
                        float *dv, int batch, int queries, int tokens, int heads, int head_size, float scale, float *ds,
                        float *panels) {
  int hidden = heads * head_size;
  for (int example = 0; example < batch; example++) {
    for (int head = 0; head < heads; head++, p += queries * tokens) {
      int of_queries = example * queries * hidden + head * head_size, of_tokens = example * tokens * hidden + head * head_size;
      const float *qh = q + of_queries, *kh = k + of_tokens, *vh = v + of_tokens, *dh = dy + of_queries;
      multiply(&(Term){dh, hidden, 1, vh, 1, hidden, head_size, 1}, 0, ds, tokens, queries, tokens, 0, 0, panels);
      for (int row = 0; row < queries; row++) {
        float *d = ds + row * tokens;
        const float *probabilities = p + row * tokens;
        float dot = 0;
        for (int j = 0; j < tokens; j++) dot += d[j] * probabilities[j];
        for (int j = 0; j < tokens; j++) d[j] = probabilities[j] * (d[j] - dot) * scale;
      }
      multiply(&(Term){ds, tokens, 1, kh, hidden, 1, tokens, 1}, 0, dq + of_queries, hidden, queries, head_size, 0, 0, panels);
      multiply(&(Term){ds, 1, tokens, qh, hidden, 1, queries, 1}, 0, dk + of_tokens, hidden, tokens, head_size, 0, 0, panels);
      multiply(&(Term){p, 1, tokens, dh, hidden, 1, queries, 1}, 0, dv + of_tokens, hidden, tokens, head_size, 0, 0, panels);
    }
  }
}
