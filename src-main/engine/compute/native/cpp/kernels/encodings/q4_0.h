#pragma once

#include "nibbles.h"

namespace coto {
namespace COTO_ISA {

/** 32 values of 4 bits around 8, times a half: the half, then 16 bytes with values 0 to 15 in their low halves. */
struct Q4Zero {
  static constexpr int64_t kValues = 32, kBytes = 18;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const Vec scale = splat(half_at(block));
    for (int i = 0; i < 16; i += kLanes) {
      const Int bytes = widened_bytes(block + 2 + i);
      store(y + i, scale * four_bits(bytes, 8));
      store(y + 16 + i, scale * four_bits(bytes >> 4, 8));
    }
  }

  /** sum + the products of a block's values and x, in lanes. */
  static COTO_INLINE Vec add_products(const uint8_t* block, const float* x, Vec sum) {
    Vec own{};
    for (int i = 0; i < 16; i += kLanes) {
      const Int bytes = widened_bytes(block + 2 + i);
      own = multiply_add(four_bits(bytes, 8), load(x + i), own);
      own = multiply_add(four_bits(bytes >> 4, 8), load(x + 16 + i), own);
    }
    return multiply_add(half_lanes(block), own, sum);
  }

  struct Steps : NibbleSteps {
    static constexpr int32_t kOffset = 8;
    static constexpr bool kHasLowest = false;

    static COTO_INLINE WeightStep<kVectors> load(const uint8_t* blocks, int64_t present, int) {
      const NibbleBlocks<1> read(blocks, present);
      return {{read.low(), read.high()}, read.half(0), Vec{}};
    }
  };
};

}  // namespace COTO_ISA
}  // namespace coto
