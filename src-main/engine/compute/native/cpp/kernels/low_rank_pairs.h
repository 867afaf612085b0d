// Products with factors of low rank in pairs of bfloat16, with sums in float32 (low_rank.h has those of float32). The
// ranks lie in the lanes of a vector, so that no sum goes across lanes. All of them run on the calling thread alone.
#pragma once

#include "elementwise.h"
#include "packing.h"

#if defined(__AVX512BF16__)
namespace coto {
namespace COTO_ISA {
namespace low_rank {

/** Pairs of a row that are rounded at a time, and rows that share the loads of a factor. */
constexpr int64_t kPairs = 128;
constexpr int kPairRows = 16;
/** Bytes between what is read and what is fetched ahead: rows of a block lie too far apart for the processor to
 * foresee. */
constexpr int64_t kAhead = 4 * kLanes;

namespace detail {

/** y [Rows, rank] = scale · x·f for up to kLanes ranks: f [columns / 2, step], of which this reads a vector a row. */
template <int Rows>
COTO_INLINE void dots_of_pairs(const float* x, int64_t columns, const Pair* factor, int64_t step, float scale, float* y,
                               int64_t rank, int64_t lanes) {
  Vec sums[Rows] = {};
  Pair rounded[Rows * kPairs];
  for (int64_t begin = 0; begin < columns; begin += 2 * kPairs) {
    const int64_t count = min(2 * kPairs, columns - begin);
    for (int r = 0; r < Rows; r++) {
      const float* const row = x + r * columns + begin;
      for (int64_t i = 0; i < count; i += 2 * kLanes)
        store(rounded + r * kPairs + i / 2,
              neighbors_of(load_up_to(row + i, count - i), load_up_to(row + i + kLanes, count - i - kLanes)));
    }
    for (int64_t i = 0; i < depth_of<Pair>(count); i++) {
      const Int along = load(factor + (begin / 2 + i) * step);
#pragma GCC unroll 16
      for (int r = 0; r < Rows; r++) sums[r] = multiply_add(splat(rounded[r * kPairs + i]), along, sums[r]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; r++) store_lanes(y + r * rank, sums[r] * splat(scale), lanes);
}

template <int Rows>
void dots_of_all_ranks(const float* x, int64_t columns, const Pair* factor, float scale, float* y, int64_t rank) {
  const int64_t step = round_up(rank, kLanes);
  for (int64_t k = 0; k < rank; k += kLanes)
    dots_of_pairs<Rows>(x, columns, factor + k, step, scale, y + k, rank, min(rank - k, kLanes));
}

/** Adds `Ranks` ranks; with `first`, y is not read. */
template <int Ranks>
void add_ranks_of_pairs(const Pair* b, int64_t step, const float* x, float* y, int64_t rows, int64_t columns,
                        float scale, bool first) {
  for (int64_t i = 0; i < columns; i += kLanes) {
    const int64_t lanes = min(kLanes, columns - i);
    Vec sums[Ranks] = {};
    for (int64_t r = 0; r < rows; r += 2) {
      const float* const from = x + r * columns + i;
      __builtin_prefetch(from + kAhead, 0, 2);
      __builtin_prefetch(from + columns + kAhead, 0, 2);
      const Int both = pairs_of(load_lanes(from, lanes), r + 1 < rows ? load_lanes(from + columns, lanes) : Vec{});
#pragma GCC unroll 16
      for (int k = 0; k < Ranks; k++) sums[k] = multiply_add(splat(b[r / 2 * step + k]), both, sums[k]);
    }
#pragma GCC unroll 16
    for (int k = 0; k < Ranks; k++) {
      float* const to = y + k * columns + i;
      const Vec sum = sums[k] * splat(scale);
      store_lanes(to, first ? sum : sum + load_lanes(to, lanes), lanes);
    }
  }
}

}  // namespace detail

/** y [rows, rank] = scale · x·f: x [rows, columns], f [columns / 2, rank rounded up to whole vectors]. */
inline void multiply_by_pairs(const float* x, int64_t columns, const Pair* factor, float scale, float* y, int64_t rows,
                              int64_t rank) {
  int64_t r = 0;
  for (; r + kPairRows <= rows; r += kPairRows)
    detail::dots_of_all_ranks<kPairRows>(x + r * columns, columns, factor, scale, y + r * rank, rank);
  for (; r < rows; r++) detail::dots_of_all_ranks<1>(x + r * columns, columns, factor, scale, y + r * rank, rank);
}

/**
 * Adds scale · bᵀ·x to y [rank, columns], or with `first` writes it there: b [rows / 2, rank rounded up to whole
 * vectors] of rows side by side, x [rows, columns].
 */
inline void add_transposed_pairs(const Pair* b, int64_t rank, const float* x, float* y, int64_t rows, int64_t columns,
                                 float scale, bool first) {
  const int64_t step = round_up(rank, kLanes);
  const auto add = [&](auto ranks, int64_t k) {
    detail::add_ranks_of_pairs<decltype(ranks)::value>(b + k, step, x, y + k * columns, rows, columns, scale, first);
    return k + decltype(ranks)::value;
  };
  int64_t k = 0;
  while (k + 16 <= rank) k = add(std::integral_constant<int, 16>{}, k);
  while (k + 8 <= rank) k = add(std::integral_constant<int, 8>{}, k);
  while (k < rank) k = add(std::integral_constant<int, 1>{}, k);
}

}  // namespace low_rank
}  // namespace COTO_ISA
}  // namespace coto
#endif
