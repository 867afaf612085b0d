#include "../simd/math.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

struct Gelu {
  Vec value, derivative;
};

// x·Φ(x); its derivative Φ(x) + x·φ(x).
COTO_INLINE Gelu gelu_of(Vec x) {
  const Normal n = normal(x);
  return {x * n.cumulative, multiply_add(x, n.density, n.cumulative)};
}

// x·s with s = ½·(1 + tanh u) = σ(2u), u = √(2/π)·(x + 0.044715·x³); its derivative s + 2·x·s·(1 − s)·u′.
COTO_INLINE Gelu gelu_tanh_of(Vec x) {
  const Vec square = x * x;
  const Vec twice_u = x * multiply_add(square, splat(0.0713548162726f), splat(1.59576912160573f));
  const Logistic s = logistic(twice_u);
  const Vec twice_slope = multiply_add(square, splat(0.2140644488178f), splat(1.59576912160573f));
  const Vec value = x * s.value;
  return {value, multiply_add(value * s.rest, twice_slope, s.value)};
}

}  // namespace

void gelu(const float* x, float* y, int64_t count, bool tanh_form) {
  if (tanh_form) map(x, y, count, [](Vec v) COTO_LAMBDA { return gelu_tanh_of(v).value; });
  else map(x, y, count, [](Vec v) COTO_LAMBDA { return gelu_of(v).value; });
}

namespace {

template <typename F>
COTO_INLINE void map_both(const float* x, float* y, float* derivative, int64_t count, F f) {
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) {
    by_vectors(
        end - begin,
        [&](int64_t i) {
          const Gelu both = f(load(x + begin + i));
          store(y + begin + i, both.value);
          store(derivative + begin + i, both.derivative);
        },
        [&](int64_t i, int64_t left) {
          const Gelu both = f(load_partial(x + begin + i, left));
          store_partial(y + begin + i, both.value, left);
          store_partial(derivative + begin + i, both.derivative, left);
        });
  });
}

}  // namespace

void gelu_and_derivative(const float* x, float* y, float* derivative, int64_t count, bool tanh_form) {
  if (tanh_form) map_both(x, y, derivative, count, [](Vec v) COTO_LAMBDA { return gelu_tanh_of(v); });
  else map_both(x, y, derivative, count, [](Vec v) COTO_LAMBDA { return gelu_of(v); });
}

void gelu_gradient(const float* x, const float* dy, float* dx, int64_t count, bool tanh_form) {
  if (tanh_form) map(x, dy, dx, count, [](Vec v, Vec d) COTO_LAMBDA { return gelu_tanh_of(v).derivative * d; });
  else map(x, dy, dx, count, [](Vec v, Vec d) COTO_LAMBDA { return gelu_of(v).derivative * d; });
}

void gated_silu(const float* gate, const float* up, float* y, int64_t count) {
  map(gate, up, y, count, [](Vec g, Vec u) COTO_LAMBDA { return g * logistic(g).value * u; });
}

void gated_silu_gradient(const float* gate, const float* up, const float* dy, float* dgate, float* dup, int64_t count) {
  const auto store_gradients = [=](int64_t i, Vec g, Vec u, Vec d, int64_t lanes) COTO_LAMBDA {
    const Logistic s = logistic(g);
    const Vec silu = g * s.value;
    const Vec to_gate = d * u * multiply_add(silu, s.rest, s.value), to_up = d * silu;
    if (lanes == kLanes) {
      store(dgate + i, to_gate);
      store(dup + i, to_up);
    } else {
      store_partial(dgate + i, to_gate, lanes);
      store_partial(dup + i, to_up, lanes);
    }
  };
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) {
    by_vectors(
        end - begin,
        [&](int64_t i) {
          i += begin;
          store_gradients(i, load(gate + i), load(up + i), load(dy + i), kLanes);
        },
        [&](int64_t i, int64_t left) {
          i += begin;
          store_gradients(i, load_partial(gate + i, left), load_partial(up + i, left), load_partial(dy + i, left),
                          left);
        });
  });
}

}  // namespace COTO_ISA
}  // namespace coto
