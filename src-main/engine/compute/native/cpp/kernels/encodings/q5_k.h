#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/**
 * Q4_K with a fifth bit: the two halves, 12 bytes of scales and lowest values, 32 bytes of fifth bits, 128 bytes of low
 * bits.
 */
struct Q5K {
  static constexpr int64_t kValues = 256, kBytes = 176;

  static COTO_INLINE void decode(const uint8_t* from_file, float* y) {
    const auto bytes = copy_of<kBytes>(from_file);
    const uint8_t* const block = bytes.data();
    const float scale = half_at(block), lowest = half_at(block + 2);
    for (int group = 0; group < 8; group++) {
      const float own = scale * static_cast<float>(scale_of(block + 4, group));
      const float least = lowest * static_cast<float>(lowest_of(block + 4, group));
      const uint8_t* const from = block + 48 + (group >> 1) * 32;
      const uint8_t* const fifth = block + 16;
      const int shift = (group & 1) * 4;
      for (int i = 0; i < 32; i++) {
        const int bits = (from[i] >> shift & 15) | (fifth[i] >> group & 1) << 4;
        y[group * 32 + i] = own * static_cast<float>(bits) - least;
      }
    }
  }
};

}  // namespace COTO_ISA
}  // namespace coto
