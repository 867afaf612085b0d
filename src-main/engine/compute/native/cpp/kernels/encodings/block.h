// Helpers to read the blocks of encodings.
#pragma once

#include <array>

#include "../../simd/vector.h"

namespace coto {
namespace COTO_ISA {

/** Bytes in a place of their own: of others the compiler must assume that writing the values changes them. */
template <size_t Count>
COTO_INLINE std::array<uint8_t, Count> copy_of(const uint8_t* bytes) {
  std::array<uint8_t, Count> copied;
  std::memcpy(copied.data(), bytes, Count);
  return copied;
}

/** The half-precision number in two bytes, little-endian. */
COTO_INLINE float half_at(const uint8_t* bytes) {
  uint16_t half;
  std::memcpy(&half, bytes, 2);
#if defined(__F16C__)
  return _cvtsh_ss(half);
#else
  const uint32_t wide = static_cast<uint32_t>(half) << 16;
  const uint32_t twice = wide + wide;
  const auto real = [](uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  };
  // Normal numbers get their exponent by a product, subnormal ones by a difference; both are exact.
  const float normal = real((twice >> 4) + (uint32_t{0xE0} << 23)) * 0x1.0p-112f;
  const float subnormal = real((twice >> 17) | (uint32_t{126} << 23)) - 0.5f;
  float magnitude = twice < (uint32_t{1} << 27) ? subnormal : normal;
  uint32_t bits;
  std::memcpy(&bits, &magnitude, 4);
  return real(bits | (wide & 0x80000000u));
#endif
}

/** The half-precision number in two bytes, in every lane. */
COTO_INLINE Vec half_lanes(const uint8_t* bytes) {
#if defined(__AVX512F__) || defined(__AVX2__)
  int16_t half;
  std::memcpy(&half, bytes, 2);
#endif
#if defined(__AVX512F__)
  return (Vec)_mm512_cvtph_ps(_mm256_set1_epi16(half));
#elif defined(__AVX2__)
  return (Vec)_mm256_cvtph_ps(_mm_set1_epi16(half));
#else
  return splat(half_at(bytes));
#endif
}

/** Loads one byte for each lane, widened. */
COTO_INLINE Int widened_bytes(const uint8_t* from) {
#if defined(__AVX512F__)
  return (Int)_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#elif defined(__AVX2__)
  return (Int)_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
#else
  return Int{from[0], from[1], from[2], from[3]};
#endif
}

/** The same of signed bytes. */
COTO_INLINE Int widened_signed_bytes(const uint8_t* from) {
#if defined(__AVX512F__)
  return (Int)_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#elif defined(__AVX2__)
  return (Int)_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
#else
  return (widened_bytes(from) << 24) >> 24;
#endif
}

/** Loads one little-endian pair of bytes for each lane, widened. */
COTO_INLINE Int widened_halves(const uint8_t* from) {
#if defined(__AVX512F__)
  return (Int)_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#elif defined(__AVX2__)
  return (Int)_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#else
  uint16_t halves[4];
  std::memcpy(halves, from, sizeof halves);
  return Int{halves[0], halves[1], halves[2], halves[3]};
#endif
}

/** The lower four bits of each lane as a number, less `less`: exact, by the mantissa of 2²³. */
COTO_INLINE Vec four_bits(Int value, float less) { return as_float((value & 15) | 0x4B000000) - (8388608.0f + less); }

/** The four bytes as one number, little-endian. */
COTO_INLINE uint32_t word_at(const uint8_t* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, 4);
  return word;
}

/** Scale 0 to 7 of the 12 bytes in which Q4_K and Q5_K have scales and lowest values of 6 bits. */
COTO_INLINE int scale_of(const uint8_t* bytes, int group) {
  return group < 4 ? bytes[group] & 63 : (bytes[group + 4] & 15) | ((bytes[group - 4] >> 6) << 4);
}

/** Lowest value 0 to 7 of the same bytes. */
COTO_INLINE int lowest_of(const uint8_t* bytes, int group) {
  return group < 4 ? bytes[group + 4] & 63 : (bytes[group + 4] >> 4) | ((bytes[group] >> 6) << 4);
}

}  // namespace COTO_ISA
}  // namespace coto
