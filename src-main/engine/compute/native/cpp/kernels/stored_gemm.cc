// Products of few rows with stored matrices, which are read once for all rows and decoded on the way.
#include <type_traits>

#include "../scratch.h"
#include "../threads.h"
#include "declarations.generated.h"
#include "digits.h"
#include "encodings/encodings.h"
#include "row_blocks.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Values of the weight in a task: enough to pay for handing it out. */
constexpr int64_t kValuesPerTask = 32768;
/** Outputs that share the loads of x. */
constexpr int64_t kOutputs = 4;
/** Values that are decoded at a time for a product: they stay in the first cache. */
constexpr int64_t kValuesPerDot = 1024;

COTO_INLINE float dot(const float* x, const float* y, int64_t count) {
  Vec sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes)
#pragma GCC unroll 4
    for (int v = 0; v < 4; v++) sums[v] = multiply_add(load(x + i + v * kLanes), load(y + i + v * kLanes), sums[v]);
  for (; i < count; i += kLanes) {
    const int64_t left = min(count - i, kLanes);
    sums[0] = multiply_add(load_partial(x + i, left), load_partial(y + i, left), sums[0]);
  }
  return sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/**
 * Bytes that the weight is brought into the cache ahead of its use, in the order of memory: of the four short rows that
 * are read together the processor foresees little.
 */
constexpr int64_t kAhead = 4096;

COTO_INLINE void prefetch(const uint8_t* from, int64_t bytes) {
  for (int64_t line = 0; line < bytes; line += 64) __builtin_prefetch(from + line);
}

// True if an encoding multiplies by its blocks while reading them.
template <typename Stored, typename = void>
struct HasProducts : std::false_type {};
template <typename Stored>
struct HasProducts<Stored, std::void_t<decltype(&Stored::add_products)>> : std::true_type {};

// The sums of the lanes of four vectors.
COTO_INLINE void sums_of_lanes(const Vec* of, float* sums) {
#if defined(__AVX512F__)
  const auto add_pairs = [](Vec a, Vec b) COTO_LAMBDA {
    return (Vec)_mm512_unpacklo_ps((__m512)a, (__m512)b) + (Vec)_mm512_unpackhi_ps((__m512)a, (__m512)b);
  };
  const auto ab = (__m512d)add_pairs(of[0], of[1]), cd = (__m512d)add_pairs(of[2], of[3]);
  // Every quarter has a partial sum of each of the four.
  const auto quarters = (__m512)((Vec)_mm512_unpacklo_pd(ab, cd) + (Vec)_mm512_unpackhi_pd(ab, cd));
  const __m256 halves = _mm512_castps512_ps256(quarters) + _mm512_extractf32x8_ps(quarters, 1);
  _mm_storeu_ps(sums, _mm256_castps256_ps128(halves) + _mm256_extractf128_ps(halves, 1));
#else
  for (int i = 0; i < kOutputs; i++) sums[i] = sum_of_lanes(of[i]);
#endif
}

// x·w for four outputs' rows of the weight and `Rows` rows of x, whose sums [Rows, kOutputs] are the same bits at any
// number of rows.
template <typename Stored, int Rows>
COTO_INLINE void products_of_rows(const uint8_t* row, int64_t row_bytes, const float* x, int64_t inputs, float* sums) {
  // An encoding without blocks is read by vectors.
  constexpr int64_t kTogether = Stored::kValues == 1 ? int64_t{kLanes} : Stored::kValues;
  constexpr int64_t kBytes = kTogether / Stored::kValues * Stored::kBytes;
  // Blocks of 256 values have too many numbers of their own for several outputs at once.
  constexpr int64_t kAtOnce = kTogether >= 256 ? 1 : Rows == 1 ? kOutputs : kOutputs / 2;
  Vec all[Rows][kOutputs];
  const uint8_t* ahead = row + kAhead;
  for (int64_t first = 0; first < kOutputs; first += kAtOnce) {
    Vec even[Rows][kAtOnce] = {}, odd[Rows][kAtOnce] = {};
    const uint8_t* block = row + first * row_bytes;
    int64_t i = 0;
    for (; i + 2 * kTogether <= inputs; i += 2 * kTogether, block += 2 * kBytes) {
      prefetch(ahead, 2 * kBytes * kAtOnce);
      ahead += 2 * kBytes * kAtOnce;
#pragma GCC unroll 4
      for (int64_t o = 0; o < kAtOnce; o++)
#pragma GCC unroll 4
        for (int r = 0; r < Rows; r++) {
          const float* const own = x + r * inputs + i;
          even[r][o] = Stored::add_products(block + o * row_bytes, own, even[r][o]);
          odd[r][o] = Stored::add_products(block + o * row_bytes + kBytes, own + kTogether, odd[r][o]);
        }
    }
    if (i + kTogether <= inputs)
#pragma GCC unroll 4
      for (int64_t o = 0; o < kAtOnce; o++)
#pragma GCC unroll 4
        for (int r = 0; r < Rows; r++)
          even[r][o] = Stored::add_products(block + o * row_bytes, x + r * inputs + i, even[r][o]);
#pragma GCC unroll 4
    for (int64_t o = 0; o < kAtOnce; o++)
#pragma GCC unroll 4
      for (int r = 0; r < Rows; r++) all[r][first + o] = even[r][o] + odd[r][o];
  }
  for (int r = 0; r < Rows; r++) sums_of_lanes(all[r], sums + r * kOutputs);
  if constexpr (Stored::kValues == 1)
    for (int64_t i = inputs / kTogether * kTogether; i < inputs; i++)
      for (int64_t o = 0; o < kOutputs; o++) {
        float value;
        Stored::decode(row + o * row_bytes + i * Stored::kBytes, &value);
        for (int r = 0; r < Rows; r++) sums[r * kOutputs + o] += value * x[r * inputs + i];
      }
}

// x·w for `outputs` (1 … kOutputs) rows of the weight and every row of x: sums [rows, kOutputs].
template <typename Stored>
COTO_INLINE void products_of_group(const SkinnyGemm& p, const uint8_t* row, int64_t row_bytes, int64_t outputs,
                                   float* room, float* sums) {
  if constexpr (HasProducts<Stored>::value) {
    if (outputs == kOutputs) {
      each_block_of_rows(p.rows, [&](int64_t r, auto rows) COTO_LAMBDA {
        products_of_rows<Stored, rows>(row, row_bytes, p.x + r * p.inputs, p.inputs, sums + r * kOutputs);
      });
      return;
    }
    for (int64_t r = 0; r < p.rows; r++)
      for (int64_t o = 0; o < outputs; o++) {
        float same[kOutputs];
        products_of_rows<Stored, 1>(row + o * row_bytes, 0, p.x + r * p.inputs, p.inputs, same);
        sums[r * kOutputs + o] = same[0];
      }
  } else {
    for (int64_t at = 0; at < p.rows * kOutputs; at++) sums[at] = 0;
    for (int64_t o = 0; o < outputs; o++)
      for (int64_t i = 0; i < p.inputs; i += kValuesPerDot) {
        const int64_t count = min(kValuesPerDot, p.inputs - i);
        decode_row<Stored>(row + o * row_bytes, i, count, room);
        for (int64_t r = 0; r < p.rows; r++) sums[r * kOutputs + o] += dot(p.x + r * p.inputs + i, room, count);
      }
  }
}

// x·w for four outputs' rows of the weight and `Rows` rows of x in steps: sums [Rows, kOutputs].
template <typename Stored, int Rows>
COTO_INLINE void products_of_steps(const uint8_t* row, int64_t row_bytes, const InputStep<Stored::Steps::kVectors>* x,
                                   int64_t steps, int64_t inputs, float* sums) {
  using Steps = typename Stored::Steps;
  static_assert(Steps::kValues % Stored::kValues == 0);
  constexpr int64_t kBlocks = Steps::kValues / Stored::kValues, kBytes = kBlocks * Stored::kBytes;
  Vec all[Rows][kOutputs] = {};
  const uint8_t* block = row;
  const uint8_t* ahead = row + kAhead;
  const auto add = [&](int64_t present) COTO_LAMBDA {
#pragma GCC unroll 4
    for (int64_t o = 0; o < kOutputs; o++)
      for (int step = 0; step < Steps::kSteps; step++) {
        const auto weights = Steps::load(block + o * row_bytes, present, step);
#pragma GCC unroll 4
        for (int r = 0; r < Rows; r++) all[r][o] = add_step<Steps>(weights, x[r * steps + step], all[r][o]);
      }
  };
  int64_t left = inputs / Stored::kValues;
  for (; left >= kBlocks; left -= kBlocks, block += kBytes, x += Steps::kSteps) {
    prefetch(ahead, kOutputs * kBytes);
    ahead += kOutputs * kBytes;
    add(kBlocks);
  }
  if constexpr (kBlocks > 1)
    if (left > 0) add(left);
  for (int r = 0; r < Rows; r++) sums_of_lanes(all[r], sums + r * kOutputs);
}

// The rows of x as the steps of an encoding take them, in the calling thread's scratch; null where the encoding has no
// steps or x is not finite.
template <typename Stored>
COTO_INLINE auto split_rows(const SkinnyGemm& p) {
  if constexpr (HasSteps<Stored>::value) {
    using Steps = typename Stored::Steps;
    using Step = InputStep<Steps::kVectors>;
    const int64_t steps = steps_of<Steps>(p.inputs);
    if (!is_finite(p.x, p.rows * p.inputs)) return static_cast<Step*>(nullptr);
    auto* const split =
        reinterpret_cast<Step*>(scratch(p.rows * steps * static_cast<int64_t>(sizeof(Step) / sizeof(float))));
    for (int64_t r = 0; r < p.rows; r++) split_row<Steps>(p.x + r * p.inputs, p.inputs, split + r * steps);
    return split;
  } else {
    return nullptr;
  }
}

// Finishes `outputs` outputs of a row, from `first` on, whose products with the weight are `sums`.
COTO_INLINE void finish(const SkinnyGemm& p, int64_t row, int64_t first, int64_t outputs, const float* sums) {
  for (int64_t o = first; o < first + outputs; o++) {
    const int64_t at = row * p.outputs + o;
    float sum = p.scale * sums[o - first];
    if (p.inputs2 > 0) sum += p.scale2 * dot(p.x2 + row * p.inputs2, p.weight2 + o * p.inputs2, p.inputs2);
    if (p.bias != nullptr) sum += p.bias[o];
    if (p.addend != nullptr) sum += p.addend[at];
    p.y[at] = p.multiplier == nullptr ? sum : sum * p.multiplier[at];
  }
}

template <typename Stored>
COTO_INLINE void multiply(const SkinnyGemm& p, const StoredMatrix& weight) {
  const int64_t widest = p.inputs + p.inputs2;
  const int64_t groups = ceiling_division(p.outputs, kOutputs);
  const int64_t grain = 1 + kValuesPerTask / (kOutputs * (widest < 1 ? 1 : widest));
  if constexpr (HasSteps<Stored>::value)
    if (const auto* const split = split_rows<Stored>(p)) {
      const int64_t steps = steps_of<typename Stored::Steps>(p.inputs);
      parallel_for(groups, grain, [&p, &weight, split, steps](int64_t begin, int64_t end) {
        for (int64_t first = begin * kOutputs; first < min(p.outputs, end * kOutputs); first += kOutputs) {
          // With fewer outputs left, the last rows are multiplied again.
          const int64_t outputs = min(kOutputs, p.outputs - first);
          const uint8_t* const row = weight.data + first * weight.row_bytes;
          each_block_of_rows(p.rows, [&](int64_t r, auto rows) {
            float sums[rows * kOutputs];
            if (outputs == kOutputs)
              products_of_steps<Stored, rows>(row, weight.row_bytes, split + r * steps, steps, p.inputs, sums);
            else
              for (int own = 0; own < rows; own++)
                for (int64_t o = 0; o < outputs; o++) {
                  float same[kOutputs];
                  products_of_steps<Stored, 1>(row + o * weight.row_bytes, 0, split + (r + own) * steps, steps,
                                               p.inputs, same);
                  sums[own * kOutputs + o] = same[0];
                }
            for (int own = 0; own < rows; own++) finish(p, r + own, first, outputs, sums + own * kOutputs);
          });
        }
      });
      return;
    }
  parallel_for(groups, grain, [&p, &weight](int64_t begin, int64_t end) {
    float* const room = scratch(kValuesPerDot + p.rows * kOutputs);
    float* const sums = room + kValuesPerDot;
    for (int64_t first = begin * kOutputs; first < min(p.outputs, end * kOutputs); first += kOutputs) {
      const int64_t outputs = min(kOutputs, p.outputs - first);
      products_of_group<Stored>(p, weight.data + first * weight.row_bytes, weight.row_bytes, outputs, room, sums);
      for (int64_t r = 0; r < p.rows; r++) finish(p, r, first, outputs, sums + r * kOutputs);
    }
  });
}

}  // namespace

void skinny_stored_gemm(const SkinnyGemm& p, const StoredMatrix& weight) {
  with_encoding(weight.encoding, [&](auto stored) { multiply<decltype(stored)>(p, weight); });
}

}  // namespace COTO_ISA
}  // namespace coto
