#include <cmath>

#include "../scratch.h"
#include "../simd/math.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

constexpr int32_t kIgnored = -100;

COTO_INLINE Vec load_row(const float* from, int64_t left, float beyond) {
  if (left >= kLanes) return load(from);
  return select(lane_numbers() < static_cast<int32_t>(left), load_partial(from, left), splat(beyond));
}

COTO_INLINE float highest_of(const float* x, int64_t count) {
  Vec high[4];
  for (auto& vector : high) vector = splat(-__builtin_inff());
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes)
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) high[j] = greater(high[j], load(x + i + j * kLanes));
  for (; i < count; i += kLanes) high[0] = greater(high[0], load_row(x + i, count - i, -__builtin_inff()));
  const float highest = greatest_lane(greater(greater(high[0], high[1]), greater(high[2], high[3])));
  // A row of −∞ only is not shifted. NaN needs no test: the exponentials pass it on.
  return highest == -__builtin_inff() ? 0.0f : highest;
}

// Sums e^(x − highest) and stores the terms in `to` unless that is null. Lanes are added in double precision: the loss
// of a confident row is the logarithm of a sum barely above 1.
template <bool Store>
COTO_INLINE double sum_of_exponentials(const float* x, float* to, int64_t count, float highest) {
  const Vec shift = splat(highest);
  Vec sums[2] = {Vec{}, Vec{}};
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes)
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
      const Vec e = exponential(load(x + i + j * kLanes) - shift);
      if (Store) store(to + i + j * kLanes, e);
      sums[j] += e;
    }
  for (; i < count; i += kLanes) {
    const Vec e = exponential(load_row(x + i, count - i, -__builtin_inff()) - shift);
    if (Store) {
      if (count - i >= kLanes) store(to + i, e);
      else store_partial(to + i, e, count - i);
    }
    sums[0] += e;
  }
  const Vec lanes = sums[0] + sums[1];
  double sum = 0;
  for (int lane = 0; lane < kLanes; lane++) sum += static_cast<double>(lanes[lane]);
  return sum;
}

// Multiplies the terms in `to` by factor.
COTO_INLINE void scale_row(float* to, int64_t count, float factor) {
  const Vec factors = splat(factor);
  map_range(to, to, 0, count, [&](Vec value) COTO_LAMBDA { return value * factors; });
}

}  // namespace

void softmax(const float* x, float* y, int64_t rows, int64_t classes) {
  parallel_for(rows, rows_per_task(classes), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* const from = x + r * classes;
      float* const to = y + r * classes;
      scale_row(to, classes,
                1.0f / static_cast<float>(sum_of_exponentials<true>(from, to, classes, highest_of(from, classes))));
    }
  });
}

void log_softmax(const float* x, float* y, int64_t rows, int64_t classes) {
  parallel_for(rows, rows_per_task(classes), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* const from = x + r * classes;
      const float highest = highest_of(from, classes);
      const auto sum = static_cast<float>(sum_of_exponentials<false>(from, nullptr, classes, highest));
      const Vec high = splat(highest), total = logarithm(splat(sum));
      map_range(from, y + r * classes, 0, classes, [&](Vec value) COTO_LAMBDA { return (value - high) - total; });
    }
  });
}

namespace {

// −log softmax(logits)[label]; with to: (softmax − one-hot) · factor goes there, which may be the logits themselves.
float cross_entropy_of_row(const float* logits, int32_t label, float* to, int64_t classes, float factor) {
  const bool known = label >= 0 && label < classes;
  const float chosen = known ? logits[label] : __builtin_nanf("");
  const float highest = highest_of(logits, classes);
  const double sum = to == nullptr ? sum_of_exponentials<false>(logits, nullptr, classes, highest)
                                   : sum_of_exponentials<true>(logits, to, classes, highest);
  if (to != nullptr) {
    scale_row(to, classes, known ? factor / static_cast<float>(sum) : __builtin_nanf(""));
    if (known) to[label] -= factor;
  }
  return static_cast<float>(std::log(sum) + static_cast<double>(highest - chosen));
}

int64_t rows_counted(const int32_t* labels, int64_t rows) {
  int64_t count = 0;
  for (int64_t r = 0; r < rows; r++) count += labels[r] != kIgnored;
  return count;
}

}  // namespace

void softmax_cross_entropy(const float* logits, const int32_t* labels, float* loss, int64_t rows, int64_t classes) {
  // Scratch of the calling thread: the pool's threads use none here.
  float* const losses = scratch(rows);
  parallel_for(rows, rows_per_task(classes), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++)
      losses[r] =
          labels[r] == kIgnored ? 0.0f : cross_entropy_of_row(logits + r * classes, labels[r], nullptr, classes, 0.0f);
  });
  double sum = 0;
  for (int64_t r = 0; r < rows; r++) sum += losses[r];
  const int64_t counted = rows_counted(labels, rows);
  *loss = counted == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(counted));
}

namespace {

void gradient_rows(const float* logits, const int32_t* labels, float* losses, float* dlogits, int64_t rows,
                   int64_t classes, float factor) {
  parallel_for(rows, rows_per_task(classes), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      float* const to = dlogits == nullptr ? nullptr : dlogits + r * classes;
      float loss = 0;
      if (labels[r] != kIgnored) loss = cross_entropy_of_row(logits + r * classes, labels[r], to, classes, factor);
      else if (to != nullptr) std::memset(to, 0, static_cast<size_t>(classes) * 4);
      if (losses != nullptr) losses[r] = loss;
    }
  });
}

}  // namespace

void softmax_cross_entropy_gradient(const float* logits, const int32_t* labels, const float* dy, float* dlogits,
                                    int64_t rows, int64_t classes) {
  const int64_t counted = rows_counted(labels, rows);
  gradient_rows(logits, labels, nullptr, dlogits, rows, classes, *dy / static_cast<float>(max(counted, 1)));
}

void cross_entropy_block(float* logits, const int32_t* labels, float* losses, int64_t rows, int64_t classes,
                         float factor, bool wants_gradient) {
  gradient_rows(logits, labels, losses, wants_gradient ? logits : nullptr, rows, classes, factor);
}

}  // namespace COTO_ISA
}  // namespace coto
