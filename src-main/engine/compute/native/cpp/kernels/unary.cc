#include <cmath>

#include "../simd/math.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

// Applies functions without a vector form, number by number.
template <typename F>
COTO_INLINE void map_each(const float* x, float* y, int64_t count, F f) {
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = f(x[i]);
  });
}

COTO_INLINE Vec rectify(Vec v) { return select(v < 0.0f, Vec{}, v); }

// Rounds to the nearest whole number, ties to even; numbers of 2²³ and more are whole already.
COTO_INLINE Vec round_to_even(Vec v) {
  const Vec size = magnitude(v);
  const Vec rounded = (size + 8388608.0f) - 8388608.0f;
  return select(size < 8388608.0f, with_sign(rounded, v), v);
}

COTO_INLINE Vec floor_of(Vec v) {
  const Vec rounded = round_to_even(v);
  return select(rounded > v, rounded - 1.0f, rounded);
}

COTO_INLINE Vec ceiling_of(Vec v) {
  const Vec rounded = round_to_even(v);
  return select(rounded < v, with_sign(rounded + 1.0f, v), rounded);
}

COTO_INLINE Vec sign_of(Vec v) {
  const Vec negative = select(v < 0.0f, splat(-1.0f), v);
  return select(v > 0.0f, splat(1.0f), negative);
}

}  // namespace

void unary(Unary operation, const float* x, float* y, int64_t count, float alpha, float beta) {
#define COTO_MAP(...) return map(x, y, count, [=](Vec v) COTO_LAMBDA { return __VA_ARGS__; })
  switch (operation) {
    case Unary::negate: COTO_MAP(-v);
    case Unary::absolute: COTO_MAP(magnitude(v));
    case Unary::exponential: COTO_MAP(exponential(v));
    case Unary::exponential_minus_one: COTO_MAP(exponential_minus_one(v));
    case Unary::logarithm: COTO_MAP(logarithm(v));
    case Unary::logarithm_of_one_plus: COTO_MAP(logarithm_of_one_plus(v));
    case Unary::square_root: COTO_MAP(square_root(v));
    case Unary::reciprocal_square_root: COTO_MAP(1.0f / square_root(v));
    case Unary::reciprocal: COTO_MAP(1.0f / v);
    case Unary::square: COTO_MAP(v * v);
    case Unary::sign: COTO_MAP(sign_of(v));
    case Unary::sigmoid: COTO_MAP(sigmoid(v));
    case Unary::hyperbolic_tangent: COTO_MAP(hyperbolic_tangent(v));
    case Unary::error_function: COTO_MAP(error_function(v));
    case Unary::relu: COTO_MAP(rectify(v));
    case Unary::relu6: COTO_MAP(select(v > 6.0f, splat(6.0f), rectify(v)));
    case Unary::leaky_relu: COTO_MAP(select(v < 0.0f, v * alpha, v));
    case Unary::elu: COTO_MAP(select(v < 0.0f, exponential_minus_one(v), v));
    case Unary::softplus: COTO_MAP(rectify(v) + logarithm_of_one_plus(exponential(-magnitude(v))));
    case Unary::silu: COTO_MAP(v * sigmoid(v));
    case Unary::clip: COTO_MAP(lesser(splat(beta), greater(splat(alpha), v)));
    case Unary::step: COTO_MAP(select(not_a_number(v), v, select(v > 0.0f, splat(1.0f), splat(alpha))));
    case Unary::floor: COTO_MAP(floor_of(v));
    case Unary::ceiling: COTO_MAP(ceiling_of(v));
    case Unary::round: COTO_MAP(round_to_even(v));
    case Unary::sine: return map_each(x, y, count, [](float v) { return ::sinf(v); });
    case Unary::cosine: return map_each(x, y, count, [](float v) { return ::cosf(v); });
  }
#undef COTO_MAP
}

namespace {

template <typename F>
COTO_INLINE bool map_int32(const int32_t* x, int32_t* y, int64_t count, F f) {
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) {
    COTO_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = f(x[i]);
  });
  return true;
}

// The arithmetic wraps round, as JavaScript's typed arrays do.
COTO_INLINE int32_t wrap(uint32_t value) { return static_cast<int32_t>(value); }

}  // namespace

bool unary_int32(Unary operation, const int32_t* x, int32_t* y, int64_t count, int32_t alpha, int32_t beta) {
  switch (operation) {
    case Unary::negate: return map_int32(x, y, count, [](int32_t v) { return wrap(0u - static_cast<uint32_t>(v)); });
    case Unary::absolute:
      return map_int32(x, y, count, [](int32_t v) { return v < 0 ? wrap(0u - static_cast<uint32_t>(v)) : v; });
    case Unary::square:
      return map_int32(x, y, count,
                       [](int32_t v) { return wrap(static_cast<uint32_t>(v) * static_cast<uint32_t>(v)); });
    case Unary::sign: return map_int32(x, y, count, [](int32_t v) { return static_cast<int32_t>((v > 0) - (v < 0)); });
    case Unary::relu: return map_int32(x, y, count, [](int32_t v) { return v < 0 ? 0 : v; });
    case Unary::relu6: return map_int32(x, y, count, [](int32_t v) { return v < 0 ? 0 : v > 6 ? 6 : v; });
    case Unary::clip: return map_int32(x, y, count, [=](int32_t v) { return v < alpha ? alpha : v > beta ? beta : v; });
    default: return false;
  }
}

namespace {

template <typename F>
COTO_INLINE void test_each(const float* x, uint8_t* y, int64_t count, F f) {
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = f(x[i]);
  });
}

}  // namespace

void test(Test operation, const float* x, uint8_t* y, int64_t count) {
  switch (operation) {
    case Test::is_nan: return test_each(x, y, count, [](float v) { return v != v; });
    case Test::is_infinite:
      return test_each(x, y, count, [](float v) { return __builtin_fabsf(v) == __builtin_inff(); });
    case Test::is_finite: return test_each(x, y, count, [](float v) { return __builtin_fabsf(v) < __builtin_inff(); });
  }
}

}  // namespace COTO_ISA
}  // namespace coto
