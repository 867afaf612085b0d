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

  /** sum + the products of a block's values and x, in lanes. */
  static COTO_INLINE Vec add_products(const uint8_t* block, const float* x, Vec sum) {
    // The lowest value of a group is multiplied by the sum of its x, not added to each value.
    const float scale = half_at(block), lowest = half_at(block + 2);
    for (int group = 0; group < 8; group++) {
      const uint8_t* const from = block + 16 + (group >> 1) * 32;
      const int shift = (group & 1) * 4;
      Vec values{}, inputs{};
      for (int i = 0; i < 32; i += kLanes) {
        const Vec own = load(x + group * 32 + i);
        values = multiply_add(four_bits(widened_bytes(from + i) >> shift, 0), own, values);
        inputs += own;
      }
      const Vec least = splat(lowest * static_cast<float>(lowest_of(block + 4, group)));
      sum = multiply_add(splat(scale * static_cast<float>(scale_of(block + 4, group))), values, sum) - least * inputs;
    }
    return sum;
  }
};

}  // namespace COTO_ISA
}  // namespace coto
