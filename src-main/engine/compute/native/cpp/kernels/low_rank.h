// Products with factors of low rank, for LoRA's kin: what is long is read once, and the factors stay in the cache. All
// of them run on the calling thread alone.
#pragma once

#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace low_rank {

/** Vectors that share a spread number. */
constexpr int kVectors = 2;
/** Ranks that share the loads of a row, and rows that share those of a factor. */
constexpr int kRanks = 4;
constexpr int kRows = kRegisters == 32 ? 4 : 2;

// Calls at(i, take, put) for every kVectors vectors of `columns`; take and put read and write those that are there.
template <typename At>
COTO_INLINE void each_step(int64_t columns, At at) {
  constexpr int64_t kStep = kVectors * kLanes;
  int64_t i = 0;
  for (; i + kStep <= columns; i += kStep)
    at(
        i, [](const float* from, int v) COTO_LAMBDA { return load(from + v * kLanes); },
        [](float* to, int v, Vec value) COTO_LAMBDA { store(to + v * kLanes, value); });
  if (i == columns) return;
  const int64_t left = columns - i;
  const auto lanes = [left](int v) COTO_LAMBDA { return max(0, min(kLanes, left - v * kLanes)); };
  at(
      i,
      [lanes](const float* from, int v)
          COTO_LAMBDA { return lanes(v) == 0 ? Vec{} : load_partial(from + v * kLanes, lanes(v)); },
      [lanes](float* to, int v, Vec value) COTO_LAMBDA {
        if (lanes(v) > 0) store_partial(to + v * kLanes, value, lanes(v));
      });
}

/** b·a at the columns from i on: `Rows` rows of b [rows, rank], a [rank, columns] with rows a_step apart. */
template <int Rows, typename Load>
COTO_INLINE void multiply_factors(const float* a, int64_t a_step, const float* b, int64_t rank, int64_t i, Load take,
                                  Vec (&sums)[Rows][kVectors]) {
  for (int64_t k = 0; k < rank; k++) {
    Vec along[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) along[v] = take(a + k * a_step + i, v);
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++) {
      const Vec factor = splat(b[r * rank + k]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) sums[r][v] = multiply_add(along[v], factor, sums[r][v]);
    }
  }
}

namespace detail {

/** In lanes without the bit `Half` the halves' sums of a, in the others those of b. */
template <int Half, int... Lane>
COTO_INLINE Vec fold_pair(Vec a, Vec b, std::integer_sequence<int, Lane...>) {
  return shuffle<(Lane & Half ? kLanes + Lane : Lane)...>(a, b) +
         shuffle<(Lane & Half ? kLanes + Lane - Half : Lane + Half)...>(a, b);
}

/** The sums of the lanes of four vectors. */
COTO_INLINE void sums_of_four(const Vec (&values)[4], float scale, float* to) {
  constexpr auto lanes = std::make_integer_sequence<int, kLanes>{};
  const Vec folded = fold_pair<kLanes / 4>(fold_pair<kLanes / 2>(values[0], values[1], lanes),
                                           fold_pair<kLanes / 2>(values[2], values[3], lanes), lanes);
  Vec sums = folded;
  if constexpr (kLanes > 8) sums += coto::COTO_ISA::detail::rotate<kLanes / 8>(sums, lanes);
  if constexpr (kLanes > 4) sums += coto::COTO_ISA::detail::rotate<1>(sums, lanes);
  to[0] = scale * sums[0];
  to[1] = scale * sums[kLanes / 2];
  to[2] = scale * sums[kLanes / 4];
  to[3] = scale * sums[kLanes / 2 + kLanes / 4];
}

template <int Rows, int Ranks>
COTO_INLINE void dots(const float* x, const float* a, int64_t a_step, int64_t rank, float* y, int64_t columns,
                      float scale) {
  Vec sums[Rows][Ranks] = {};
  each_vector(columns, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
    Vec along[Ranks];
#pragma GCC unroll 4
    for (int k = 0; k < Ranks; k++) along[k] = load_lanes(a + k * a_step + i, lanes);
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++) {
      const Vec value = load_lanes(x + r * columns + i, lanes);
#pragma GCC unroll 4
      for (int k = 0; k < Ranks; k++) sums[r][k] = multiply_add(value, along[k], sums[r][k]);
    }
  });
#pragma GCC unroll 4
  for (int r = 0; r < Rows; r++)
    if constexpr (Ranks == 4) sums_of_four(sums[r], scale, y + r * rank);
    else
      for (int k = 0; k < Ranks; k++) y[r * rank + k] = scale * sum_of_lanes(sums[r][k]);
}

template <int Rows>
COTO_INLINE void dots_of_rows(const float* x, const float* a, int64_t a_step, int64_t rank, float* y, int64_t columns,
                              float scale) {
  int64_t k = 0;
  for (; k + kRanks <= rank; k += kRanks) dots<Rows, kRanks>(x, a + k * a_step, a_step, rank, y + k, columns, scale);
  for (; k < rank; k++) dots<Rows, 1>(x, a + k * a_step, a_step, rank, y + k, columns, scale);
}

template <int Ranks>
COTO_INLINE void add_ranks(const float* b, int64_t rank, const float* x, float* y, int64_t y_step, int64_t rows,
                           int64_t columns, float scale) {
  each_step(columns, [&](int64_t i, auto take, auto put) COTO_LAMBDA {
    Vec sums[Ranks][kVectors] = {};
    for (int64_t r = 0; r < rows; r++) {
      Vec values[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) values[v] = take(x + r * columns + i, v);
#pragma GCC unroll 4
      for (int k = 0; k < Ranks; k++) {
        const Vec factor = splat(b[r * rank + k]);
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; v++) sums[k][v] = multiply_add(values[v], factor, sums[k][v]);
      }
    }
#pragma GCC unroll 4
    for (int k = 0; k < Ranks; k++)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) {
        float* const to = y + k * y_step + i;
        put(to, v, multiply_add(sums[k][v], splat(scale), take(to, v)));
      }
  });
}

}  // namespace detail

/** y [rows, rank] = scale · x·aᵀ: x [rows, columns], a [rank, columns] with rows a_step apart. */
inline void multiply_by_transposed(const float* x, const float* a, int64_t a_step, int64_t rank, float* y, int64_t rows,
                                   int64_t columns, float scale) {
  int64_t r = 0;
  for (; r + kRows <= rows; r += kRows)
    detail::dots_of_rows<kRows>(x + r * columns, a, a_step, rank, y + r * rank, columns, scale);
  for (; r < rows; r++) detail::dots_of_rows<1>(x + r * columns, a, a_step, rank, y + r * rank, columns, scale);
}

/** Adds scale · bᵀ·x to y [rank, columns], whose rows lie y_step apart: b [rows, rank], x [rows, columns]. */
inline void add_transposed_product(const float* b, int64_t rank, const float* x, float* y, int64_t y_step, int64_t rows,
                                   int64_t columns, float scale) {
  int64_t k = 0;
  for (; k + kRanks <= rank; k += kRanks)
    detail::add_ranks<kRanks>(b + k, rank, x, y + k * y_step, y_step, rows, columns, scale);
  for (; k < rank; k++) detail::add_ranks<1>(b + k, rank, x, y + k * y_step, y_step, rows, columns, scale);
}

}  // namespace low_rank
}  // namespace COTO_ISA
}  // namespace coto
