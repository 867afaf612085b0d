// Products of few rows, as in generating text token by token: every weight is read once for all rows, so that they run
// at the bandwidth of the memory.
#include "../threads.h"
#include "declarations.generated.h"
#include "row_blocks.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Numbers of the weight in a task: 128 KiB. */
constexpr int64_t kWeightsPerTask = 32768;
/** Outputs that share the loads of x. */
constexpr int kOutputs = 4;

// Brings the weight into the second cache ahead of its use, in the order of memory: of several short rows that are read
// together the processor foresees little.
COTO_INLINE void prefetch(const float* from, int64_t count) {
  for (int64_t i = 0; i < count; i += 16) __builtin_prefetch(from + i, 0, 2);
}

// Dot products of `Rows` rows of x with `Outputs` rows of the weight, `stride` apart: out [Rows, kOutputs]. A row's
// sums are the same bits at any number of rows. With `Ahead` as much of the weight from `ahead` on comes into the
// cache.
template <int Rows, int Outputs, bool Ahead = false>
COTO_INLINE void dots(const float* x, const float* weight, int64_t stride, int64_t width, float* out,
                      const float* ahead = nullptr) {
  Vec sums[Rows][Outputs][2] = {};
  int64_t i = 0;
  for (; i + 2 * kLanes <= width; i += 2 * kLanes) {
    if constexpr (Ahead) prefetch(ahead + i * Outputs, 2 * kLanes * Outputs);
    Vec first[Outputs], second[Outputs];
#pragma GCC unroll 4
    for (int o = 0; o < Outputs; o++) {
      first[o] = load(weight + o * stride + i);
      second[o] = load(weight + o * stride + i + kLanes);
    }
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++) {
      const Vec even = load(x + r * width + i), odd = load(x + r * width + i + kLanes);
#pragma GCC unroll 4
      for (int o = 0; o < Outputs; o++) {
        sums[r][o][0] = multiply_add(even, first[o], sums[r][o][0]);
        sums[r][o][1] = multiply_add(odd, second[o], sums[r][o][1]);
      }
    }
  }
  for (; i < width; i += kLanes) {
    const int64_t left = width - i < kLanes ? width - i : kLanes;
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++) {
      const Vec last = load_partial(x + r * width + i, left);
#pragma GCC unroll 4
      for (int o = 0; o < Outputs; o++)
        sums[r][o][0] = multiply_add(last, load_partial(weight + o * stride + i, left), sums[r][o][0]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
    for (int o = 0; o < Outputs; o++) out[r * kOutputs + o] = sum_of_lanes(sums[r][o][0] + sums[r][o][1]);
}

// Computes a group of outputs of one row; where the last ones do not fill it, one by one.
template <bool Ahead = false>
COTO_INLINE void dots_of_group(const float* x, const float* weight, int64_t width, int64_t outputs, float* out) {
  if (outputs >= kOutputs) {
    dots<1, kOutputs, Ahead>(x, weight, width, width, out, weight + kOutputs * width);
    return;
  }
  for (int64_t o = 0; o < outputs; o++) {
    float same[kOutputs];
    dots<1, kOutputs>(x, weight + o * width, 0, width, same);
    out[o] = same[0];
  }
}

// Computes a whole group of outputs of `Rows` rows.
template <int Rows, bool Ahead>
COTO_INLINE void dots_of_rows(const float* x, const float* weight, int64_t width, float* out) {
  // So many that their sums stay in registers.
  constexpr int kAtOnce = Rows * kOutputs * 4 <= kRegisters ? kOutputs : kOutputs / 2;
  for (int o = 0; o < kOutputs; o += kAtOnce) {
    const float* const own = weight + o * width;
    dots<Rows, kAtOnce, Ahead>(x, own, width, width, out + o, own + kOutputs * width);
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

// Products of the group of outputs from `first` on.
template <bool Ahead, int Rows>
COTO_INLINE void multiply_group(const SkinnyGemm& p, int64_t row, int64_t first) {
  const int64_t outputs = p.outputs - first;
  const float* const weight = p.weight + first * p.inputs;
  const float* const x = p.x + row * p.inputs;
  float main[Rows * kOutputs];
  if (Rows > 1 && outputs >= kOutputs) dots_of_rows<Rows, Ahead>(x, weight, p.inputs, main);
  else
    for (int r = 0; r < Rows; r++)
      dots_of_group<Ahead>(x + r * p.inputs, weight, p.inputs, outputs, main + r * kOutputs);
  for (int r = 0; r < Rows; r++) finish_group(p, row + r, first, main + r * kOutputs);
}

// Multiplies `Rows` rows of x by the outputs of a panel: out [Rows, kPanelOutputs].
template <int Rows>
COTO_INLINE void panel_dots(const float* x, const uint16_t* panel, int64_t width, float* out) {
  // So many that their sums stay in registers.
  constexpr int kVectors = Rows == 1 || Rows * 16 <= kRegisters ? 4 : 2;
  const auto* const all = reinterpret_cast<const int32_t*>(panel);
  for (int64_t at = 0; at < kPanelOutputs; at += kVectors * kLanes) {
    Vec even[Rows][kVectors] = {}, odd[Rows][kVectors] = {};
    for (int64_t i = 0; i < width; i += 2) {
      const int32_t* const pairs = all + i / 2 * kPanelOutputs + at;
      Vec lower[kVectors], upper[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) {
        const Int both = load(pairs + v * kLanes);
        // The outputs that come later: the processor foresees the panel where it is read without gaps.
        if (at == 0 && kVectors * kLanes < kPanelOutputs) __builtin_prefetch(pairs + (kVectors + v) * kLanes, 0, 2);
        lower[v] = as_float(both << 16);
        upper[v] = as_float(both & static_cast<int32_t>(0xffff0000));
      }
#pragma GCC unroll 4
      for (int r = 0; r < Rows; r++) {
        // Beyond an odd width the panel holds zeros, but x may hold anything.
        const float* const own = x + r * width + i;
        const Vec first = splat(own[0]), second = splat(i + 1 < width ? own[1] : 0.0f);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; v++) {
          even[r][v] = multiply_add(first, lower[v], even[r][v]);
          odd[r][v] = multiply_add(second, upper[v], odd[r][v]);
        }
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) store(out + r * kPanelOutputs + at + v * kLanes, even[r][v] + odd[r][v]);
  }
}

void panel_gemm(const SkinnyGemm& p) {
  const int64_t panels = ceiling_division(p.outputs, kPanelOutputs);
  const int64_t grain = 1 + kWeightsPerTask / (kPanelOutputs * (p.inputs < 1 ? 1 : p.inputs));
  parallel_for(panels, grain, [&p](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; panel++)
      each_block_of_rows(p.rows, [&](int64_t row, auto rows) {
        float main[rows * kPanelOutputs];
        panel_dots<rows>(p.x + row * p.inputs, p.panels.first + panel * p.panels.stride, p.inputs, main);
        const int64_t first = panel * kPanelOutputs, beyond = min(p.outputs, first + kPanelOutputs);
        for (int r = 0; r < rows; r++)
          for (int64_t o = first; o < beyond; o += kOutputs)
            finish_group(p, row + r, o, main + r * kPanelOutputs + (o - first));
      });
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
      // Only the first rows wait for the weight: the others find it in the cache.
      each_block_of_rows(p.rows, [&](int64_t row, auto rows) {
        if (row == 0) multiply_group<true, rows>(p, row, first);
        else multiply_group<false, rows>(p, row, first);
      });
    }
  });
}

}  // namespace COTO_ISA
}  // namespace coto
