#pragma once

#include "nibbles.h"

namespace coto {
namespace COTO_ISA {

/** 32 values of 4 bits times a half, plus a half: the two halves, then 16 bytes as in Q4_0. */
struct Q4One {
  static constexpr int64_t kValues = 32, kBytes = 20;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const Vec scale = splat(half_at(block)), lowest = splat(half_at(block + 2));
    for (int i = 0; i < 16; i += kLanes) {
      const Int bytes = widened_bytes(block + 4 + i);
      store(y + i, scale * four_bits(bytes, 0) + lowest);
      store(y + 16 + i, scale * four_bits(bytes >> 4, 0) + lowest);
    }
  }

  /** sum + the products of a block's values and x, in lanes. */
  static COTO_INLINE Vec add_products(const uint8_t* block, const float* x, Vec sum) {
    // The lowest value is multiplied by the sum of x, not added to each value.
    Vec values{}, inputs{};
    for (int i = 0; i < 16; i += kLanes) {
      const Int bytes = widened_bytes(block + 4 + i);
      const Vec first = load(x + i), second = load(x + 16 + i);
      values = multiply_add(four_bits(bytes, 0), first, values);
      values = multiply_add(four_bits(bytes >> 4, 0), second, values);
      inputs += first + second;
    }
    return multiply_add(half_lanes(block), values, multiply_add(half_lanes(block + 2), inputs, sum));
  }

  struct Steps : NibbleSteps {
    static constexpr int32_t kOffset = 0;
    static constexpr bool kHasLowest = true;

    static COTO_INLINE WeightStep<kVectors> load(const uint8_t* blocks, int64_t present, int) {
      const NibbleBlocks<2> read(blocks, present);
      return {{read.low(), read.high()}, read.half(0), read.half(1)};
    }
  };
};

}  // namespace COTO_ISA
}  // namespace coto
