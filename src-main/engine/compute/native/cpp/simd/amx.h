// Products of pairs of bfloat16 on AMX's tiles: 16 rows of 64 bytes, which are 16 pairs or 16 sums in float32. One
// instruction multiplies 16 × 16 pairs by 16 × 16, as many multiplications as 512 vectors hold.
#pragma once

#include "bfloat16.h"

#if defined(__AMX_BF16__)
namespace coto {
namespace COTO_ISA {
namespace amx {

/** Rows of a tile, and its 32-bit numbers in a row. */
constexpr int64_t kTile = 16;

/** Sums that are kept in tiles at once, beside each other. */
constexpr int kSums = 4;

/** Keeps the compiler from moving stores behind what reads them: it does not know what tiles read and write. */
COTO_INLINE void finish_stores() { __asm__ volatile("" ::: "memory"); }

/**
 * Shapes of the tiles: 0 to 3 hold sums, 4 pairs of a, 5 pairs of b, and 6 and 7 the same for the last `left` pairs
 * along the summed index. Empties all tiles. The library beneath sets shapes of its own, so that a product sets them
 * anew.
 */
inline void set_shapes(int64_t left) {
  struct alignas(64) {
    uint8_t palette = 1, start = 0, reserved[14] = {};
    uint16_t row_bytes[16] = {};
    uint8_t rows[16] = {};
  } shapes;
  for (int tile = 0; tile < 8; tile++) {
    shapes.row_bytes[tile] = kTile * 4;
    shapes.rows[tile] = kTile;
  }
  if (left > 0) {
    shapes.row_bytes[6] = static_cast<uint16_t>(left * 4);
    shapes.rows[7] = static_cast<uint8_t>(left);
  }
  finish_stores();
  _tile_loadconfig(&shapes);
}

/** Empties the sums, before a product whose factors are written. */
template <int Sums>
COTO_INLINE void clear() {
  finish_stores();
  _tile_zero(0);
  if constexpr (Sums > 1) _tile_zero(1);
  if constexpr (Sums > 2) _tile_zero(2);
  if constexpr (Sums > 3) _tile_zero(3);
}

// Instructions name their tiles as written, so that a tile cannot be a parameter of a function.
#define COTO_ADD_TO_SUMS(A, B)                 \
  _tile_loadd(A, a, a_step * 4);               \
  _tile_loadd(B, b, b_step * 4);               \
  _tile_dpbf16ps(0, A, B);                     \
  if constexpr (Sums > 1) {                    \
    _tile_loadd(B, b + kTile, b_step * 4);     \
    _tile_dpbf16ps(1, A, B);                   \
  }                                            \
  if constexpr (Sums > 2) {                    \
    _tile_loadd(B, b + 2 * kTile, b_step * 4); \
    _tile_dpbf16ps(2, A, B);                   \
  }                                            \
  if constexpr (Sums > 3) {                    \
    _tile_loadd(B, b + 3 * kTile, b_step * 4); \
    _tile_dpbf16ps(3, A, B);                   \
  }

/** Adds a·b to the sums: a [16, 16 pairs] with rows a_step apart, b [16 pairs, Sums · 16] with rows b_step apart. */
template <int Sums>
COTO_INLINE void add(const Pair* a, int64_t a_step, const Pair* b, int64_t b_step) {
  COTO_ADD_TO_SUMS(4, 5)
}

/** The same for the pairs that are left, as many as set_shapes was told. */
template <int Sums>
COTO_INLINE void add_left(const Pair* a, int64_t a_step, const Pair* b, int64_t b_step) {
  COTO_ADD_TO_SUMS(6, 7)
}

#undef COTO_ADD_TO_SUMS

/** Writes the sums to [16, Sums · 16] with rows `step` apart. */
template <int Sums>
COTO_INLINE void write(float* to, int64_t step) {
  _tile_stored(0, to, step * 4);
  if constexpr (Sums > 1) _tile_stored(1, to + kTile, step * 4);
  if constexpr (Sums > 2) _tile_stored(2, to + 2 * kTile, step * 4);
  if constexpr (Sums > 3) _tile_stored(3, to + 3 * kTile, step * 4);
  finish_stores();
}

/** Calls f with the number of sums, 1 to 4, as a constant. */
template <typename F>
COTO_INLINE void with_sums(int64_t count, F f) {
  switch (count) {
    case 1: return f(std::integral_constant<int, 1>{});
    case 2: return f(std::integral_constant<int, 2>{});
    case 3: return f(std::integral_constant<int, 3>{});
    default: return f(std::integral_constant<int, kSums>{});
  }
}

}  // namespace amx
}  // namespace COTO_ISA
}  // namespace coto
#endif
