// What the blocks of encodings are read with.
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
