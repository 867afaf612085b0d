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

  static COTO_INLINE void decode(const uint8_t* from_file, float* y) {
    const auto bytes = copy_of<kBytes>(from_file);
    const uint8_t* const block = bytes.data();
    const float scale = half_at(block), lowest = half_at(block + 2);
    for (int group = 0; group < 8; group++) {
      const float own = scale * static_cast<float>(scale_of(block + 4, group));
      const float least = lowest * static_cast<float>(lowest_of(block + 4, group));
      const uint8_t* const from = block + 16 + (group >> 1) * 32;
      const int shift = (group & 1) * 4;
      for (int i = 0; i < 32; i++) y[group * 32 + i] = own * static_cast<float>(from[i] >> shift & 15) - least;
    }
  }
};

}  // namespace COTO_ISA
}  // namespace coto
