#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** 32 values of 5 bits times a half, plus a half: the two halves, the fifth bits, 16 bytes as in Q4_0. */
struct Q5One {
  static constexpr int64_t kValues = 32, kBytes = 24;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const float scale = half_at(block), lowest = half_at(block + 2);
    const uint32_t fifth = word_at(block + 4);
    const auto bytes = copy_of<16>(block + 8);
    for (int i = 0; i < 16; i++) {
      const auto low = static_cast<int>((bytes[i] & 15u) | (fifth >> i & 1) << 4);
      const auto high = static_cast<int>((bytes[i] >> 4) | (fifth >> (i + 16) & 1) << 4);
      y[i] = scale * static_cast<float>(low) + lowest;
      y[16 + i] = scale * static_cast<float>(high) + lowest;
    }
  }
};

}  // namespace COTO_ISA
}  // namespace coto
