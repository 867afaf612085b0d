// LoRA's narrow products (Hu et al. 2021), and all of its gradients but the input's in one pass over the rows.
#include "../scratch.h"
#include "declarations.generated.h"
#include "low_rank.h"

namespace coto {
namespace COTO_ISA {
namespace {

using namespace low_rank;

/** Rows whose values stay in the first caches from one product to the next. */
constexpr int64_t kBlock = 32;
/** Sums of rows that are kept apart, at most, and rows of each, at least: a function of the shapes alone. */
constexpr int64_t kMaxGroups = 16;
constexpr int64_t kMinGroupRows = 64;

/** dh = dy ∘ row_scale for the rows of a block, and adds those of dy ∘ h to sums [width]. */
COTO_INLINE void scale_block(const float* dy, const float* h, const float* row_scale, float* dh, float* sums,
                             int64_t rows, int64_t width) {
  each_step(width, [&](int64_t i, auto take, auto put) COTO_LAMBDA {
    Vec added[kVectors], scale[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) {
      added[v] = take(sums + i, v);
      scale[v] = take(row_scale + i, v);
    }
    for (int64_t r = 0; r < rows; r++)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) {
        const Vec d = take(dy + r * width + i, v);
        added[v] = multiply_add(d, take(h + r * width + i, v), added[v]);
        put(dh + r * width + i, v, d * scale[v]);
      }
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) put(sums + i, v, added[v]);
  });
}

/** Adds parts [count, size] in their order, into the first. */
void add_up(float* parts, int64_t count, int64_t size) {
  for (int64_t part = 1; part < count; part++)
    map_range(parts, parts + part * size, parts, 0, size, [](Vec sum, Vec value) COTO_LAMBDA { return sum + value; });
}

}  // namespace

void low_rank_product(const float* x, const float* a, float* y, int64_t rows, int64_t inputs, int64_t rank) {
  const int64_t blocks = ceiling_division(rows, kBlock);
  parallel_for(blocks, 1, [=](int64_t begin, int64_t end) {
    const int64_t first = begin * kBlock, beyond = min(rows, end * kBlock);
    multiply_by_transposed(x + first * inputs, a, inputs, rank, y + first * rank, beyond - first, inputs, 1);
  });
}

void lora_gradient(const LoraGradient& p) {
  const auto [dy, x, z, b, dz, da, db, rows, outputs, inputs, rank, scale, h, row_scale, inverse, dh, magnitude] = p;
  const bool is_scaled = h != nullptr;
  const int64_t group_rows = round_up(max(kMinGroupRows, ceiling_division(rows, kMaxGroups)), kBlock);
  const int64_t groups = max(1, ceiling_division(rows, group_rows));
  // Bᵀ [rank, outputs]; then of every group its sums of da [rank, inputs], of dbᵀ [rank, outputs] and of dy ∘ h.
  const int64_t of_a = rank * inputs, of_b = rank * outputs;
  float* const up = scratch(of_b + groups * (of_a + of_b + outputs));
  float* const sums_a = up + of_b;
  float* const sums_b = sums_a + groups * of_a;
  float* const sums_m = sums_b + groups * of_b;
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t k = 0; k < rank; k++) up[k * outputs + o] = b[o * rank + k];
  std::memset(sums_a, 0, static_cast<size_t>(groups * (of_a + of_b + outputs)) * sizeof(float));
  parallel_for(groups, 1, [=](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++)
      for (int64_t r = group * group_rows; r < min(rows, (group + 1) * group_rows); r += kBlock) {
        const int64_t count = min(kBlock, rows - r);
        const float* d = dy + r * outputs;
        if (is_scaled) {
          scale_block(d, h + r * outputs, row_scale, dh + r * outputs, sums_m + group * outputs, count, outputs);
          d = dh + r * outputs;
        }
        float* const inner = dz + r * rank;
        multiply_by_transposed(d, up, outputs, rank, inner, count, outputs, scale);
        add_transposed_product(inner, rank, x + r * inputs, sums_a + group * of_a, inputs, count, inputs, 1);
        add_transposed_product(z + r * rank, rank, d, sums_b + group * of_b, outputs, count, outputs, scale);
      }
  });
  add_up(sums_a, groups, of_a);
  add_up(sums_b, groups, of_b);
  std::memcpy(da, sums_a, static_cast<size_t>(of_a) * sizeof(float));
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t k = 0; k < rank; k++) db[o * rank + k] = sums_b[k * outputs + o];
  if (!is_scaled) return;
  add_up(sums_m, groups, outputs);
  map_range(sums_m, inverse, magnitude, 0, outputs, [](Vec sum, Vec factor) COTO_LAMBDA { return sum * factor; });
}

}  // namespace COTO_ISA
}  // namespace coto
