// HiRA (Huang et al. 2025): panels of the weight that low-rank factors multiply, and the gradients of the factors by
// tiles of the weight's own gradient.
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

}  // namespace

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
