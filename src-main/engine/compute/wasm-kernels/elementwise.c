#include "kernels.h"

// ---- activations ----

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

// Both forms of gelu: x·Φ(x) with Φ by the error function, or by the tangent. The slope is Φ(x) + x·Φ′(x).
INLINE v128_t gelu_of(v128_t x, int by_tangent, v128_t* slope) {
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

INLINE void gelu_all(const float* x, float* y, float* slopes, int count, int by_tangent) {
  for (int i = 0; i < count; i += 4) {
    v128_t slope;
    store_at(y, gelu_of(load_at(x, i, count), by_tangent, slopes ? &slope : 0), i, count);
    if (slopes) store_at(slopes, slope, i, count);
  }
}

EXPORT(gelu)
void gelu(const float* x, float* y, int count, int by_tangent) {
  if (by_tangent) gelu_all(x, y, 0, count, 1);
  else gelu_all(x, y, 0, count, 0);
}

EXPORT(gelu_derivative)
void gelu_derivative(const float* x, float* y, float* slopes, int count, int by_tangent) {
  if (by_tangent) gelu_all(x, y, slopes, count, 1);
  else gelu_all(x, y, slopes, count, 0);
}

EXPORT(gelu_gradient)
void gelu_gradient(const float* x, const float* dy, float* dx, int count, int by_tangent) {
  for (int i = 0; i < count; i += 4) {
    v128_t slope;
    gelu_of(load_at(x, i, count), by_tangent, &slope);
    store_at(dx, wasm_f32x4_mul(load_at(dy, i, count), slope), i, count);
  }
}

EXPORT(gated_silu)
void gated_silu(const float* gate, const float* up, float* y, int count) {
  for (int i = 0; i < count; i += 4) {
    v128_t g = load_at(gate, i, count);
    store_at(y, wasm_f32x4_mul(wasm_f32x4_mul(g, sigmoid(g)), load_at(up, i, count)), i, count);
  }
}

EXPORT(gated_silu_gradient)
void gated_silu_gradient(const float* gate, const float* up, const float* dy, float* dgate, float* dup, int count) {
  for (int i = 0; i < count; i += 4) {
    v128_t g = load_at(gate, i, count), d = load_at(dy, i, count);
    v128_t open = sigmoid(g), activated = wasm_f32x4_mul(g, open);
    v128_t slope = multiply_add(activated, wasm_f32x4_sub(splat(1.0f), open), open);
    store_at(dgate, wasm_f32x4_mul(wasm_f32x4_mul(d, load_at(up, i, count)), slope), i, count);
    store_at(dup, wasm_f32x4_mul(d, activated), i, count);
  }
}

// ---- sums ----

EXPORT(square_sum)
void square_sum(const float* x, int count, float* sum) {
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
void adamw(float* p, const float* g, float* m, float* v, int count, float gradient_scale, float beta1, float rest1,
           float beta2, float rest2, float root, float epsilon, float rate, float keep) {
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
