#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** 32 values of 4 bits times a half, plus a half: the two halves, then 16 bytes as in Q4_0. */
struct Q4One {
  static constexpr int64_t kValues = 32, kBytes = 20;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const float scale = half_at(block), lowest = half_at(block + 2);
    const auto bytes = copy_of<16>(block + 4);
    for (int i = 0; i < 16; i++) {
      y[i] = scale * static_cast<float>(bytes[i] & 15) + lowest;
      y[16 + i] = scale * static_cast<float>(bytes[i] >> 4) + lowest;
    }
  }
};

}  // namespace COTO_ISA
}  // namespace coto
