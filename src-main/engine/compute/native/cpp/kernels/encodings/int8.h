#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** 64 signed bytes times the largest magnitude of their row, over 127: that float, then the bytes. */
struct Int8 {
  static constexpr int64_t kValues = 64, kBytes = 68;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    float largest;
    std::memcpy(&largest, block, 4);
    const auto bytes = copy_of<64>(block + 4);
    for (int i = 0; i < 64; i++)
      y[i] = static_cast<float>(static_cast<int8_t>(bytes[i])) * largest * 0.007874015718698502f;
  }
};

}  // namespace COTO_ISA
}  // namespace coto
