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

  static COTO_INLINE void decode(const uint8_t* from_file, float* y) {
    const auto bytes = copy_of<kBytes>(from_file);
    const uint8_t* const block = bytes.data();
    const float scale = half_at(block + 208);
    for (int group = 0; group < 16; group++) {
      const float own = scale * static_cast<float>(static_cast<int8_t>(block[192 + group]));
      // Each half of 128 values has four quarters of 32: the first two in the low halves of 64 bytes, then the high
      // ones.
      const int quarter = group >> 1 & 3, within = (group & 1) * 16;
      const uint8_t* const low = block + (group >> 3) * 64 + (quarter & 1) * 32 + within;
      const uint8_t* const high = block + 128 + (group >> 3) * 32 + within;
      const int low_shift = (quarter >> 1) * 4, high_shift = quarter * 2;
      for (int i = 0; i < 16; i++) {
        const int bits = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
        y[group * 16 + i] = own * static_cast<float>(bits - 32);
      }
    }
  }
};

}  // namespace COTO_ISA
}  // namespace coto
