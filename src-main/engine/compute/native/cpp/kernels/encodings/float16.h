#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** Half precision of IEEE 754. */
struct Float16 {
  static constexpr int64_t kValues = 1, kBytes = 2;

  static COTO_INLINE void decode(const uint8_t* block, float* y) { *y = half_at(block); }
};

}  // namespace COTO_ISA
}  // namespace coto
