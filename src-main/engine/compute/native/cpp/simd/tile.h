// The register-tiled product of small matrices that lie in scratch memory, for attention: of float32, or of pairs of
// bfloat16 (bfloat16.h), of which each holds two neighbors along the summed index.
#pragma once

#include "amx.h"
#include "bfloat16.h"

namespace coto {
namespace COTO_ISA {

// A tile's rows and vectors: its sums, one row of B and a spread number of A stay in registers.
constexpr int kTileRows = kRegisters == 32 || kLanes > 4 ? 6 : 4;
constexpr int kTileVectors = kRegisters == 32 ? 4 : 2;

/** A by the step from row to row and along the summed index: one of the two is 1, which the type says. */
template <typename Number>
struct RowsOf {  // A as it lies: along the summed index by 1
  const Number* a;
  int64_t row;
  COTO_INLINE Number at(int64_t i, int64_t k) const { return a[i * row + k]; }
  COTO_INLINE RowsOf from(int64_t i) const { return {a + i * row, row}; }
};
template <typename Number>
struct ColumnsOf {  // A transposed: from row to row by 1
  const Number* a;
  int64_t step;
  COTO_INLINE Number at(int64_t i, int64_t k) const { return a[k * step + i]; }
  COTO_INLINE ColumnsOf from(int64_t i) const { return {a + i, step}; }
};

template <int Rows, int Vectors, typename A, typename Number>
COTO_INLINE void sum_tile(A a, const Number* b, int64_t b_step, int64_t depth, Vec (&sums)[Rows][Vectors]) {
  for (int64_t k = 0; k < depth; k++) {
    decltype(load(b)) row[Vectors];
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; j++) row[j] = load(b + k * b_step + j * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < Rows; i++) {
      const auto x = splat(a.at(i, k));
#pragma GCC unroll 8
      for (int j = 0; j < Vectors; j++) sums[i][j] = multiply_add(x, row[j], sums[i][j]);
    }
  }
}

namespace detail {
template <int Rows, int Vectors, typename A, typename Number, typename Out>
COTO_INLINE void tile(A a, const Number* b, int64_t b_step, int64_t depth, int64_t row, int64_t vector, Out out) {
  Vec sums[Rows][Vectors];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; j++) sums[i][j] = Vec{};
  sum_tile<Rows, Vectors>(a, b, b_step, depth, sums);
#pragma GCC unroll 8
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; j++) out(row + i, vector + j, sums[i][j]);
}

template <int Vectors, typename A, typename Number, typename Out, typename Between>
void tile_columns(A a, const Number* b, int64_t b_step, int64_t depth, int64_t rows, int64_t vector, Out out,
                  Between& between) {
  int64_t row = 0;
  for (; row + kTileRows <= rows; row += kTileRows) {
    between();
    tile<kTileRows, Vectors>(a.from(row), b, b_step, depth, row, vector, out);
  }
  switch (rows - row) {
    case 1: return tile<1, Vectors>(a.from(row), b, b_step, depth, row, vector, out);
    case 2: return tile<2, Vectors>(a.from(row), b, b_step, depth, row, vector, out);
    case 3: return tile<3, Vectors>(a.from(row), b, b_step, depth, row, vector, out);
    case 4:
      if constexpr (kTileRows > 4) tile<4, Vectors>(a.from(row), b, b_step, depth, row, vector, out);
      return;
    case 5:
      if constexpr (kTileRows > 5) tile<5, Vectors>(a.from(row), b, b_step, depth, row, vector, out);
      return;
    default: return;
  }
}
}  // namespace detail

/**
 * A·B, A [rows, depth], B [depth, vectors · kLanes] with rows of b_step, both of float or of Pair: out(row, vector,
 * value) takes the product vector by vector, each once; between() is called from time to time.
 */
template <typename A, typename Number, typename Out, typename Between>
COTO_INLINE void multiply(A a, const Number* b, int64_t b_step, int64_t rows, int64_t vectors, int64_t depth, Out out,
                          Between between) {
  int64_t vector = 0;
  for (; vector + kTileVectors <= vectors; vector += kTileVectors)
    detail::tile_columns<kTileVectors>(a, b + vector * kLanes, b_step, depth, rows, vector, out, between);
  switch (vectors - vector) {
    case 1: return detail::tile_columns<1>(a, b + vector * kLanes, b_step, depth, rows, vector, out, between);
    case 2:
      if constexpr (kTileVectors > 2)
        detail::tile_columns<2>(a, b + vector * kLanes, b_step, depth, rows, vector, out, between);
      return;
    case 3:
      if constexpr (kTileVectors > 3)
        detail::tile_columns<3>(a, b + vector * kLanes, b_step, depth, rows, vector, out, between);
      return;
    default: return;
  }
}

#if defined(__AMX_BF16__)
/**
 * The same of pairs by rows, on tiles. Reads a in whole tiles: up to 15 rows beyond the last one, which must be there
 * and are not used.
 */
template <typename Out, typename Between>
COTO_INLINE void multiply(RowsOf<Pair> a, const Pair* b, int64_t b_step, int64_t rows, int64_t vectors, int64_t depth,
                          Out out, Between between) {
  const int64_t left = depth % amx::kTile, whole = depth - left;
  amx::set_shapes(left);
  alignas(64) float sums[amx::kTile * amx::kSums * kLanes];
  for (int64_t vector = 0; vector < vectors; vector += amx::kSums)
    amx::with_sums(vectors - vector, [&](auto count) COTO_LAMBDA {
      constexpr int kCount = decltype(count)::value;
      const Pair* const columns = b + vector * kLanes;
      for (int64_t row = 0; row < rows; row += amx::kTile) {
        for (int64_t step = 0; step < amx::kTile; step += kTileRows) between();
        const Pair* const from = a.a + row * a.row;
        amx::clear<kCount>();
        for (int64_t k = 0; k < whole; k += amx::kTile) amx::add<kCount>(from + k, a.row, columns + k * b_step, b_step);
        if (left > 0) amx::add_left<kCount>(from + whole, a.row, columns + whole * b_step, b_step);
        amx::write<kCount>(sums, kCount * kLanes);
        const int64_t there = rows - row < amx::kTile ? rows - row : amx::kTile;
        for (int64_t i = 0; i < there; i++)
#pragma GCC unroll 4
          for (int j = 0; j < kCount; j++) out(row + i, vector + j, load(sums + (i * kCount + j) * kLanes));
      }
    });
}
#endif

namespace detail {
// Swaps the off-diagonal blocks of `Half` × `Half` in every square of twice that: a step of a transposition in
// registers.
template <int Half, int... Lane>
COTO_INLINE void swap_blocks(Vec (&rows)[kLanes], std::integer_sequence<int, Lane...>) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; i++) {
    if (i & Half) continue;
    const Vec low = rows[i], high = rows[i + Half];
    rows[i] = shuffle<(Lane & Half ? kLanes + Lane - Half : Lane)...>(low, high);
    rows[i + Half] = shuffle<(Lane & Half ? kLanes + Lane : Lane + Half)...>(low, high);
  }
}
}  // namespace detail

/** Transposes a square of kLanes × kLanes in registers. */
COTO_INLINE void transpose_square(Vec (&rows)[kLanes]) {
  constexpr auto lanes = std::make_integer_sequence<int, kLanes>{};
  if constexpr (kLanes > 8) detail::swap_blocks<8>(rows, lanes);
  if constexpr (kLanes > 4) detail::swap_blocks<4>(rows, lanes);
  detail::swap_blocks<2>(rows, lanes);
  detail::swap_blocks<1>(rows, lanes);
}

}  // namespace COTO_ISA
}  // namespace coto
