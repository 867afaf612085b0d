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

  static COTO_INLINE float dot(const uint8_t* row, const float* x, int64_t count) {
    return dot_of_scaled_blocks<Q8Zero>(row, x, count, [](const uint8_t* from, const float* own) COTO_LAMBDA {
      Vec sum{};
      for (int i = 0; i < 32; i += kLanes)
        sum = multiply_add(to_float(widened_signed_bytes(from + i)), load(own + i), sum);
      return sum;
    });
  }
};

}  // namespace COTO_ISA
}  // namespace coto
