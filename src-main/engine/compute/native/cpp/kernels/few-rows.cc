// Products of few rows, as in writing a text token by token: every weight is read once for all of them, and nothing is kept
// from one product to the next, so that they run as fast as memory gives the weights.
#include "../threads.h"
#include "families.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Numbers of the weight in a piece of work: 128 KiB. */
constexpr int64_t kPieceWeights = 32768;
/** Outputs that share the loads of x. */
constexpr int kOutputs = 4;

// Dot products of x with `kOutputs` rows of the weight, `stride` apart.
COTO_INLINE void dots(const float *x, const float *weight, int64_t stride, int64_t width, float *out) {
  Vec sums[kOutputs][2] = {};
  int64_t i = 0;
  for (; i + 2 * kLanes <= width; i += 2 * kLanes) {
    Vec const first = load(x + i), second = load(x + i + kLanes);
#pragma GCC unroll 4
    for (int o = 0; o < kOutputs; o++) {
      sums[o][0] = multiply_add(first, load(weight + o * stride + i), sums[o][0]);
      sums[o][1] = multiply_add(second, load(weight + o * stride + i + kLanes), sums[o][1]);
    }
  }
  for (; i < width; i += kLanes) {
    int64_t const left = width - i < kLanes ? width - i : kLanes;
    Vec const last = load_partial(x + i, left);
#pragma GCC unroll 4
    for (int o = 0; o < kOutputs; o++)
      sums[o][0] = multiply_add(last, load_partial(weight + o * stride + i, left), sums[o][0]);
  }
#pragma GCC unroll 4
  for (int o = 0; o < kOutputs; o++) out[o] = sum_of_lanes(sums[o][0] + sums[o][1]);
}

// What the last outputs of a matrix are where they do not fill a group: the same rows, the last one repeated.
COTO_INLINE void dots_of_group(const float *x, const float *weight, int64_t width, int64_t outputs, float *out) {
  if (outputs >= kOutputs) {
    dots(x, weight, width, width, out);
    return;
  }
  for (int64_t o = 0; o < outputs; o++) {
    float same[kOutputs];
    dots(x, weight + o * width, 0, width, same);
    out[o] = same[0];
  }
}

void few_rows_product(const FewRowsProduct &p) {
  int64_t const groups = (p.outputs + kOutputs - 1) / kOutputs;
  int64_t const widest = p.inputs + p.inputs2;
  int64_t const grain = 1 + kPieceWeights / (kOutputs * (widest < 1 ? 1 : widest));
  parallel_for(groups, grain, [&p](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++) {
      int64_t const first = group * kOutputs;
      int64_t const outputs = p.outputs - first < kOutputs ? p.outputs - first : kOutputs;
      for (int64_t row = 0; row < p.rows; row++) {
        float main[kOutputs], second[kOutputs];
        dots_of_group(p.x + row * p.inputs, p.weight + first * p.inputs, p.inputs, outputs, main);
        if (p.inputs2 > 0)
          dots_of_group(p.x2 + row * p.inputs2, p.weight2 + first * p.inputs2, p.inputs2, outputs, second);
        for (int64_t o = 0; o < outputs; o++) {
          int64_t const at = row * p.outputs + first + o;
          float sum = main[o] * p.scale;
          if (p.inputs2 > 0) sum += second[o] * p.scale2;
          if (p.bias != nullptr) sum += p.bias[first + o];
          if (p.plus != nullptr) sum += p.plus[at];
          p.y[at] = p.times == nullptr ? sum : sum * p.times[at];
        }
      }
    }
  });
}

}  // namespace

void add_few_rows(Kernels &table) { table.few_rows_product = few_rows_product; }

}  // namespace COTO_ISA
}  // namespace coto
