// Blocks of rows of x that share what is read of a weight: their sums stay in registers.
#pragma once

#include <type_traits>

#include "../simd/vector.h"

namespace coto {
namespace COTO_ISA {

/** Rows of a block. */
constexpr int kRows = kRegisters == 32 ? 4 : 2;

/** Calls at(row, count) for blocks of up to kRows rows; `count` is an integral constant. */
template <typename At>
COTO_INLINE void each_block_of_rows(int64_t rows, At at) {
  int64_t row = 0;
  for (; row + kRows <= rows; row += kRows) at(row, std::integral_constant<int, kRows>());
  if constexpr (kRows > 2)
    for (; row + 2 <= rows; row += 2) at(row, std::integral_constant<int, 2>());
  for (; row < rows; row++) at(row, std::integral_constant<int, 1>());
}

}  // namespace COTO_ISA
}  // namespace coto
