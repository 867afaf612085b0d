#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** 32 values of 4 bits around 8, times a half: the half, then 16 bytes with values 0 to 15 in their low halves. */
struct Q4Zero {
  static constexpr int64_t kValues = 32, kBytes = 18;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    const Vec scale = splat(half_at(block));
    for (int i = 0; i < 16; i += kLanes) {
      const Int bytes = widened_bytes(block + 2 + i);
      store(y + i, scale * four_bits(bytes, 8));
      store(y + 16 + i, scale * four_bits(bytes >> 4, 8));
    }
  }

  static COTO_INLINE float dot(const uint8_t* row, const float* x, int64_t count) {
    return dot_of_scaled_blocks<Q4Zero>(row, x, count, [](const uint8_t* from, const float* own) COTO_LAMBDA {
      Vec sum{};
      for (int i = 0; i < 16; i += kLanes) {
        const Int bytes = widened_bytes(from + i);
        sum = multiply_add(four_bits(bytes, 8), load(own + i), sum);
        sum = multiply_add(four_bits(bytes >> 4, 8), load(own + 16 + i), sum);
      }
      return sum;
    });
  }
};

}  // namespace COTO_ISA
}  // namespace coto
