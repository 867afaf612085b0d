#include <cmath>

#include "axes.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

// The axes of out, a and b: out's steps are not kept, it is written from front to back.
Axes<2> broadcast_axes(const Shape& a, const Shape& b, const Shape& out) {
  int64_t a_steps[kMaxRank] = {}, b_steps[kMaxRank] = {};
  steps_of(a, a_steps);
  steps_of(b, b_steps);
  Axes<2> axes;
  for (int i = 0; i < out.rank; i++) {
    const int in_a = i - (out.rank - a.rank), in_b = i - (out.rank - b.rank);
    const int64_t a_step = in_a < 0 || a.size[in_a] == 1 ? 0 : a_steps[in_a];
    const int64_t b_step = in_b < 0 || b.size[in_b] == 1 ? 0 : b_steps[in_b];
    axes.add(out.size[i], {a_step, b_step});
  }
  return axes;
}

// One run of the innermost axis: each operand has a step of 1 or 0.
template <typename In, typename Out, typename F>
__attribute__((noinline)) void run(const In* a, int64_t a_step, const In* b, int64_t b_step, Out* out, int64_t count,
                                   F f) {
  if (a_step == 0) {
    const In value = *a;
    COTO_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = f(value, b[i]);
  } else if (b_step == 0) {
    const In value = *b;
    COTO_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = f(a[i], value);
  } else {
    COTO_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = f(a[i], b[i]);
  }
}

template <typename In, typename Out, typename F>
COTO_INLINE void broadcast(const In* a, const Shape& a_shape, const In* b, const Shape& b_shape, Out* out,
                           const Shape& out_shape, F f) {
  const Axes<2> axes = broadcast_axes(a_shape, b_shape, out_shape);
  const int64_t count = axes.count();
  if (count == 0) return;
  if (axes.rank == 0) {
    *out = f(*a, *b);
    return;
  }
  const int inner = axes.rank - 1;
  const int64_t length = axes.size[inner], a_step = axes.step[0][inner], b_step = axes.step[1][inner];
  // A single run is cut into tasks; of many each is done at once.
  const int64_t task = inner == 0 ? kGrain : length;
  parallel_for(ceiling_division(count, task), rows_per_task(task), [=, &axes](int64_t begin, int64_t end) {
    Place<2> place(axes, inner, begin);
    for (int64_t row = begin; row < end; row++) {
      const int64_t at = inner == 0 ? row * task : 0;
      run(a + place.at[0] + at * a_step, a_step, b + place.at[1] + at * b_step, b_step, out + row * task,
          min(task, count - row * task), f);
      if (inner > 0) place.next();
    }
  });
}

COTO_INLINE float floored_modulo(float a, float b) {
  const float rest = ::fmodf(a, b);
  return (a < 0) == (b < 0) ? rest : ::fmodf(rest + b, b);
}

}  // namespace

void binary(Binary operation, const float* a, const Shape& a_shape, const float* b, const Shape& b_shape, float* out,
            const Shape& out_shape) {
#define COTO_EACH(...) \
  return broadcast(a, a_shape, b, b_shape, out, out_shape, [](float p, float q) COTO_LAMBDA { return __VA_ARGS__; })
  switch (operation) {
    case Binary::add: COTO_EACH(p + q);
    case Binary::subtract: COTO_EACH(p - q);
    case Binary::multiply: COTO_EACH(p * q);
    case Binary::divide: COTO_EACH(p / q);
    case Binary::maximum: COTO_EACH(((p > q) | (p != p)) ? p : q);
    case Binary::minimum: COTO_EACH(((p < q) | (p != p)) ? p : q);
    case Binary::power:
      if (count_of(b_shape) == 1 && *b == 2.0f) COTO_EACH((void(q), p * p));
      COTO_EACH(::powf(p, q));
    case Binary::squared_difference: COTO_EACH((p - q) * (p - q));
    case Binary::floor_divide: COTO_EACH(::floorf(p / q));
    case Binary::modulo: COTO_EACH(floored_modulo(p, q));
  }
#undef COTO_EACH
}

namespace {

// int32 wraps round, as JavaScript's typed arrays do.
COTO_INLINE int32_t wrapped(uint32_t value) { return static_cast<int32_t>(value); }
COTO_INLINE uint32_t bits(int32_t value) { return static_cast<uint32_t>(value); }

COTO_INLINE int32_t floored_quotient(int32_t a, int32_t b) {
  if (b == 0) return 0;
  if (b == -1) return wrapped(0u - bits(a));
  const int32_t quotient = a / b;
  return quotient - ((a % b != 0) & ((a < 0) != (b < 0)));
}

COTO_INLINE int32_t floored_rest(int32_t a, int32_t b) {
  if (b == 0 || b == -1) return 0;
  const int32_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

COTO_INLINE int32_t whole_power(int32_t base, int32_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
  uint32_t result = 1, factor = bits(base);
  for (; exponent > 0; exponent /= 2, factor *= factor)
    if (exponent % 2 != 0) result *= factor;
  return wrapped(result);
}

}  // namespace

void binary_int32(Binary operation, const int32_t* a, const Shape& a_shape, const int32_t* b, const Shape& b_shape,
                  int32_t* out, const Shape& out_shape) {
#define COTO_EACH(...) \
  return broadcast(a, a_shape, b, b_shape, out, out_shape, [](int32_t p, int32_t q) COTO_LAMBDA { return __VA_ARGS__; })
  switch (operation) {
    case Binary::add: COTO_EACH(wrapped(bits(p) + bits(q)));
    case Binary::subtract: COTO_EACH(wrapped(bits(p) - bits(q)));
    case Binary::multiply: COTO_EACH(wrapped(bits(p) * bits(q)));
    case Binary::divide: COTO_EACH(q == 0 ? 0 : q == -1 ? wrapped(0u - bits(p)) : p / q);
    case Binary::maximum: COTO_EACH(p > q ? p : q);
    case Binary::minimum: COTO_EACH(p < q ? p : q);
    case Binary::power: COTO_EACH(whole_power(p, q));
    case Binary::squared_difference: COTO_EACH(wrapped((bits(p) - bits(q)) * (bits(p) - bits(q))));
    case Binary::floor_divide: COTO_EACH(floored_quotient(p, q));
    case Binary::modulo: COTO_EACH(floored_rest(p, q));
  }
#undef COTO_EACH
}

namespace {

template <typename T>
void compare_all(Comparison operation, const T* a, const Shape& a_shape, const T* b, const Shape& b_shape, uint8_t* out,
                 const Shape& out_shape) {
#define COTO_EACH(operator_)                               \
  return broadcast(a, a_shape, b, b_shape, out, out_shape, \
                   [](T p, T q) COTO_LAMBDA -> uint8_t { return p operator_ q; })
  switch (operation) {
    case Comparison::equal: COTO_EACH(==);
    case Comparison::not_equal: COTO_EACH(!=);
    case Comparison::less: COTO_EACH(<);
    case Comparison::less_equal: COTO_EACH(<=);
    case Comparison::greater: COTO_EACH(>);
    case Comparison::greater_equal: COTO_EACH(>=);
  }
#undef COTO_EACH
}

}  // namespace

void compare(Comparison operation, const float* a, const Shape& a_shape, const float* b, const Shape& b_shape,
             uint8_t* out, const Shape& out_shape) {
  compare_all(operation, a, a_shape, b, b_shape, out, out_shape);
}

void compare_int32(Comparison operation, const int32_t* a, const Shape& a_shape, const int32_t* b, const Shape& b_shape,
                   uint8_t* out, const Shape& out_shape) {
  compare_all(operation, a, a_shape, b, b_shape, out, out_shape);
}

void compare_bool(Comparison operation, const uint8_t* a, const Shape& a_shape, const uint8_t* b, const Shape& b_shape,
                  uint8_t* out, const Shape& out_shape) {
  compare_all(operation, a, a_shape, b, b_shape, out, out_shape);
}

void logical(Logical operation, const uint8_t* a, const Shape& a_shape, const uint8_t* b, const Shape& b_shape,
             uint8_t* out, const Shape& out_shape) {
#define COTO_EACH(...)                                     \
  return broadcast(a, a_shape, b, b_shape, out, out_shape, \
                   [](uint8_t p, uint8_t q) COTO_LAMBDA -> uint8_t { return __VA_ARGS__; })
  switch (operation) {
    case Logical::conjunction: COTO_EACH((p != 0) & (q != 0));
    case Logical::disjunction: COTO_EACH((p != 0) | (q != 0));
    case Logical::exclusive: COTO_EACH((p != 0) ^ (q != 0));
  }
#undef COTO_EACH
}

void logical_not(const uint8_t* x, uint8_t* y, int64_t count) {
  parallel_for(count, 4 * kGrain, [=](int64_t begin, int64_t end) {
    COTO_INDEPENDENT
    for (int64_t i = begin; i < end; i++) y[i] = x[i] == 0;
  });
}

namespace {

template <typename T>
void select_all(const uint8_t* condition, const T* a, const T* b, T* out, int64_t count, int64_t inner) {
  if (inner == 1) {
    parallel_for(count, kGrain, [=](int64_t begin, int64_t end) {
      COTO_INDEPENDENT
      for (int64_t i = begin; i < end; i++) out[i] = condition[i] != 0 ? a[i] : b[i];
    });
    return;
  }
  parallel_for(count / max(inner, 1), rows_per_task(inner), [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const T* const from = (condition[i] != 0 ? a : b) + i * inner;
      if (from != out + i * inner) std::memcpy(out + i * inner, from, static_cast<size_t>(inner) * sizeof(T));
    }
  });
}

}  // namespace

void select(const uint8_t* condition, const void* a, const void* b, void* out, int64_t count, int64_t inner,
            int element_bytes) {
  if (element_bytes == 1)
    select_all(condition, static_cast<const uint8_t*>(a), static_cast<const uint8_t*>(b), static_cast<uint8_t*>(out),
               count, inner);
  else
    select_all(condition, static_cast<const uint32_t*>(a), static_cast<const uint32_t*>(b), static_cast<uint32_t*>(out),
               count, inner);
}

void add_n(const float* const* inputs, int64_t input_count, float* out, int64_t count) {
  if (input_count == 0) return;
  const auto sum_of = [=](auto take) COTO_LAMBDA {
    Vec sum = take(inputs[0]);
    for (int64_t t = 1; t < input_count; t++) sum += take(inputs[t]);
    return sum;
  };
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) {
    by_vectors(
        end - begin,
        [&](int64_t i) {
          store(out + begin + i, sum_of([=](const float* x) COTO_LAMBDA { return load(x + begin + i); }));
        },
        [&](int64_t i, int64_t left) {
          const Vec sum = sum_of([=](const float* x) COTO_LAMBDA { return load_partial(x + begin + i, left); });
          store_partial(out + begin + i, sum, left);
        });
  });
}

void accumulate(const float* x, float scale, float* y, int64_t count) {
  const Vec factor = splat(scale);
  map(x, y, y, count, [=](Vec p, Vec q) COTO_LAMBDA { return multiply_add(p, factor, q); });
}

}  // namespace COTO_ISA
}  // namespace coto
