#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** The upper half of a float32. */
struct Bfloat16 {
  static constexpr int64_t kValues = 1, kBytes = 2;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    uint16_t half;
    std::memcpy(&half, block, 2);
    const uint32_t bits = static_cast<uint32_t>(half) << 16;
    std::memcpy(y, &bits, 4);
  }
};

}  // namespace COTO_ISA
}  // namespace coto
