#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/**
 * 256 values of 3 bits in 16 groups, each with a scale of 6 bits around 32: 32 bytes of third bits, 64 bytes of low
 * bits as in Q2_K, 12 bytes of scales, then the half that scales are multiplied by.
 */
struct Q3K {
  static constexpr int64_t kValues = 256, kBytes = 110;

  static COTO_INLINE void decode(const uint8_t* from_file, float* y) {
    const auto bytes = copy_of<kBytes>(from_file);
    const uint8_t* const block = bytes.data();
    const float scale = half_at(block + 108);
    const uint8_t* const scales = block + 96;
    for (int group = 0; group < 16; group++) {
      const int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
      const int high = scales[8 + (group & 3)] >> (2 * (group >> 2)) & 3;
      const float own = scale * static_cast<float>((low | high << 4) - 32);
      const int within = (group & 1) * 16;
      const uint8_t* const from = block + 32 + (group >> 3) * 32 + within;
      const int shift = (group >> 1 & 3) * 2, third = group >> 1;
      for (int i = 0; i < 16; i++) {
        const int bits = (from[i] >> shift & 3) | (block[within + i] >> third & 1) << 2;
        y[group * 16 + i] = own * static_cast<float>(bits - 4);
      }
    }
  }
};

}  // namespace COTO_ISA
}  // namespace coto
