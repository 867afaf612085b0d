// Products of few rows, as in generating text token by token: every weight is read once for all rows, so that they run
// at the bandwidth of the memory.
#include "../threads.h"
#include "declarations.generated.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Numbers of the weight in a task: 128 KiB. */
constexpr int64_t kWeightsPerTask = 32768;
/** Outputs that share the loads of x. */
constexpr int kOutputs = 4;

// Dot products of x with `kOutputs` rows of the weight, `stride` apart.
COTO_INLINE void dots(const float* x, const float* weight, int64_t stride, int64_t width, float* out) {
  Vec sums[kOutputs][2] = {};
  int64_t i = 0;
  for (; i + 2 * kLanes <= width; i += 2 * kLanes) {
    const Vec first = load(x + i), second = load(x + i + kLanes);
#pragma GCC unroll 4
    for (int o = 0; o < kOutputs; o++) {
      sums[o][0] = multiply_add(first, load(weight + o * stride + i), sums[o][0]);
      sums[o][1] = multiply_add(second, load(weight + o * stride + i + kLanes), sums[o][1]);
    }
  }
  for (; i < width; i += kLanes) {
    const int64_t left = width - i < kLanes ? width - i : kLanes;
    const Vec last = load_partial(x + i, left);
#pragma GCC unroll 4
    for (int o = 0; o < kOutputs; o++)
      sums[o][0] = multiply_add(last, load_partial(weight + o * stride + i, left), sums[o][0]);
  }
#pragma GCC unroll 4
  for (int o = 0; o < kOutputs; o++) out[o] = sum_of_lanes(sums[o][0] + sums[o][1]);
}

// Computes a group of outputs; where the last ones do not fill it, one by one.
COTO_INLINE void dots_of_group(const float* x, const float* weight, int64_t width, int64_t outputs, float* out) {
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

// Applies scales, second product, bias, addend and multiplier to one output of one row.
COTO_INLINE float finished(const SkinnyGemm& p, int64_t row, int64_t output, float main, float second) {
  const int64_t at = row * p.outputs + output;
  float sum = main * p.scale;
  if (p.inputs2 > 0) sum += second * p.scale2;
  if (p.bias != nullptr) sum += p.bias[output];
  if (p.addend != nullptr) sum += p.addend[at];
  return p.multiplier == nullptr ? sum : sum * p.multiplier[at];
}

// Finishes the group of outputs from `first` on, of one row; `main` holds the products with the weight.
COTO_INLINE void finish_group(const SkinnyGemm& p, int64_t row, int64_t first, const float* main) {
  const int64_t outputs = min(p.outputs - first, kOutputs);
  float second[kOutputs] = {};
  if (p.inputs2 > 0) dots_of_group(p.x2 + row * p.inputs2, p.weight2 + first * p.inputs2, p.inputs2, outputs, second);
  for (int64_t o = 0; o < outputs; o++)
    p.y[row * p.outputs + first + o] = finished(p, row, first + o, main[o], second[o]);
}

// Multiplies x by the outputs of a panel.
COTO_INLINE void panel_dots(const float* x, const uint16_t* panel, int64_t width, float* out) {
  constexpr int kVectors = 4;
  const auto* const all = reinterpret_cast<const int32_t*>(panel);
  for (int64_t at = 0; at < kPanelOutputs; at += kVectors * kLanes) {
    Vec even[kVectors] = {}, odd[kVectors] = {};
    for (int64_t i = 0; i < width; i += 2) {
      const int32_t* const pairs = all + i / 2 * kPanelOutputs + at;
      // Beyond an odd width the panel holds zeros, but x may hold anything.
      const Vec first = splat(x[i]), second = splat(i + 1 < width ? x[i + 1] : 0.0f);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) {
        const Int both = load(pairs + v * kLanes);
        even[v] = multiply_add(first, as_float(both << 16), even[v]);
        odd[v] = multiply_add(second, as_float(both & static_cast<int32_t>(0xffff0000)), odd[v]);
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) store(out + at + v * kLanes, even[v] + odd[v]);
  }
}

void panel_gemm(const SkinnyGemm& p) {
  const int64_t panels = ceiling_division(p.outputs, kPanelOutputs);
  const int64_t grain = 1 + kWeightsPerTask / (kPanelOutputs * (p.inputs < 1 ? 1 : p.inputs));
  parallel_for(panels, grain, [&p](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; panel++)
      for (int64_t row = 0; row < p.rows; row++) {
        float main[kPanelOutputs];
        panel_dots(p.x + row * p.inputs, p.panels.first + panel * p.panels.stride, p.inputs, main);
        const int64_t first = panel * kPanelOutputs, beyond = min(p.outputs, first + kPanelOutputs);
        for (int64_t o = first; o < beyond; o += kOutputs) finish_group(p, row, o, main + (o - first));
      }
  });
}

}  // namespace

void skinny_gemm(const SkinnyGemm& p) {
  if (p.panels.first != nullptr) {
    panel_gemm(p);
    return;
  }
  const int64_t groups = ceiling_division(p.outputs, kOutputs);
  const int64_t widest = p.inputs + p.inputs2;
  const int64_t grain = 1 + kWeightsPerTask / (kOutputs * (widest < 1 ? 1 : widest));
  parallel_for(groups, grain, [&p](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++) {
      const int64_t first = group * kOutputs;
      for (int64_t row = 0; row < p.rows; row++) {
        float main[kOutputs];
        dots_of_group(p.x + row * p.inputs, p.weight + first * p.inputs, p.inputs, p.outputs - first, main);
        finish_group(p, row, first, main);
      }
    }
  });
}

}  // namespace COTO_ISA
}  // namespace coto
