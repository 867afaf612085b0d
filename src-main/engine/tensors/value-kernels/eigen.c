// Eigenvalues and vectors of a symmetric matrix in double precision, step by step as linalg/symmetric-eigen.ts has
// them.

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name), used))

static const double epsilon = 0x1p-52;
// Same limit as in linalg/vectors.ts: shorter lengths are treated as 0.
static const double negligible_length = 0x1p-500;
static const int max_steps = 60;

static inline v128_t fused(v128_t a, v128_t b, v128_t sum) { return __builtin_wasm_relaxed_madd_f64x2(a, b, sum); }

static double dot(const double* x, const double* y, int from, int n) {
  v128_t first = wasm_f64x2_splat(0), second = first;
  int at = from;
  for (; at + 4 <= n; at += 4) {
    first = fused(wasm_v128_load(x + at), wasm_v128_load(y + at), first);
    second = fused(wasm_v128_load(x + at + 2), wasm_v128_load(y + at + 2), second);
  }
  v128_t both = wasm_f64x2_add(first, second);
  double sum = wasm_f64x2_extract_lane(both, 0) + wasm_f64x2_extract_lane(both, 1);
  for (; at < n; at++) sum += x[at] * y[at];
  return sum;
}

// y += factor · x from an entry on.
static void add_scaled(double* y, const double* x, double factor, int from, int n) {
  v128_t by = wasm_f64x2_splat(factor);
  int at = from;
  for (; at + 2 <= n; at += 2) wasm_v128_store(y + at, fused(by, wasm_v128_load(x + at), wasm_v128_load(y + at)));
  for (; at < n; at++) y[at] += factor * x[at];
}

// Turns row[k…] into (±norm, 0, …) and answers whether there is a vector that does so.
static int reflect(double* row, int k, int n, double* vector) {
  double length = __builtin_sqrt(dot(row, row, k, n));
  for (int at = 0; at < n; at++) vector[at] = 0;
  if (length < negligible_length) {
    for (int at = k; at < n; at++) row[at] = 0;
    return 0;
  }
  for (int at = k; at < n; at++) vector[at] = row[at] / length;
  double sign = row[k] < 0 ? -1 : 1;
  vector[k] += sign;
  for (int at = k; at < n; at++) row[at] = 0;
  row[k] = -sign * length;
  return 1;
}

// rows ← H·rows·H from a row and column on, H = I − v·vᵀ / |v[from]|.
static void turn_both_sides(double* rows, const double* vector, double* along, int from, int n) {
  double divisor = __builtin_fabs(vector[from]);
  for (int row = from; row < n; row++) along[row] = dot(rows + row * n, vector, from, n) / divisor;
  add_scaled(along, vector, -dot(along, vector, from, n) / (2 * divisor), from, n);
  for (int row = from; row < n; row++) {
    add_scaled(rows + row * n, along, -vector[row], from, n);
    add_scaled(rows + row * n, vector, -along[row], from, n);
  }
}

static void rotate(double* x, double* y, double c, double s, int n) {
  v128_t cosine = wasm_f64x2_splat(c), sine = wasm_f64x2_splat(s);
  int at = 0;
  for (; at + 2 <= n; at += 2) {
    v128_t one = wasm_v128_load(x + at), other = wasm_v128_load(y + at);
    wasm_v128_store(x + at, fused(cosine, one, wasm_f64x2_neg(wasm_f64x2_mul(sine, other))));
    wasm_v128_store(y + at, fused(sine, one, wasm_f64x2_mul(cosine, other)));
  }
  for (; at < n; at++) {
    double one = x[at], other = y[at];
    x[at] = c * one - s * other;
    y[at] = s * one + c * other;
  }
}

// One implicit QL step on the block [first, last] that nothing couples with the rest.
static void step(double* d, double* e, double* vectors, int first, int last, int n) {
  double ratio = (d[first + 1] - d[first]) / (2 * e[first]);
  double root = __builtin_sqrt(1 + ratio * ratio);
  double bulge = d[last] - d[first] + e[first] / (ratio < 0 ? ratio - root : ratio + root);
  double sine = 1, cosine = 1, shift = 0;
  for (int at = last - 1; at >= first; at--) {
    double f = sine * e[at], b = cosine * e[at];
    double radius = __builtin_sqrt(f * f + bulge * bulge);
    e[at + 1] = radius;
    if (radius == 0) {
      d[at + 1] -= shift;
      e[last] = 0;
      return;
    }
    sine = f / radius;
    cosine = bulge / radius;
    double rest = d[at + 1] - shift;
    double change = (d[at] - rest) * sine + 2 * cosine * b;
    shift = sine * change;
    d[at + 1] = rest + shift;
    bulge = cosine * change - b;
    rotate(vectors + at * n, vectors + (at + 1) * n, cosine, sine, n);
  }
  d[first] -= shift;
  e[first] = bulge;
  e[last] = 0;
}

// rows [n, n] are used up; values [n]; vectors [n, n], a row each; reflections [n, n] and work [3, n] are scratch.
// Answers 0 where a value was not found.
EXPORT(symmetric_eigen)
int symmetric_eigen(double* rows, double* values, double* vectors, double* reflections, double* work, int n) {
  double *beside = work, *along = work + n, *has = work + 2 * n;
  for (int at = 0; at < n; at++) beside[at] = has[at] = 0;
  for (int k = 0; k + 1 < n; k++) {
    double* row = rows + k * n;
    double* vector = reflections + (k + 1) * n;
    has[k + 1] = k + 2 < n ? reflect(row, k + 1, n, vector) : 0;
    beside[k] = row[k + 1];
    if (has[k + 1]) turn_both_sides(rows, vector, along, k + 1, n);
  }
  for (int row = 0; row < n; row++) {
    values[row] = rows[row * n + row];
    for (int at = 0; at < n; at++) vectors[row * n + at] = at == row;
  }
  for (int k = n - 1; k >= 0; k--) {
    if (!has[k]) continue;
    const double* vector = reflections + k * n;
    // Unit vectors before the k-th have nothing where this one is not zero.
    for (int row = k; row < n; row++) {
      double along_vector = dot(vector, vectors + row * n, k, n);
      add_scaled(vectors + row * n, vector, -along_vector / __builtin_fabs(vector[k]), k, n);
    }
  }
  double most = 0;
  for (int at = 0; at < n; at++) {
    double size = __builtin_fabs(values[at]) + __builtin_fabs(beside[at]);
    if (size > most) most = size;
  }
  double negligible = epsilon * most;
  for (int first = 0; first < n; first++)
    for (int steps = 0;; steps++) {
      int last = first;
      while (last + 1 < n && __builtin_fabs(beside[last]) > negligible) last++;
      if (last == first) break;
      if (steps == max_steps) return 0;
      step(values, beside, vectors, first, last, n);
    }
  return 1;
}
