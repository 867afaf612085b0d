#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** 32 signed bytes times a half: the half, then the bytes. */
struct Q8Zero {
  static constexpr int64_t kValues = 32, kBytes = 34;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const float scale = half_at(block);
    const auto bytes = copy_of<32>(block + 2);
    for (int i = 0; i < 32; i++) y[i] = scale * static_cast<float>(static_cast<int8_t>(bytes[i]));
  }

  /** sum + the products of a block's values and x, in lanes. */
  static COTO_INLINE Vec add_products(const uint8_t* block, const float* x, Vec sum) {
    Vec own{};
    for (int i = 0; i < 32; i += kLanes)
      own = multiply_add(to_float(widened_signed_bytes(block + 2 + i)), load(x + i), own);
    return multiply_add(half_lanes(block), own, sum);
  }
};

}  // namespace COTO_ISA
}  // namespace coto
