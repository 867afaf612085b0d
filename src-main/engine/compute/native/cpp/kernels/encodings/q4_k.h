#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/**
 * 256 values of 4 bits in 8 groups, each with a scale and a lowest value of 6 bits: the halves that those are
 * multiplied by, 12 bytes of them, then 128 bytes of values; 32 bytes hold one group in the low and the next in the
 * high halves.
 */
struct Q4K {
  static constexpr int64_t kValues = 256, kBytes = 144;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const float scale = half_at(block), lowest = half_at(block + 2);
    for (int group = 0; group < 8; group++) {
      const Vec own = splat(scale * static_cast<float>(scale_of(block + 4, group)));
      const Vec least = splat(lowest * static_cast<float>(lowest_of(block + 4, group)));
      const uint8_t* const from = block + 16 + (group >> 1) * 32;
      const int shift = (group & 1) * 4;
      for (int i = 0; i < 32; i += kLanes)
        store(y + group * 32 + i, own * four_bits(widened_bytes(from + i) >> shift, 0) - least);
    }
  }

  static COTO_INLINE float dot(const uint8_t* row, const float* x, int64_t count) {
    // The lowest value of a group is multiplied by the sum of its x, not added to each value.
    Vec sums[2] = {};
    for (int64_t at = 0; at < count; at += kValues, row += kBytes) {
      const float scale = half_at(row), lowest = half_at(row + 2);
      for (int pair = 0; pair < 4; pair++) {
        const uint8_t* const from = row + 16 + pair * 32;
        const float* const own = x + at + pair * 64;
        Vec values[2] = {}, inputs[2] = {};
        for (int i = 0; i < 32; i += kLanes) {
          const Int bytes = widened_bytes(from + i);
          const Vec first = load(own + i), second = load(own + 32 + i);
          values[0] = multiply_add(four_bits(bytes, 0), first, values[0]);
          values[1] = multiply_add(four_bits(bytes >> 4, 0), second, values[1]);
          inputs[0] += first;
          inputs[1] += second;
        }
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++) {
          const int group = 2 * pair + half;
          const Vec factor = splat(scale * static_cast<float>(scale_of(row + 4, group)));
          const Vec least = splat(lowest * static_cast<float>(lowest_of(row + 4, group)));
          sums[half] = multiply_add(factor, values[half], sums[half]) - least * inputs[half];
        }
      }
    }
    return sum_of_lanes(sums[0] + sums[1]);
  }
};

}  // namespace COTO_ISA
}  // namespace coto
