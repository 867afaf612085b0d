// HiRA (Huang et al. 2025): panels of the weight that low-rank factors multiply, and the gradients of the factors by
// tiles of the weight's own gradient.
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Rows that share the loads of a, and vectors of each. */
constexpr int kRows = 4;
constexpr int kVectors = 2;

struct Factors {
  const float *a, *b;
  int64_t a_step, rank;
};

// b·a of `Rows` rows of b at the columns from i on.
template <int Rows, typename Load>
COTO_INLINE void product(const Factors& f, const float* b, int64_t i, Load take, Vec (&sums)[Rows][kVectors]) {
  for (int64_t k = 0; k < f.rank; k++) {
    Vec along[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) along[v] = take(f.a + k * f.a_step + i, v);
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++) {
      const Vec factor = splat(b[r * f.rank + k]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) sums[r][v] = multiply_add(along[v], factor, sums[r][v]);
    }
  }
}

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

template <int Rows>
COTO_INLINE void panel_rows(const Factors& f, const float* weight, int64_t weight_step, const float* b, float* y,
                            int64_t columns, float scale, float unit) {
  each_step(columns, [&](int64_t i, auto take, auto put) COTO_LAMBDA {
    Vec sums[Rows][kVectors] = {};
    product<Rows>(f, b, i, take, sums);
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++)
        put(y + r * columns + i, v,
            multiply_add(sums[r][v], splat(scale), splat(unit)) * take(weight + r * weight_step + i, v));
  });
}

// db = scale · g·aᵀ of `Rows` rows of g, `Ranks` of a's rows at a time.
template <int Rows, int Ranks>
COTO_INLINE void dots(const Factors& f, const float* g, float* db, int64_t columns, int64_t first, float scale) {
  Vec sums[Rows][Ranks] = {};
  each_vector(columns, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
    Vec along[Ranks];
#pragma GCC unroll 4
    for (int k = 0; k < Ranks; k++) along[k] = load_lanes(f.a + (first + k) * f.a_step + i, lanes);
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++) {
      const Vec value = load_lanes(g + r * columns + i, lanes);
#pragma GCC unroll 4
      for (int k = 0; k < Ranks; k++) sums[r][k] = multiply_add(value, along[k], sums[r][k]);
    }
  });
#pragma GCC unroll 4
  for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
    for (int k = 0; k < Ranks; k++) db[r * f.rank + first + k] = scale * sum_of_lanes(sums[r][k]);
}

template <int Rows>
COTO_INLINE void rows_of_db(const Factors& f, const float* g, float* db, int64_t columns, float scale) {
  int64_t k = 0;
  for (; k + 4 <= f.rank; k += 4) dots<Rows, 4>(f, g, db, columns, k, scale);
  for (; k < f.rank; k++) dots<Rows, 1>(f, g, db, columns, k, scale);
}

// Adds scale · bᵀ·g to `Ranks` rows of da.
template <int Ranks>
COTO_INLINE void add_da(const Factors& f, const float* g, float* da, int64_t rows, int64_t columns, int64_t first,
                        float scale) {
  each_step(columns, [&](int64_t i, auto take, auto put) COTO_LAMBDA {
    Vec sums[Ranks][kVectors] = {};
    for (int64_t r = 0; r < rows; r++) {
      Vec values[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) values[v] = take(g + r * columns + i, v);
#pragma GCC unroll 4
      for (int k = 0; k < Ranks; k++) {
        const Vec factor = splat(f.b[r * f.rank + first + k]);
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; v++) sums[k][v] = multiply_add(values[v], factor, sums[k][v]);
      }
    }
#pragma GCC unroll 4
    for (int k = 0; k < Ranks; k++)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) {
        float* const to = da + (first + k) * f.a_step + i;
        put(to, v, multiply_add(sums[k][v], splat(scale), take(to, v)));
      }
  });
}

}  // namespace

void hira_panel(const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, float* y,
                int64_t rows, int64_t columns, int64_t rank, float scale, float unit) {
  const Factors f{a, b, a_step, rank};
  int64_t r = 0;
  for (; r + kRows <= rows; r += kRows)
    panel_rows<kRows>(f, weight + r * weight_step, weight_step, b + r * rank, y + r * columns, columns, scale, unit);
  for (; r < rows; r++)
    panel_rows<1>(f, weight + r * weight_step, weight_step, b + r * rank, y + r * columns, columns, scale, unit);
}

void hira_tile_gradient(float* g, const float* weight, int64_t weight_step, const float* a, float* da, int64_t a_step,
                        const float* b, float* db, int64_t rows, int64_t columns, int64_t rank, float scale) {
  const Factors f{a, b, a_step, rank};
  for (int64_t r = 0; r < rows; r++)
    map_range(g + r * columns, weight + r * weight_step, g + r * columns, 0, columns,
              [](Vec value, Vec factor) COTO_LAMBDA { return value * factor; });
  int64_t r = 0;
  for (; r + kRows <= rows; r += kRows) rows_of_db<kRows>(f, g + r * columns, db + r * rank, columns, scale);
  for (; r < rows; r++) rows_of_db<1>(f, g + r * columns, db + r * rank, columns, scale);
  int64_t k = 0;
  for (; k + 4 <= rank; k += 4) add_da<4>(f, g, da, rows, columns, k, scale);
  for (; k < rank; k++) add_da<1>(f, g, da, rows, columns, k, scale);
}

}  // namespace COTO_ISA
}  // namespace coto
