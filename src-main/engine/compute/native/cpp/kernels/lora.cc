// LoRA's narrow products (Hu et al. 2021), and all of its gradients but the input's in one pass over the rows.
#include "../scratch.h"
#include "declarations.generated.h"
#include "low_rank.h"
#include "low_rank_pairs.h"

namespace coto {
namespace COTO_ISA {
namespace {

using namespace low_rank;

/** Rows whose values stay in the first caches from one product to the next. */
constexpr int64_t kBlock = 32;
/** Sums of rows that are kept apart, at most, and rows of each, at least: a function of the shapes alone. */
constexpr int64_t kMaxGroups = 16;
constexpr int64_t kMinGroupRows = 64;

/** Chunk of the inputs for which a gradient of the weight is summed in registers' reach. */
constexpr int64_t kChunk = 256;
/** Row scales below it lose too much of h in the output: there the sums of dy ∘ h are made of x and the weight. */
constexpr float kSmallScale = 1.0f / 64;

int64_t rows_of_group(int64_t rows) { return round_up(max(kMinGroupRows, ceiling_division(rows, kMaxGroups)), kBlock); }

/** Adds dy ∘ (product − bias) of the rows of a block to sums [width]; bias may be null. */
COTO_INLINE void add_products(const float* dy, const float* product, const float* bias, float* sums, int64_t rows,
                              int64_t width) {
  each_step(width, [&](int64_t i, auto take, auto put) COTO_LAMBDA {
    Vec added[kVectors], shift[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) {
      added[v] = take(sums + i, v);
      shift[v] = bias == nullptr ? Vec{} : take(bias + i, v);
    }
    for (int64_t r = 0; r < rows; r++)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++)
        added[v] = multiply_add(take(dy + r * width + i, v), take(product + r * width + i, v) - shift[v], added[v]);
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) put(sums + i, v, added[v]);
  });
}

/** The sum over the rows of dy ∘ h for one output, of x and its row of weight + scale · b·a. */
float exact_sum(const LoraGradient& p, int64_t output) {
  float total = 0;
  for (int64_t first = 0; first < p.inputs; first += kChunk) {
    const int64_t count = min(kChunk, p.inputs - first);
    float sums[kChunk] = {};
    for (int64_t r = 0; r < p.rows; r++) {
      const float d = p.dy[r * p.outputs + output];
      for (int64_t i = 0; i < count; i++) sums[i] += d * p.x[r * p.inputs + first + i];
    }
    for (int64_t i = 0; i < count; i++) {
      float changed = 0;
      for (int64_t k = 0; k < p.rank; k++) changed += p.b[output * p.rank + k] * p.a[k * p.inputs + first + i];
      total += sums[i] * (p.weight[output * p.inputs + first + i] + p.scale * changed);
    }
  }
  return total;
}

/** Adds parts [count, size] in their order, into the first. */
void add_up(float* parts, int64_t count, int64_t size) {
  for (int64_t part = 1; part < count; part++)
    map_range(parts, parts + part * size, parts, 0, size, [](Vec sum, Vec value) COTO_LAMBDA { return sum + value; });
}

}  // namespace

void low_rank_product(const float* x, const float* a, float* y, int64_t rows, int64_t inputs, int64_t rank,
                      [[maybe_unused]] bool bfloat16) {
  const int64_t blocks = ceiling_division(rows, kBlock);
#if defined(__AVX512BF16__)
  if (bfloat16) {
    auto* const factor = reinterpret_cast<Pair*>(scratch(depth_of<Pair>(inputs) * round_up(rank, kLanes)));
    pack_transposed(Head{a, inputs}, rank, inputs, 1, factor);
    parallel_for(blocks, 1, [=](int64_t begin, int64_t end) {
      const int64_t first = begin * kBlock, beyond = min(rows, end * kBlock);
      multiply_by_pairs(x + first * inputs, inputs, factor, 1, y + first * rank, beyond - first, rank);
    });
    return;
  }
#endif
  parallel_for(blocks, 1, [=](int64_t begin, int64_t end) {
    const int64_t first = begin * kBlock, beyond = min(rows, end * kBlock);
    multiply_by_transposed(x + first * inputs, a, inputs, rank, y + first * rank, beyond - first, inputs, 1);
  });
}

#if defined(__AVX512BF16__)
namespace {

// LoRA's alone: DoRA's sums of dy ∘ h are of float32.
void gradient_of_pairs(const LoraGradient& p) {
  const int64_t rows = p.rows, outputs = p.outputs, inputs = p.inputs, rank = p.rank;
  const int64_t group_rows = rows_of_group(rows), groups = max(1, ceiling_division(rows, group_rows));
  const int64_t of_a = rank * inputs, of_b = rank * outputs;
  const int64_t step = round_up(rank, kLanes), of_block = depth_of<Pair>(kBlock) * step;
  auto* const up = reinterpret_cast<Pair*>(scratch(depth_of<Pair>(outputs) * step + groups * (of_block + of_a + of_b)));
  Pair* const blocks = up + depth_of<Pair>(outputs) * step;
  auto* const sums_a = reinterpret_cast<float*>(blocks + groups * of_block);
  float* const sums_b = sums_a + groups * of_a;
  pack(Head{p.b, rank}, outputs, rank, up);
  if (rows == 0) std::memset(sums_a, 0, static_cast<size_t>(of_a + of_b) * sizeof(float));
  parallel_for(rows == 0 ? 0 : groups, 1, [=, &p](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++) {
      const int64_t from = group * group_rows;
      Pair* const inner = blocks + group * of_block;
      for (int64_t r = from; r < min(rows, from + group_rows); r += kBlock) {
        const int64_t count = min(kBlock, rows - r);
        const float* const dy = p.dy + r * outputs;
        multiply_by_pairs(dy, outputs, up, p.scale, p.dz + r * rank, count, rank);
        pack(Head{p.z + r * rank, rank}, count, rank, inner);
        add_transposed_pairs(inner, rank, dy, sums_b + group * of_b, count, outputs, r == from);
        pack(Head{p.dz + r * rank, rank}, count, rank, inner);
        add_transposed_pairs(inner, rank, p.x + r * inputs, sums_a + group * of_a, count, inputs, r == from);
      }
    }
  });
  add_up(sums_a, groups, of_a);
  add_up(sums_b, groups, of_b);
  std::memcpy(p.da, sums_a, static_cast<size_t>(of_a) * sizeof(float));
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t k = 0; k < rank; k++) p.db[o * rank + k] = p.scale * sums_b[k * outputs + o];
}

}  // namespace
#endif

void lora_gradient(const LoraGradient& p) {
#if defined(__AVX512BF16__)
  if (p.bfloat16 && p.row_scale == nullptr) return gradient_of_pairs(p);
#endif
  const int64_t rows = p.rows, outputs = p.outputs, inputs = p.inputs, rank = p.rank;
  const bool is_scaled = p.row_scale != nullptr;
  const int64_t group_rows = rows_of_group(rows);
  const int64_t groups = max(1, ceiling_division(rows, group_rows));
  // Bᵀ [rank, outputs], with a row scale in it, so that dh is nowhere needed. Per group: sums of da [rank, inputs], of
  // zᵀ·dy [rank, outputs] and of dy ∘ h.
  const int64_t of_a = rank * inputs, of_b = rank * outputs;
  float* const up = scratch(of_b + groups * (of_a + of_b + outputs));
  float* const sums_a = up + of_b;
  float* const sums_b = sums_a + groups * of_a;
  float* const sums_m = sums_b + groups * of_b;
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t k = 0; k < rank; k++) up[k * outputs + o] = p.b[o * rank + k] * (is_scaled ? p.row_scale[o] : 1);
  std::memset(sums_a, 0, static_cast<size_t>(groups * (of_a + of_b + outputs)) * sizeof(float));
  parallel_for(groups, 1, [=, &p](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++)
      for (int64_t r = group * group_rows; r < min(rows, (group + 1) * group_rows); r += kBlock) {
        const int64_t count = min(kBlock, rows - r);
        const float* const d = p.dy + r * outputs;
        if (is_scaled)
          add_products(d, p.product + r * outputs, p.from_output ? p.bias : nullptr, sums_m + group * outputs, count,
                       outputs);
        float* const inner = p.dz + r * rank;
        multiply_by_transposed(d, up, outputs, rank, inner, count, outputs, p.scale);
        add_transposed_product(inner, rank, p.x + r * inputs, sums_a + group * of_a, inputs, count, inputs, 1);
        add_transposed_product(p.z + r * rank, rank, d, sums_b + group * of_b, outputs, count, outputs, p.scale);
      }
  });
  add_up(sums_a, groups, of_a);
  add_up(sums_b, groups, of_b);
  std::memcpy(p.da, sums_a, static_cast<size_t>(of_a) * sizeof(float));
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t k = 0; k < rank; k++) p.db[o * rank + k] = sums_b[k * outputs + o] * (is_scaled ? p.row_scale[o] : 1);
  if (!is_scaled) return;
  add_up(sums_m, groups, outputs);
  parallel_for(outputs, kGrain, [=, &p](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      const float scale = p.row_scale[o];
      const bool is_small = scale < kSmallScale && scale > -kSmallScale;
      const float sum = !p.from_output ? sums_m[o] : is_small ? exact_sum(p, o) : sums_m[o] / scale;
      p.magnitude[o] = p.inverse[o] * sum;
    }
  });
}

}  // namespace COTO_ISA
}  // namespace coto
