#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** 32 values of 4 bits around 8, times a half: the half, then 16 bytes with values 0 to 15 in their low halves. */
struct Q4Zero {
  static constexpr int64_t kValues = 32, kBytes = 18;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const float scale = half_at(block);
    const auto bytes = copy_of<16>(block + 2);
    for (int i = 0; i < 16; i++) {
      y[i] = scale * static_cast<float>((bytes[i] & 15) - 8);
      y[16 + i] = scale * static_cast<float>((bytes[i] >> 4) - 8);
    }
  }
};

}  // namespace COTO_ISA
}  // namespace coto
