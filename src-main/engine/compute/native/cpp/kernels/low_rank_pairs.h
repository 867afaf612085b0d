// Products with factors of low rank in pairs of bfloat16, with sums in float32 (low_rank.h has those of float32). The
// ranks lie in the lanes of a vector or the columns of a tile, so that no sum goes across lanes. All of them run on the
// calling thread alone.
#pragma once

#include "elementwise.h"
#include "packing.h"

#if defined(__AVX512BF16__)
namespace coto {
namespace COTO_ISA {
namespace low_rank {

/** Pairs of a row that are rounded at a time, and rows that share the loads of a factor, as many as a tile has. */
constexpr int64_t kPairs = 128;
constexpr int kPairRows = 16;
/** Bytes between what is read and what is fetched ahead: rows of a block lie too far apart for the processor to
 * foresee. */
constexpr int64_t kAhead = 4 * kLanes;

namespace detail {

/** Rounds up to 2 · kPairs numbers of some rows to pairs, kPairs a row, zeros up to a whole vector. */
COTO_INLINE void round_rows(const float* x, int64_t columns, int64_t rows, int64_t count, Pair* rounded) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < count; i += 2 * kLanes) {
      const float* const from = x + r * columns + i;
      store(rounded + r * kPairs + i / 2,
            neighbors_of(load_up_to(from, count - i), load_up_to(from + kLanes, count - i - kLanes)));
    }
}

#if defined(__AMX_BF16__)
/** y [rows, rank] = scale · x·f for up to 16 rows and 64 ranks: f [columns / 2, step]. */
template <int Sums>
void dots_of_tiles(const float* x, int64_t rows, int64_t columns, const Pair* factor, int64_t step, float scale,
                   float* y, int64_t rank, int64_t ranks) {
  // Rows that are not there hold anything: their sums are not read.
  alignas(64) Pair rounded[amx::kTile * kPairs];
  alignas(64) float sums[amx::kTile * Sums * kLanes];
  amx::clear<Sums>();
  for (int64_t begin = 0; begin < columns; begin += 2 * kPairs) {
    const int64_t count = min(2 * kPairs, columns - begin), depth = depth_of<Pair>(count);
    round_rows(x + begin, columns, rows, count, rounded);
    amx::finish_stores();
    const Pair* const along = factor + begin / 2 * step;
    int64_t i = 0;
    for (; i + amx::kTile <= depth; i += amx::kTile) amx::add<Sums>(rounded + i, kPairs, along + i * step, step);
    if (i < depth) amx::add_left<Sums>(rounded + i, kPairs, along + i * step, step);
  }
  amx::write<Sums>(sums, Sums * kLanes);
  for (int64_t r = 0; r < rows; r++)
    for (int v = 0; v < Sums; v++)
      store_lanes(y + r * rank + v * kLanes, load(sums + (r * Sums + v) * kLanes) * splat(scale),
                  min(ranks - v * kLanes, kLanes));
}

/**
 * Adds 16 ranks of up to 32 rows: b [16 ranks, 16 pairs of rows], zeros beyond. With `first`, y is not read. Columns of
 * y that fill no tile are added apart.
 */
inline void add_ranks_of_tiles(const Pair* b, int64_t ranks, const float* x, float* y, int64_t rows, int64_t columns,
                               bool first) {
  alignas(64) Pair pairs[amx::kTile * kLanes] = {};
  alignas(64) float sums[amx::kTile * kLanes];
  for (int64_t i = 0; i < columns; i += kLanes) {
    const int64_t lanes = min(kLanes, columns - i);
    for (int64_t r = 0; r < rows; r += 2) {
      const float* const from = x + r * columns + i;
      __builtin_prefetch(from + kAhead, 0, 2);
      __builtin_prefetch(from + columns + kAhead, 0, 2);
      store(pairs + r / 2 * kLanes,
            pairs_of(load_lanes(from, lanes), r + 1 < rows ? load_lanes(from + columns, lanes) : Vec{}));
    }
    const bool is_whole = lanes == kLanes && ranks == amx::kTile;
    amx::clear<1>();
    if (is_whole && !first) _tile_loadd(0, y + i, columns * 4);
    amx::add<1>(b, amx::kTile, pairs, kLanes);
    if (is_whole) {
      amx::write<1>(y + i, columns);
      continue;
    }
    amx::write<1>(sums, kLanes);
    for (int64_t k = 0; k < ranks; k++) {
      float* const to = y + k * columns + i;
      const Vec sum = load(sums + k * kLanes);
      store_lanes(to, first ? sum : sum + load_lanes(to, lanes), lanes);
    }
  }
}
#else

/** y [Rows, rank] = scale · x·f for up to kLanes ranks: f [columns / 2, step], of which this reads a vector a row. */
template <int Rows>
COTO_INLINE void dots_of_pairs(const float* x, int64_t columns, const Pair* factor, int64_t step, float scale, float* y,
                               int64_t rank, int64_t lanes) {
  Vec sums[Rows] = {};
  Pair rounded[Rows * kPairs];
  for (int64_t begin = 0; begin < columns; begin += 2 * kPairs) {
    const int64_t count = min(2 * kPairs, columns - begin);
    round_rows(x + begin, columns, Rows, count, rounded);
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
                        bool first) {
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
      store_lanes(to, first ? sums[k] : sums[k] + load_lanes(to, lanes), lanes);
    }
  }
}

#endif

}  // namespace detail

/** y [rows, rank] = scale · x·f: x [rows, columns], f [columns / 2, rank rounded up to whole vectors]. */
inline void multiply_by_pairs(const float* x, int64_t columns, const Pair* factor, float scale, float* y, int64_t rows,
                              int64_t rank) {
#if defined(__AMX_BF16__)
  constexpr int64_t kRanksAtOnce = amx::kSums * kLanes;
  const int64_t step = round_up(rank, kLanes);
  amx::set_shapes(depth_of<Pair>(columns) % amx::kTile);
  for (int64_t r = 0; r < rows; r += amx::kTile)
    for (int64_t k = 0; k < rank; k += kRanksAtOnce)
      amx::with_sums(ceiling_division(rank - k, kLanes), [&](auto sums) {
        detail::dots_of_tiles<decltype(sums)::value>(x + r * columns, min(rows - r, amx::kTile), columns, factor + k,
                                                     step, scale, y + r * rank + k, rank, min(rank - k, kRanksAtOnce));
      });
#else
  int64_t r = 0;
  for (; r + kPairRows <= rows; r += kPairRows)
    detail::dots_of_all_ranks<kPairRows>(x + r * columns, columns, factor, scale, y + r * rank, rank);
  for (; r < rows; r++) detail::dots_of_all_ranks<1>(x + r * columns, columns, factor, scale, y + r * rank, rank);
#endif
}

/**
 * Adds bᵀ·x to y [rank, columns], or with `first` writes it there: b [rows / 2, rank rounded up to whole vectors] of
 * rows side by side, x [rows, columns], up to 32 rows.
 */
inline void add_transposed_pairs(const Pair* b, int64_t rank, const float* x, float* y, int64_t rows, int64_t columns,
                                 bool first) {
  const int64_t step = round_up(rank, kLanes);
#if defined(__AMX_BF16__)
  amx::set_shapes(0);
  const int64_t pairs = depth_of<Pair>(rows);
  for (int64_t k = 0; k < rank; k += amx::kTile) {
    alignas(64) Pair by_rank[amx::kTile * kLanes];
    Vec square[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) square[i] = i < pairs ? as_float(load(b + i * step + k)) : Vec{};
    transpose_square(square);
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) store(by_rank + i * kLanes, as_int(square[i]));
    detail::add_ranks_of_tiles(by_rank, min(rank - k, amx::kTile), x, y + k * columns, rows, columns, first);
  }
#else
  const auto add = [&](auto ranks, int64_t k) {
    detail::add_ranks_of_pairs<decltype(ranks)::value>(b + k, step, x, y + k * columns, rows, columns, first);
    return k + decltype(ranks)::value;
  };
  int64_t k = 0;
  while (k + 16 <= rank) k = add(std::integral_constant<int, 16>{}, k);
  while (k + 8 <= rank) k = add(std::integral_constant<int, 8>{}, k);
  while (k < rank) k = add(std::integral_constant<int, 1>{}, k);
#endif
}

}  // namespace low_rank
}  // namespace COTO_ISA
}  // namespace coto
#endif
