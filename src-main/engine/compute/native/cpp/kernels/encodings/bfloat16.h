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

  /** sum + the products of as many values as there are lanes and x. */
  static COTO_INLINE Vec add_products(const uint8_t* from, const float* x, Vec sum) {
    return multiply_add(as_float(widened_halves(from) << 16), load(x), sum);
  }
};

}  // namespace COTO_ISA
}  // namespace coto
