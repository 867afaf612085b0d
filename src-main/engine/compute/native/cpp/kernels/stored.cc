// Stored matrices: decoded a stretch at a time where a product reads them, so that no second copy is kept.
#include <type_traits>

#include "../scratch.h"
#include "../simd/bfloat16.h"
#include "../threads.h"
#include "declarations.generated.h"
#include "encodings/encodings.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Values of the weight in a task: enough to pay for handing it out. */
constexpr int64_t kValuesPerTask = 32768;

// Decodes `count` values of a row from `first` on, both whole numbers of blocks.
template <typename Stored>
COTO_INLINE void decode_row(const uint8_t* row, int64_t first, int64_t count, float* y) {
  const uint8_t* block = row + first / Stored::kValues * Stored::kBytes;
  for (int64_t i = 0; i < count; i += Stored::kValues, block += Stored::kBytes) Stored::decode(block, y + i);
}

/** Outputs that are turned together, and the least inputs that are decoded at a time. */
constexpr int64_t kTile = 16, kStretch = 256;

// A stretch of a row in bfloat16: where it lies if it is that already and aligned, else in `to`.
template <typename Stored>
COTO_INLINE const uint16_t* rounded_row(const uint8_t* row, int64_t first, int64_t count, float* room, uint16_t* to) {
  if constexpr (std::is_same_v<Stored, Bfloat16>) {
    const uint8_t* const from = row + 2 * first;
    if (reinterpret_cast<uintptr_t>(from) % alignof(uint16_t) == 0) return reinterpret_cast<const uint16_t*>(from);
    std::memcpy(to, from, static_cast<size_t>(2 * count));
  } else {
    decode_row<Stored>(row, first, count, room);
    write_bfloat16(room, to, count);
  }
  return to;
}

// Turns 16 pairs of each of 16 rows: pair p of row r to place r of the panel's line p.
COTO_INLINE void turn_pairs(const uint16_t* const* rows, int64_t at, uint16_t* panel) {
#if defined(__AVX512F__)
  __m512i a[16], b[16];
#pragma GCC unroll 16
  for (int r = 0; r < 16; r++) a[r] = _mm512_loadu_si512(rows[r] + at);
#pragma GCC unroll 8
  for (int r = 0; r < 16; r += 2) {
    b[r] = _mm512_unpacklo_epi32(a[r], a[r + 1]);
    b[r + 1] = _mm512_unpackhi_epi32(a[r], a[r + 1]);
  }
#pragma GCC unroll 4
  for (int r = 0; r < 16; r += 4)
#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
      a[r + 2 * half] = _mm512_unpacklo_epi64(b[r + half], b[r + 2 + half]);
      a[r + 2 * half + 1] = _mm512_unpackhi_epi64(b[r + half], b[r + 2 + half]);
    }
  // Each now has, in quarter q, pair 4 · q + i of four rows.
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    const __m512i low = _mm512_shuffle_i32x4(a[i], a[4 + i], 0x88), high = _mm512_shuffle_i32x4(a[i], a[4 + i], 0xdd);
    const __m512i low2 = _mm512_shuffle_i32x4(a[8 + i], a[12 + i], 0x88),
                  high2 = _mm512_shuffle_i32x4(a[8 + i], a[12 + i], 0xdd);
    const auto line = [panel](int64_t pair) COTO_LAMBDA { return panel + pair * 2 * kPanelOutputs; };
    _mm512_storeu_si512(line(i), _mm512_shuffle_i32x4(low, low2, 0x88));
    _mm512_storeu_si512(line(4 + i), _mm512_shuffle_i32x4(high, high2, 0x88));
    _mm512_storeu_si512(line(8 + i), _mm512_shuffle_i32x4(low, low2, 0xdd));
    _mm512_storeu_si512(line(12 + i), _mm512_shuffle_i32x4(high, high2, 0xdd));
  }
#else
  for (int64_t pair = 0; pair < 16; pair++)
    for (int64_t r = 0; r < 16; r++) std::memcpy(panel + pair * 2 * kPanelOutputs + 2 * r, rows[r] + at + 2 * pair, 4);
#endif
}

// Panels of a weight whose rows are its outputs: pairs of inputs are turned, 16 outputs at a time.
template <typename Stored>
COTO_INLINE void panels_of_rows(const StoredMatrix& matrix, int64_t row, int64_t outputs, int64_t first, int64_t inputs,
                                uint16_t* to, int64_t panel_step) {
  alignas(64) float room[kStretch];
  alignas(64) uint16_t rounded[kTile][kStretch];
  for (int64_t o = 0; o < outputs; o += kTile) {
    uint16_t* const panel = to + o / kPanelOutputs * panel_step + o % kPanelOutputs * 2;
    const int64_t count = min(kTile, outputs - o);
    for (int64_t i = 0; i < inputs; i += kStretch) {
      const int64_t width = min(kStretch, inputs - i);
      const uint16_t* rows[kTile];
      for (int64_t r = 0; r < count; r++)
        rows[r] =
            rounded_row<Stored>(matrix.data + (row + o + r) * matrix.row_bytes, first + i, width, room, rounded[r]);
      int64_t at = 0;
      if (count == kTile)
        for (; at + 32 <= width; at += 32) turn_pairs(rows, at, panel + (i + at) * kPanelOutputs);
      for (; at + 2 <= width; at += 2)
        for (int64_t r = 0; r < count; r++) std::memcpy(panel + (i + at) * kPanelOutputs + 2 * r, rows[r] + at, 4);
      // The last input of an odd number has no partner: the panel's zeros stay.
      if (at < width)
        for (int64_t r = 0; r < count; r++) panel[(i + at) * kPanelOutputs + 2 * r] = rows[r][at];
    }
  }
}

// The numbers of two rows in turn, `count` of each.
COTO_INLINE void interleave(const uint16_t* even, const uint16_t* odd, int64_t count, uint16_t* to) {
  int64_t c = 0;
#if defined(__AVX512BW__)
  for (; c + 32 <= count; c += 32) {
    const __m512i a = _mm512_loadu_si512(even + c), b = _mm512_loadu_si512(odd + c);
    const __m512i low = _mm512_unpacklo_epi16(a, b), high = _mm512_unpackhi_epi16(a, b);
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    _mm512_storeu_si512(to + 2 * c, _mm512_permutex2var_epi64(low, first, high));
    _mm512_storeu_si512(to + 2 * c + 32, _mm512_permutex2var_epi64(low, second, high));
  }
#endif
  for (; c < count; c++) {
    to[2 * c] = even[c];
    to[2 * c + 1] = odd[c];
  }
}

// Panels of a weight whose rows are its inputs: two rows are interleaved.
template <typename Stored>
COTO_INLINE void panels_of_columns(const StoredMatrix& matrix, int64_t row, int64_t inputs, int64_t first,
                                   int64_t outputs, uint16_t* to, int64_t panel_step) {
  static_assert(kStretch % kPanelOutputs == 0);
  alignas(64) float room[kStretch];
  alignas(64) uint16_t even_room[kStretch], odd_room[kStretch];
  static constexpr uint16_t kZeros[kStretch] = {};
  for (int64_t i = 0; i < inputs; i += 2)
    for (int64_t o = 0; o < outputs; o += kStretch) {
      const int64_t width = min(kStretch, outputs - o);
      const uint8_t* const bytes = matrix.data + (row + i) * matrix.row_bytes;
      const uint16_t* const even = rounded_row<Stored>(bytes, first + o, width, room, even_room);
      const uint16_t* const odd =
          i + 1 == inputs ? kZeros : rounded_row<Stored>(bytes + matrix.row_bytes, first + o, width, room, odd_room);
      for (int64_t at = 0; at < width; at += kPanelOutputs) {
        uint16_t* const pairs = to + (o + at) / kPanelOutputs * panel_step + i * kPanelOutputs;
        interleave(even + at, odd + at, min(kPanelOutputs, width - at), pairs);
      }
    }
}

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

// Whether an encoding multiplies by its blocks as it reads them.
template <typename Stored, typename = void>
struct HasProducts : std::false_type {};
template <typename Stored>
struct HasProducts<Stored, std::void_t<decltype(&Stored::add_products)>> : std::true_type {};

/** Outputs that share the loads of x. */
constexpr int64_t kOutputs = 4;
/** Values that are decoded at a time for a product: they stay in the first cache. */
constexpr int64_t kValuesPerDot = 1024;

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

// x·w for four outputs' rows of the weight.
template <typename Stored>
COTO_INLINE void products_of_rows(const uint8_t* row, int64_t row_bytes, const float* x, int64_t inputs, float* sums) {
  // An encoding without blocks is read by vectors.
  constexpr int64_t kTogether = Stored::kValues == 1 ? int64_t{kLanes} : Stored::kValues;
  constexpr int64_t kBytes = kTogether / Stored::kValues * Stored::kBytes;
  // Blocks of 256 values have too many numbers of their own for four outputs at once.
  constexpr int64_t kAtOnce = kTogether < 256 ? kOutputs : 1;
  Vec all[kOutputs];
  for (int64_t first = 0; first < kOutputs; first += kAtOnce) {
    Vec even[kAtOnce] = {}, odd[kAtOnce] = {};
    const uint8_t* block = row + first * row_bytes;
    int64_t i = 0;
    for (; i + 2 * kTogether <= inputs; i += 2 * kTogether, block += 2 * kBytes)
#pragma GCC unroll 4
      for (int64_t o = 0; o < kAtOnce; o++) {
        // Of the next outputs: rows are too short for the processor to foresee them.
        if constexpr (Stored::kValues > 1) __builtin_prefetch(block + (o + kOutputs) * row_bytes);
        even[o] = Stored::add_products(block + o * row_bytes, x + i, even[o]);
        odd[o] = Stored::add_products(block + o * row_bytes + kBytes, x + i + kTogether, odd[o]);
      }
    if (i + kTogether <= inputs)
#pragma GCC unroll 4
      for (int64_t o = 0; o < kAtOnce; o++) even[o] = Stored::add_products(block + o * row_bytes, x + i, even[o]);
#pragma GCC unroll 4
    for (int64_t o = 0; o < kAtOnce; o++) all[first + o] = even[o] + odd[o];
  }
  sums_of_lanes(all, sums);
  if constexpr (Stored::kValues == 1)
    for (int64_t i = inputs / kTogether * kTogether; i < inputs; i++)
      for (int64_t o = 0; o < kOutputs; o++) {
        float value;
        Stored::decode(row + o * row_bytes + i * Stored::kBytes, &value);
        sums[o] += value * x[i];
      }
}

// x·w for `outputs` (1 … kOutputs) rows of the weight and every row of x: sums [rows, kOutputs].
template <typename Stored>
COTO_INLINE void products_of_group(const SkinnyGemm& p, const uint8_t* row, int64_t row_bytes, int64_t outputs,
                                   float* room, float* sums) {
  if constexpr (HasProducts<Stored>::value) {
    for (int64_t r = 0; r < p.rows; r++) {
      float* const own = sums + r * kOutputs;
      if (outputs == kOutputs) {
        products_of_rows<Stored>(row, row_bytes, p.x + r * p.inputs, p.inputs, own);
        continue;
      }
      for (int64_t o = 0; o < outputs; o++) {
        float same[kOutputs];
        products_of_rows<Stored>(row + o * row_bytes, 0, p.x + r * p.inputs, p.inputs, same);
        own[o] = same[0];
      }
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

}  // namespace

double stored_row_bytes(Encoding encoding, int64_t columns) {
  return with_encoding(encoding, [=](auto stored) COTO_LAMBDA -> double {
    using Stored = decltype(stored);
    return columns % Stored::kValues == 0 ? static_cast<double>(columns / Stored::kValues * Stored::kBytes) : 0;
  });
}

void decode_stored(const StoredMatrix& matrix, int64_t row, int64_t rows, int64_t first, int64_t count, float* y,
                   int64_t step) {
  with_encoding(matrix.encoding, [&](auto stored) {
    for (int64_t r = 0; r < rows; r++)
      decode_row<decltype(stored)>(matrix.data + (row + r) * matrix.row_bytes, first, count, y + r * step);
  });
}

void decode_stored_panels(const StoredMatrix& matrix, int64_t row, int64_t rows, int64_t first, int64_t count,
                          bool transposed, uint16_t* y, int64_t panel_step) {
  with_encoding(matrix.encoding, [&](auto stored) {
    using Stored = decltype(stored);
    if (transposed) panels_of_rows<Stored>(matrix, row, rows, first, count, y, panel_step);
    else panels_of_columns<Stored>(matrix, row, rows, first, count, y, panel_step);
  });
}

void skinny_stored_gemm(const SkinnyGemm& p, const StoredMatrix& weight) {
  const int64_t widest = p.inputs + p.inputs2;
  const int64_t groups = ceiling_division(p.outputs, kOutputs);
  const int64_t grain = 1 + kValuesPerTask / (kOutputs * (widest < 1 ? 1 : widest));
  parallel_for(groups, grain, [&p, &weight](int64_t begin, int64_t end) {
    float* const room = scratch(kValuesPerDot + p.rows * kOutputs);
    float* const sums = room + kValuesPerDot;
    with_encoding(weight.encoding, [&](auto stored) {
      for (int64_t first = begin * kOutputs; first < min(p.outputs, end * kOutputs); first += kOutputs) {
        const int64_t outputs = min(kOutputs, p.outputs - first);
        const uint8_t* const row = weight.data + first * weight.row_bytes;
        products_of_group<decltype(stored)>(p, row, weight.row_bytes, outputs, room, sums);
        for (int64_t r = 0; r < p.rows; r++)
          for (int64_t o = first; o < first + outputs; o++) {
            const int64_t at = r * p.outputs + o;
            float sum = p.scale * sums[r * kOutputs + o - first];
            if (p.inputs2 > 0) sum += p.scale2 * dot(p.x2 + r * p.inputs2, p.weight2 + o * p.inputs2, p.inputs2);
            if (p.bias != nullptr) sum += p.bias[o];
            if (p.addend != nullptr) sum += p.addend[at];
            p.y[at] = p.multiplier == nullptr ? sum : sum * p.multiplier[at];
          }
      }
    });
  });
}

}  // namespace COTO_ISA
}  // namespace coto
