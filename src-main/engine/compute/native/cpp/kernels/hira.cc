// HiRA (Huang et al. 2025): panels of the weight that low-rank factors multiply, and the gradients of the factors by
// tiles of the weight's own gradient.
#include "../simd/tile.h"
#include "declarations.generated.h"
#include "low_rank.h"

namespace coto {
namespace COTO_ISA {
namespace {

using namespace low_rank;

template <int Rows>
COTO_INLINE void panel_rows(const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b,
                            int64_t rank, float* y, int64_t columns, float scale, float unit) {
  each_step(columns, [&](int64_t i, auto take, auto put) COTO_LAMBDA {
    Vec sums[Rows][kVectors] = {};
    multiply_factors<Rows>(a, a_step, b, rank, i, take, sums);
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++)
        put(y + r * columns + i, v,
            multiply_add(sums[r][v], splat(scale), splat(unit)) * take(weight + r * weight_step + i, v));
  });
}

/** Rounded to bf16, in the lower halves. */
COTO_INLINE Int to_bfloat16(Vec value) {
  const Unsigned bits = (Unsigned)value;
  const Unsigned rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return select(not_a_number(value), (Int)((bits >> 16) | 0x40u), (Int)rounded);
}
/** Two numbers in bf16 side by side, the first one below. */
COTO_INLINE Vec pair_of(Vec first, Vec second) { return as_float(to_bfloat16(first) | (to_bfloat16(second) << 16)); }

/** The weight and its factors, and what is made of them: w ∘ (unit + scale · b·a). */
struct Changed {
  const float* weight;
  int64_t weight_step;
  const float* a;
  int64_t a_step;
  const float* b;
  int64_t rank;
  float scale, unit;

  /** `count` (4 at most) rows from `row` on at the columns from i on; zeros for what is beyond. */
  template <typename Load>
  COTO_INLINE void rows_at(int64_t row, int64_t count, int64_t i, Load take, Vec (&values)[4][kVectors]) const {
    if (count == 4) return some<4>(row, i, take, values);
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
      Vec one[1][kVectors] = {};
      if (r < count) some<1>(row + r, i, take, one);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) values[r][v] = one[0][v];
    }
  }

  template <int Rows, typename Load>
  COTO_INLINE void some(int64_t row, int64_t i, Load take, Vec (&values)[Rows][kVectors]) const {
    Vec sums[Rows][kVectors] = {};
    multiply_factors<Rows>(a, a_step, b + row * rank, rank, i, take, sums);
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++)
        values[r][v] =
            multiply_add(sums[r][v], splat(scale), splat(unit)) * take(weight + (row + r) * weight_step + i, v);
  }
};

/** Rows of the changed weight are the panel's rows. */
template <bool Pairs>
COTO_INLINE void pack_rows(const Changed& w, float* to, int64_t depth, int64_t columns) {
  for (int64_t row = 0; row < depth; row += 4)
    each_step(columns, [&](int64_t i, auto take, auto put) COTO_LAMBDA {
      const int64_t count = min(4, depth - row);
      Vec values[4][kVectors];
      w.rows_at(row, count, i, take, values);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) {
        if constexpr (Pairs) {
          put(to + row / 2 * kPanelOutputs + i, v, pair_of(values[0][v], values[1][v]));
          if (count > 2) put(to + (row / 2 + 1) * kPanelOutputs + i, v, pair_of(values[2][v], values[3][v]));
        } else {
          for (int r = 0; r < count; r++) put(to + (row + r) * kPanelOutputs + i, v, values[r][v]);
        }
      }
    });
}

template <int... Lane>
COTO_INLINE Vec even_lanes(Vec a, Vec b, std::integer_sequence<int, Lane...>) {
  return shuffle<2 * Lane...>(a, b);
}
template <int... Lane>
COTO_INLINE Vec odd_lanes(Vec a, Vec b, std::integer_sequence<int, Lane...>) {
  return shuffle<2 * Lane + 1 ...>(a, b);
}

/** Rows of the changed weight are the panel's columns: squares of them are transposed in registers. */
template <bool Pairs>
COTO_INLINE void pack_columns(const Changed& w, float* to, int64_t depth, int64_t columns) {
  constexpr auto lanes = std::make_integer_sequence<int, kLanes>{};
  for (int64_t column = 0; column < columns; column += kLanes)
    each_step(depth, [&](int64_t i, auto take, auto) COTO_LAMBDA {
      Vec squares[kVectors][kLanes];
      for (int64_t r = 0; r < kLanes; r += 4) {
        Vec values[4][kVectors];
        w.rows_at(column + r, max(0, min(4, columns - column - r)), i, take, values);
#pragma GCC unroll 4
        for (int s = 0; s < 4; s++)
#pragma GCC unroll 2
          for (int v = 0; v < kVectors; v++) squares[v][r + s] = values[s][v];
      }
      if constexpr (Pairs) {
        Vec pairs[kLanes];
        for (int r = 0; r < kLanes; r++)
          pairs[r] =
              pair_of(even_lanes(squares[0][r], squares[1][r], lanes), odd_lanes(squares[0][r], squares[1][r], lanes));
        transpose_square(pairs);
        const int64_t count = min(kLanes, ceiling_division(depth - i, 2));
        for (int64_t k = 0; k < count; k++) store(to + (i / 2 + k) * kPanelOutputs + column, pairs[k]);
      } else {
        for (int v = 0; v < kVectors; v++) {
          transpose_square(squares[v]);
          const int64_t count = max(0, min(kLanes, depth - i - v * kLanes));
          for (int64_t k = 0; k < count; k++) store(to + (i + v * kLanes + k) * kPanelOutputs + column, squares[v][k]);
        }
      }
    });
}

}  // namespace

void hira_pack(const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, void* to,
               int64_t depth, int64_t padded, int64_t columns, int64_t rank, float scale, float unit, bool transposed,
               bool pairs) {
  const Changed changed{weight, weight_step, a, a_step, b, rank, scale, unit};
  auto* const panel = static_cast<float*>(to);
  if (columns < kPanelOutputs || depth < padded)
    std::memset(to, 0, static_cast<size_t>(padded * kPanelOutputs) * (pairs ? 2 : 4));
  if (transposed)
    return pairs ? pack_columns<true>(changed, panel, depth, columns)
                 : pack_columns<false>(changed, panel, depth, columns);
  if (pairs) pack_rows<true>(changed, panel, depth, columns);
  else pack_rows<false>(changed, panel, depth, columns);
}

void hira_panel(const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, float* y,
                int64_t rows, int64_t columns, int64_t rank, float scale, float unit) {
  constexpr int kPanelRows = 4;
  int64_t r = 0;
  for (; r + kPanelRows <= rows; r += kPanelRows)
    panel_rows<kPanelRows>(weight + r * weight_step, weight_step, a, a_step, b + r * rank, rank, y + r * columns,
                           columns, scale, unit);
  for (; r < rows; r++)
    panel_rows<1>(weight + r * weight_step, weight_step, a, a_step, b + r * rank, rank, y + r * columns, columns, scale,
                  unit);
}

void hira_tile_gradient(float* g, const float* weight, int64_t weight_step, const float* a, float* da, int64_t a_step,
                        const float* b, float* db, int64_t rows, int64_t columns, int64_t rank, float scale) {
  for (int64_t r = 0; r < rows; r++)
    map_range(g + r * columns, weight + r * weight_step, g + r * columns, 0, columns,
              [](Vec value, Vec factor) COTO_LAMBDA { return value * factor; });
  multiply_by_transposed(g, a, a_step, rank, db, rows, columns, scale);
  add_transposed_product(b, rank, g, da, a_step, rows, columns, scale);
}

}  // namespace COTO_ISA
}  // namespace coto
