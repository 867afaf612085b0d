// Stored matrices: decoded a stretch at a time where a product reads them, so that no second copy is kept.
#include <type_traits>

#include "../simd/bfloat16.h"
#include "declarations.generated.h"
#include "encodings/encodings.h"

namespace coto {
namespace COTO_ISA {
namespace {

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

}  // namespace COTO_ISA
}  // namespace coto
