// Vectors of bytes and of 16-bit numbers, for sums of products of whole numbers. They are held in an Int: its bits are
// meant. Only where the instruction set multiplies bytes (kMultipliesBytes).
#pragma once

#include "vector.h"

namespace coto {
namespace COTO_ISA {

#if defined(__AVX512BW__)
constexpr bool kMultipliesBytes = true;

/** The sums of neighboring products of unsigned and signed bytes, in 16 bits: they must not exceed those. */
COTO_INLINE Int pair_sums(Int unsigned_bytes, Int signed_bytes) {
  return (Int)_mm512_maddubs_epi16((__m512i)unsigned_bytes, (__m512i)signed_bytes);
}
/** a + b of 16-bit numbers. */
COTO_INLINE Int add_pairs(Int a, Int b) { return (Int)_mm512_add_epi16((__m512i)a, (__m512i)b); }
/** The sums of neighboring 16-bit numbers times `factor`. */
COTO_INLINE Int scaled_sums(Int pairs, int16_t factor) {
  return (Int)_mm512_madd_epi16((__m512i)pairs, _mm512_set1_epi16(factor));
}
#elif defined(__AVX2__)
constexpr bool kMultipliesBytes = true;

COTO_INLINE Int pair_sums(Int unsigned_bytes, Int signed_bytes) {
  return (Int)_mm256_maddubs_epi16((__m256i)unsigned_bytes, (__m256i)signed_bytes);
}
COTO_INLINE Int add_pairs(Int a, Int b) { return (Int)_mm256_add_epi16((__m256i)a, (__m256i)b); }
COTO_INLINE Int scaled_sums(Int pairs, int16_t factor) {
  return (Int)_mm256_madd_epi16((__m256i)pairs, _mm256_set1_epi16(factor));
}
#else
constexpr bool kMultipliesBytes = false;

COTO_INLINE Int pair_sums(Int, Int) { return Int{}; }
COTO_INLINE Int add_pairs(Int, Int) { return Int{}; }
COTO_INLINE Int scaled_sums(Int, int16_t) { return Int{}; }
#endif

}  // namespace COTO_ISA
}  // namespace coto
