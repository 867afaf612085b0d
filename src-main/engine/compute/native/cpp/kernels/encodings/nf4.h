#pragma once

#include "block.h"

namespace coto {
namespace COTO_ISA {

/** The 16 levels of NF4 (QLoRA): quantiles of the normal distribution, as bitsandbytes rounds them. */
alignas(64) inline constexpr float kNormalFloats[16] = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

/** 64 values out of 16 levels, times a float: the float, then 32 bytes with the earlier value in the high half. */
struct NormalFloat4 {
  static constexpr int64_t kValues = 64, kBytes = 36;

  static COTO_INLINE void decode(const uint8_t* block, float* y) {
    float scale;
    std::memcpy(&scale, block, 4);
    const auto bytes = copy_of<32>(block + 4);
#if defined(__AVX512F__)
    const __m512 levels = _mm512_load_ps(kNormalFloats);
    for (int i = 0; i < 4; i++)
      _mm512_storeu_ps(y + 16 * i, _mm512_permutexvar_ps(_mm512_cvtepu8_epi32(halves_at(&bytes[8 * i])), levels) *
                                       _mm512_set1_ps(scale));
#elif defined(__AVX2__)
    const __m256 low = _mm256_load_ps(kNormalFloats), high = _mm256_load_ps(kNormalFloats + 8);
    const auto eight = [&](__m128i indices, float* to) COTO_LAMBDA {
      const __m256i at = _mm256_cvtepu8_epi32(indices);
      const __m256 is_high = _mm256_castsi256_ps(_mm256_slli_epi32(at, 28));
      const __m256 level =
          _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, at), _mm256_permutevar8x32_ps(high, at), is_high);
      _mm256_storeu_ps(to, level * _mm256_set1_ps(scale));
    };
    for (int i = 0; i < 4; i++) {
      const __m128i indices = halves_at(&bytes[8 * i]);
      eight(indices, y + 16 * i);
      eight(_mm_srli_si128(indices, 8), y + 16 * i + 8);
    }
#else
    for (int i = 0; i < 32; i++) {
      y[2 * i] = scale * kNormalFloats[bytes[i] >> 4];
      y[2 * i + 1] = scale * kNormalFloats[bytes[i] & 15];
    }
#endif
  }

#if defined(__AVX2__)
 private:
  // The 16 indices in eight bytes.
  static COTO_INLINE __m128i halves_at(const uint8_t* bytes) {
    const __m128i both = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
    const __m128i mask = _mm_set1_epi8(15);
    return _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(both, 4), mask), _mm_and_si128(both, mask));
  }
#endif
};

}  // namespace COTO_ISA
}  // namespace coto
