#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** The upper half of a float32. */
struct Bfloat16 {
  static constexpr int64_t kValues = 1, kBytes = 2;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    uint16_t half;
    std::memcpy(&half, block, 2);
    const uint32_t bits = static_cast<uint32_t>(half) << 16;
    std::memcpy(y, &bits, 4);
  }

  static COTO_INLINE float dot(const uint8_t* row, const float* x, int64_t count) {
    constexpr int kSums = 4;
    Vec sums[kSums] = {};
    int64_t i = 0;
    for (; i + kSums * kLanes <= count; i += kSums * kLanes)
#pragma GCC unroll 4
      for (int s = 0; s < kSums; s++) {
        const int64_t at = i + s * kLanes;
        sums[s] = multiply_add(as_float(widened_halves(row + 2 * at) << 16), load(x + at), sums[s]);
      }
    float rest = 0;
    for (; i < count; i++) {
      float value;
      decode(row + 2 * i, &value);
      rest += value * x[i];
    }
    return sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
  }
};

}  // namespace COTO_ISA
}  // namespace coto
