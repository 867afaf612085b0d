#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/**
 * 256 values of 2 bits in 16 groups, each with a scale and a lowest value of 4 bits: 16 bytes of those, 64 bytes of
 * values, then the halves that scales and lowest values are multiplied by.
 */
struct Q2K {
  static constexpr int64_t kValues = 256, kBytes = 84;

  static COTO_INLINE void decode(const uint8_t* from_file, float* y) {
    const auto bytes = copy_of<kBytes>(from_file);
    const uint8_t* const block = bytes.data();
    const float scale = half_at(block + 80), lowest = half_at(block + 82);
    for (int group = 0; group < 16; group++) {
      const float own = scale * static_cast<float>(block[group] & 15);
      const float least = lowest * static_cast<float>(block[group] >> 4);
      // Each half of 128 values lies in 32 bytes: four layers of two bits, two groups a layer.
      const uint8_t* const from = block + 16 + (group >> 3) * 32 + (group & 1) * 16;
      const int shift = (group >> 1 & 3) * 2;
      for (int i = 0; i < 16; i++) y[group * 16 + i] = own * static_cast<float>(from[i] >> shift & 3) - least;
    }
  }
};

}  // namespace COTO_ISA
}  // namespace coto
