#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/**
 * 256 values of 6 bits around 32 in 16 groups, each with a signed byte as scale: 128 bytes of low bits, 64 bytes of
 * high bits, 16 scales, then the half that scales are multiplied by.
 */
struct Q6K {
  static constexpr int64_t kValues = 256, kBytes = 210;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const float scale = half_at(block + 208);
    for (int group = 0; group < 16; group++) {
      const Vec own = splat(scale * static_cast<float>(static_cast<int8_t>(block[192 + group])));
      for (int i = 0; i < 16; i += kLanes) store(y + group * 16 + i, own * values_at(block, group, i));
    }
  }

  /** sum + the products of a block's values and x, in lanes. */
  static COTO_INLINE Vec add_products(const uint8_t* block, const float* x, Vec sum) {
    const float scale = half_at(block + 208);
    for (int group = 0; group < 16; group++) {
      Vec own{};
      for (int i = 0; i < 16; i += kLanes)
        own = multiply_add(values_at(block, group, i), load(x + group * 16 + i), own);
      sum = multiply_add(splat(scale * static_cast<float>(static_cast<int8_t>(block[192 + group]))), own, sum);
    }
    return sum;
  }

 private:
  // Values of a group, from the i-th on, without their scale.
  static COTO_INLINE Vec values_at(const uint8_t* block, int group, int i) {
    // Each half of 128 values has four quarters of 32: the first two in the low halves of 64 bytes, then the high ones.
    const int quarter = group >> 1 & 3, within = (group & 1) * 16 + i;
    const Int low = widened_bytes(block + (group >> 3) * 64 + (quarter & 1) * 32 + within);
    const Int high = widened_bytes(block + 128 + (group >> 3) * 32 + within);
    return to_float((low >> (quarter >> 1) * 4 & 15) + ((high >> quarter * 2 & 3) << 4) - 32);
  }
};

}  // namespace COTO_ISA
}  // namespace coto
