// Rounding float32 to bfloat16: to the nearest, halves to even; NaN stays NaN.
#pragma once

#include "vector.h"

namespace coto {
namespace COTO_ISA {

COTO_INLINE uint16_t rounded_to_bfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return static_cast<uint16_t>(value != value ? (bits >> 16) | 0x40u : rounded);
}

/** Two bfloat16 numbers, the first in the lower half. */
using Pair = int32_t;

#if defined(__AVX512BF16__)
/** Lane by lane a[i] and b[i] beside each other. */
COTO_INLINE Int pairs_of(Vec a, Vec b) {
  Int order;
  for (int i = 0; i < kLanes; i++) order[i] = i | (i + kLanes) << 16;
  return (Int)_mm512_permutexvar_epi16((__m512i)order, (__m512i)_mm512_cvtne2ps_pbh((__m512)b, (__m512)a));
}
/** The numbers of `first`, then those of `second`, each two neighbors as a pair. */
COTO_INLINE Int neighbors_of(Vec first, Vec second) { return (Int)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first); }
/** c + the sum of the products of both numbers of each pair. */
COTO_INLINE Vec multiply_add(Int a, Int b, Vec c) { return (Vec)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b); }
#endif

COTO_INLINE void write_bfloat16(const float* x, uint16_t* y, int64_t count) {
  int64_t i = 0;
#if defined(__AVX512BF16__)
  for (; i + 32 <= count; i += 32)
    store(reinterpret_cast<int32_t*>(y + i), neighbors_of(load(x + i), load(x + i + 16)));
#endif
#if defined(__AVX512F__)
  for (; i + 16 <= count; i += 16) {
    const __m512 value = _mm512_loadu_ps(x + i);
    const __m512i bits = _mm512_castps_si512(value), upper = _mm512_srli_epi32(bits, 16);
    const __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
    const __m512i near =
        _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd), 16);
    const __mmask16 is_nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    const __m512i rounded = _mm512_mask_or_epi32(near, is_nan, upper, _mm512_set1_epi32(0x40));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + i), _mm512_cvtepi32_epi16(rounded));
  }
#endif
  for (; i < count; i++) y[i] = rounded_to_bfloat16(x[i]);
}

}  // namespace COTO_ISA
}  // namespace coto
