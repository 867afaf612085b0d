// Elementary functions on vectors. Relative errors are those measured over the range of float32 by test/native.
#pragma once

#include "vector.h"

namespace coto {
namespace COTO_ISA {

namespace detail {
// The float whose last bits hold a whole number, after it was added: 1.5 · 2²³.
constexpr float kRounder = 12582912.0f;

/** p · 2ⁿ, n given as a whole number and as `shifted` = n + kRounder. Below 2⁻¹²⁵ the callers cut off to 0. */
COTO_INLINE Vec scale_by_power(Vec p, Vec n, Vec shifted) {
#if defined(__AVX512F__)
  (void)shifted;
  return (Vec)_mm512_scalef_ps((__m512)p, (__m512)n);
#else
  (void)n;
  return as_float(as_int(p) + (as_int(shifted) << 23));
#endif
}
}  // namespace detail

/** e^x, relative error below 2e-7 (Cephes' expf); 0 below −86.9 (with AVX-512 below −104), ∞ above 88.72; NaN stays. */
COTO_INLINE Vec exponential(Vec given) {
#if defined(__AVX512F__)
  Vec const x = lesser(splat(89.0f), greater(splat(-105.0f), given));
#else
  Vec const x = lesser(splat(88.7228317f), greater(splat(-86.9f), given));
#endif
  Vec const shifted = multiply_add(x, splat(1.44269504088896341f), splat(detail::kRounder));
  const Vec n = shifted - detail::kRounder;
  Vec r = multiply_add(n, splat(-0.693359375f), x);
  r = multiply_add(n, splat(2.12194440e-4f), r);
  Vec p = splat(1.9875691500e-4f);
  p = multiply_add(p, r, splat(1.3981999507e-3f));
  p = multiply_add(p, r, splat(8.3334519073e-3f));
  p = multiply_add(p, r, splat(4.1665795894e-2f));
  p = multiply_add(p, r, splat(1.6666665459e-1f));
  p = multiply_add(p, r, splat(5.0000001201e-1f));
  p = multiply_add(p, r * r, r + 1.0f);
  Vec y = detail::scale_by_power(p, n, shifted);
#if !defined(__AVX512F__)
  y = select(given < -86.9f, Vec{}, y);
  y = select(given > 88.7228317f, splat(__builtin_inff()), y);
#endif
  return y;
}

/** 2^x for x ≤ 127, relative error below 2e-7 (Cephes' exp2f); 0 below −125 (with AVX-512 below −150); NaN stays. */
COTO_INLINE Vec power_of_two(Vec given) {
#if defined(__AVX512F__)
  Vec const x = greater(splat(-151.0f), given);
#else
  Vec const x = greater(splat(-125.0f), given);
#endif
  Vec const shifted = x + detail::kRounder;
  const Vec n = shifted - detail::kRounder;
  const Vec r = x - n;
  Vec p = splat(1.535336188319500e-4f);
  p = multiply_add(p, r, splat(1.339887440266574e-3f));
  p = multiply_add(p, r, splat(9.618437357674640e-3f));
  p = multiply_add(p, r, splat(5.550332471162809e-2f));
  p = multiply_add(p, r, splat(2.402264791363012e-1f));
  p = multiply_add(p, r, splat(6.931472028550421e-1f));
  p = multiply_add(p, r, splat(1.0f));
  const Vec y = detail::scale_by_power(p, n, shifted);
#if defined(__AVX512F__)
  return y;
#else
  return select(given < -125.0f, Vec{}, y);
#endif
}

/** ln x, relative error below 2e-7 but near 1, where the absolute one is (Cephes' logf); −∞ at 0, NaN below. */
COTO_INLINE Vec logarithm(Vec given) {
  const Int tiny = given < 1.17549435e-38f;
  const Vec x = select(tiny, given * 8388608.0f, given);
  const Int bits = as_int(x);
  Int e = ((bits >> 23) & 0xff) - 126;
  Vec m = as_float((bits & 0x007fffff) | 0x3f000000);
  const Int low = m < 0.707106781186547524f;
  e = e + low;
  m = select(low, m + m, m) - 1.0f;
  const Vec n = to_float(e) - select(tiny, splat(23.0f), Vec{});
  const Vec z = m * m;
  Vec p = splat(7.0376836292e-2f);
  p = multiply_add(p, m, splat(-1.1514610310e-1f));
  p = multiply_add(p, m, splat(1.1676998740e-1f));
  p = multiply_add(p, m, splat(-1.2420140846e-1f));
  p = multiply_add(p, m, splat(1.4249322787e-1f));
  p = multiply_add(p, m, splat(-1.6668057665e-1f));
  p = multiply_add(p, m, splat(2.0000714765e-1f));
  p = multiply_add(p, m, splat(-2.4999993993e-1f));
  p = multiply_add(p, m, splat(3.3333331174e-1f));
  Vec y = p * m * z;
  y = multiply_add(n, splat(-2.12194440e-4f), y);
  y = multiply_add(z, splat(-0.5f), y);
  y = m + y;
  y = multiply_add(n, splat(0.693359375f), y);
  y = select(given == __builtin_inff(), given, y);
  y = select(given == 0.0f, splat(-__builtin_inff()), y);
  return select((given < 0.0f) | not_a_number(given), splat(__builtin_nanf("")), y);
}

/** e^x − 1, relative error below 4e-7 (Kahan's way). */
COTO_INLINE Vec exponential_minus_one(Vec x) {
  const Vec u = exponential(x);
  const Vec less = u - 1.0f;
  Vec y = less * (x / logarithm(u));
  y = select(u == 1.0f, x, y);
  y = select(less == -1.0f, less, y);
  return select(u == __builtin_inff(), u, y);
}

/** ln(1 + x), relative error below 4e-7 (Kahan's way). */
COTO_INLINE Vec logarithm_of_one_plus(Vec x) {
  const Vec u = x + 1.0f;
  const Vec y = logarithm(u) * (x / (u - 1.0f));
  const Vec near = select(u == 1.0f, x, y);
  return select(u == __builtin_inff(), u, near);
}

/** tanh x, relative error below 5e-7 (Eigen's rational approximation). */
COTO_INLINE Vec hyperbolic_tangent(Vec given) {
  const Vec x = lesser(splat(7.99881172180175781f), greater(splat(-7.99881172180175781f), given));
  const Vec z = x * x;
  Vec p = splat(-2.76076847742355e-16f);
  p = multiply_add(p, z, splat(2.00018790482477e-13f));
  p = multiply_add(p, z, splat(-8.60467152213735e-11f));
  p = multiply_add(p, z, splat(5.12229709037114e-08f));
  p = multiply_add(p, z, splat(1.48572235717979e-05f));
  p = multiply_add(p, z, splat(6.37261928875436e-04f));
  p = multiply_add(p, z, splat(4.89352455891786e-03f));
  Vec q = splat(1.19825839466702e-06f);
  q = multiply_add(q, z, splat(1.18534705686654e-04f));
  q = multiply_add(q, z, splat(2.26843463243900e-03f));
  q = multiply_add(q, z, splat(4.89352518554385e-03f));
  return select(magnitude(given) > 9.0f, with_sign(splat(1.0f), given), x * p / q);
}

/** 1 / (1 + e^−x), relative error below 4e-7; 0 below −85. */
COTO_INLINE Vec sigmoid(Vec x) {
  const Vec e = exponential(-x);
  const Vec y = reciprocal(lesser(splat(1e37f), e + 1.0f));
  return select(e > 1e37f, Vec{}, y);
}

/** The logistic function, for activations. */
struct Logistic {
  Vec value, rest;  // σ(x) and 1 − σ(x), the latter without cancellation
};

/** σ(x), relative error below 4e-7 + 1e-7·|x|; beyond ±83 it stays at 2^∓120. */
COTO_INLINE Logistic logistic(Vec x) {
  const Vec e = power_of_two(lesser(splat(120.0f), x * -1.44269504088896341f));
  const Vec value = reciprocal(e + 1.0f);
  return {value, value * e};
}

/** Φ and φ of x for GELU, by one exponential and one division. */
struct Normal {
  Vec cumulative;  // Φ(x), absolute error below 1e-7
  Vec density;     // φ(x), absolute error below 1e-7
};

/**
 * The normal distribution: Φ(−|x|) = e^(−x²/2)·P(t), t = 1 / (1 + 0.28·|x|), the form of Abramowitz and Stegun 7.1.26
 * with a polynomial of degree 6, fitted for the smallest maximal error (1e-8 before rounding).
 */
COTO_INLINE Normal normal(Vec x) {
  const Vec e = power_of_two(x * x * -0.72134752044448170f);
  const Vec t = reciprocal(multiply_add(lesser(splat(1e4f), magnitude(x)), splat(0.28f), splat(1.0f)));
  Vec p = splat(-0.10572206228971481f);
  p = multiply_add(p, t, splat(0.38952013850212097f));
  p = multiply_add(p, t, splat(-0.2364158183336258f));
  p = multiply_add(p, t, splat(0.26844173669815063f));
  p = multiply_add(p, t, splat(0.06768538802862167f));
  p = multiply_add(p, t, splat(0.11649060249328613f));
  const Vec tail = e * (p * t);
  return {select(x > 0.0f, 1.0f - tail, tail), e * 0.398942280401432678f};
}

/** erf x, relative error below 3e-7: a polynomial below 1, the normal distribution's tail beyond. */
COTO_INLINE Vec error_function(Vec x) {
  const Vec z = x * x;
  Vec p = splat(7.853742135921493e-05f);
  p = multiply_add(p, z, splat(-0.0008010161691345274f));
  p = multiply_add(p, z, splat(0.005188324488699436f));
  p = multiply_add(p, z, splat(-0.026853810995817184f));
  p = multiply_add(p, z, splat(0.1128358542919159f));
  p = multiply_add(p, z, splat(-0.3761262595653534f));
  p = multiply_add(p, z, splat(1.1283791065216064f));
  const Vec beyond = 1.0f - 2.0f * normal(magnitude(x) * -1.41421356237309505f).cumulative;
  return select(magnitude(x) < 1.0f, x * p, with_sign(beyond, x));
}

}  // namespace COTO_ISA
}  // namespace coto
