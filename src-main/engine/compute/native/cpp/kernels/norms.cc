#include "../simd/math.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

// Sums f(vector, index) over a row, padded with zeros beyond its end, for which f must give 0.
template <typename F>
COTO_INLINE float sum_of_row(int64_t width, F f) {
  Vec sums[4] = {Vec{}, Vec{}, Vec{}, Vec{}};
  int64_t i = 0;
  for (; i + 4 * kLanes <= width; i += 4 * kLanes)
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) sums[j] += f(i + j * kLanes, int64_t{kLanes});
  for (; i < width; i += kLanes) sums[0] += f(i, min(width - i, kLanes));
  return sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

COTO_INLINE Vec scale_of(const float* scale, int64_t i, int64_t lanes) {
  return scale == nullptr ? splat(1.0f) : load_lanes(scale + i, lanes);
}

struct Moments {
  float mean, inverse;  // of the row's numbers; 1 / √(variance + epsilon)
};

COTO_INLINE Moments moments_of(const float* x, int64_t width, float epsilon) {
  const float count = static_cast<float>(width);
  const float mean =
      sum_of_row(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA { return load_lanes(x + i, lanes); }) / count;
  const Vec means = splat(mean);
  const Int lane = lane_numbers();
  const float variance = sum_of_row(width,
                                    [&](int64_t i, int64_t lanes) COTO_LAMBDA {
                                      const Vec away = load_lanes(x + i, lanes) - means;
                                      return lanes == kLanes
                                                 ? away * away
                                                 : select(lane < static_cast<int32_t>(lanes), away * away, Vec{});
                                    }) /
                         count;
  return {mean, 1.0f / __builtin_sqrtf(variance + epsilon)};
}

}  // namespace

void layer_norm(const float* x, const float* scale, const float* shift, float* y, int64_t rows, int64_t width,
                float epsilon) {
  parallel_for(rows, rows_per_task(width), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* const from = x + r * width;
      float* const to = y + r * width;
      const Moments m = moments_of(from, width, epsilon);
      const Vec mean = splat(m.mean), inverse = splat(m.inverse);
      each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
        const Vec moved = shift == nullptr ? Vec{} : load_lanes(shift + i, lanes);
        store_lanes(to + i,
                    multiply_add((load_lanes(from + i, lanes) - mean) * inverse, scale_of(scale, i, lanes), moved),
                    lanes);
      });
    }
  });
}

// With n the normalized row and g = dy ∘ scale: dx = (g − mean(g) − n·mean(g ∘ n)) / √(variance + epsilon).
void layer_norm_gradient(const float* x, const float* scale, const float* dy, const float* addend, float* dx,
                         int64_t rows, int64_t width, float epsilon) {
  parallel_for(rows, rows_per_task(width), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* const from = x + r * width;
      const float* const gradient = dy + r * width;
      const float* const added = addend == nullptr ? nullptr : addend + r * width;
      float* const to = dx + r * width;
      const Moments m = moments_of(from, width, epsilon);
      const Vec mean = splat(m.mean), inverse = splat(m.inverse);
      Vec sum{}, product{};
      each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
        // Lanes beyond the row have g = 0.
        const Vec g = load_lanes(gradient + i, lanes) * scale_of(scale, i, lanes);
        sum += g;
        product = multiply_add(g, (load_lanes(from + i, lanes) - mean) * inverse, product);
      });
      const float count = static_cast<float>(width);
      const Vec mean_g = splat(sum_of_lanes(sum) / count), mean_product = splat(sum_of_lanes(product) / count);
      each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
        const Vec g = load_lanes(gradient + i, lanes) * scale_of(scale, i, lanes);
        const Vec n = (load_lanes(from + i, lanes) - mean) * inverse;
        const Vec own = (g - mean_g - n * mean_product) * inverse;
        store_lanes(to + i, added == nullptr ? own : own + load_lanes(added + i, lanes), lanes);
      });
    }
  });
}

namespace {

COTO_INLINE float inverse_root_mean_square(const float* x, int64_t width, float epsilon) {
  const float sum = sum_of_row(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
    const Vec value = load_lanes(x + i, lanes);
    return value * value;
  });
  return 1.0f / __builtin_sqrtf(sum / static_cast<float>(width) + epsilon);
}

}  // namespace

void rms_norm(const float* x, const float* scale, float* y, int64_t rows, int64_t width, float epsilon) {
  parallel_for(rows, rows_per_task(width), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* const from = x + r * width;
      float* const to = y + r * width;
      const Vec inverse = splat(inverse_root_mean_square(from, width, epsilon));
      each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
        store_lanes(to + i, load_lanes(from + i, lanes) * inverse * scale_of(scale, i, lanes), lanes);
      });
    }
  });
}

// With n = x / rms and g = dy ∘ scale: dx = (g − n·mean(g ∘ n)) / rms.
void rms_norm_gradient(const float* x, const float* scale, const float* dy, const float* addend, float* dx,
                       int64_t rows, int64_t width, float epsilon) {
  parallel_for(rows, rows_per_task(width), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* const from = x + r * width;
      const float* const gradient = dy + r * width;
      const float* const added = addend == nullptr ? nullptr : addend + r * width;
      float* const to = dx + r * width;
      const float inverse = inverse_root_mean_square(from, width, epsilon);
      const float sum = sum_of_row(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
        return load_lanes(gradient + i, lanes) * scale_of(scale, i, lanes) * load_lanes(from + i, lanes);
      });
      const Vec along = splat(sum * inverse * inverse / static_cast<float>(width)), factor = splat(inverse);
      each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
        const Vec g = load_lanes(gradient + i, lanes) * scale_of(scale, i, lanes);
        const Vec own = (g - load_lanes(from + i, lanes) * along) * factor;
        store_lanes(to + i, added == nullptr ? own : own + load_lanes(added + i, lanes), lanes);
      });
    }
  });
}

}  // namespace COTO_ISA
}  // namespace coto
