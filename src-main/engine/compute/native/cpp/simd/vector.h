// One vector type for every instruction set, by the compiler's vector extensions. The kernels' sources are compiled
// once for each (COTO_ISA names it, the compiler's flags choose it), each time in a namespace of that name: nothing
// here may have external linkage outside that namespace.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#ifndef COTO_ISA
#define COTO_ISA baseline
#endif

#define COTO_INLINE inline __attribute__((always_inline))
#define COTO_LAMBDA __attribute__((always_inline))

// Marks a loop whose iterations are independent, although its output may be one of its inputs.
#if defined(__clang__)
#define COTO_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define COTO_INDEPENDENT _Pragma("GCC ivdep")
#endif

namespace coto {
namespace COTO_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kRegisters = 32;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
constexpr int kRegisters = 16;
#elif defined(__ARM_NEON)
constexpr int kLanes = 4;
constexpr int kRegisters = 32;
#else
constexpr int kLanes = 4;
constexpr int kRegisters = 16;
#endif

using Vec = float __attribute__((vector_size(kLanes * 4)));
using Int = int32_t __attribute__((vector_size(kLanes * 4)));
using Unsigned = uint32_t __attribute__((vector_size(kLanes * 4)));

namespace detail {
using UnalignedVec = float __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
using UnalignedInt = int32_t __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
}  // namespace detail

COTO_INLINE Vec load(const float* from) { return *reinterpret_cast<const detail::UnalignedVec*>(from); }
COTO_INLINE Int load(const int32_t* from) { return *reinterpret_cast<const detail::UnalignedInt*>(from); }
COTO_INLINE void store(float* to, Vec value) { *reinterpret_cast<detail::UnalignedVec*>(to) = value; }
COTO_INLINE void store(int32_t* to, Int value) { *reinterpret_cast<detail::UnalignedInt*>(to) = value; }

// Less zero, not plus zero: that would turn −0 to 0, so that the compiler could not drop it.
COTO_INLINE Vec splat(float value) { return value - Vec{}; }
COTO_INLINE Int splat(int32_t value) { return value - Int{}; }
COTO_INLINE Int as_int(Vec value) { return (Int)value; }
COTO_INLINE Vec as_float(Int value) { return (Vec)value; }
COTO_INLINE Vec to_float(Int value) { return __builtin_convertvector(value, Vec); }
/** Towards zero; where that is beyond int32 the result is undefined. */
COTO_INLINE Int to_int(Vec value) { return __builtin_convertvector(value, Int); }
COTO_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return a * b + c; }
/** Lane by lane: mask (a comparison's result) ? a : b. */
COTO_INLINE Vec select(Int mask, Vec a, Vec b) { return mask ? a : b; }
COTO_INLINE Int select(Int mask, Int a, Int b) { return mask ? a : b; }

/** 0, 1, 2 … */
COTO_INLINE Int lane_numbers() {
  Int numbers{};
  for (int i = 0; i < kLanes; i++) numbers[i] = i;
  return numbers;
}

namespace detail {
// Four lanes are loaded by the bits of their count: a call of memcpy would save every register in use around it.
template <typename V, typename T>
COTO_INLINE V load_first(const T* from, int64_t count) {
  V value{};
  if constexpr (kLanes == 4) {
    if (count & 4) return load(from);
    if (count & 1) value[0] = from[count & 2];
    return count & 2 ? V{from[0], from[1], value[0]} : value;
  } else {
    std::memcpy(&value, from, static_cast<size_t>(count) * 4);
    return value;
  }
}

template <typename V, typename T>
COTO_INLINE void store_first(T* to, V value, int64_t count) {
  if constexpr (kLanes == 4) {
    if (count & 4) return store(to, value);
    if (count & 2) std::memcpy(to, &value, 8);
    if (count & 1) to[count & 2] = count & 2 ? value[2] : value[0];
  } else {
    std::memcpy(to, &value, static_cast<size_t>(count) * 4);
  }
}
}  // namespace detail

/** The first `count` (0 … kLanes) numbers, zeros after them; nothing beyond them is read. */
COTO_INLINE Vec load_partial(const float* from, int64_t count) {
#if defined(__AVX512F__)
  return (Vec)_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
#elif defined(__AVX2__)
  return (Vec)_mm256_maskload_ps(from, (__m256i)(lane_numbers() < static_cast<int32_t>(count)));
#else
  return detail::load_first<Vec>(from, count);
#endif
}

COTO_INLINE void store_partial(float* to, Vec value, int64_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), (__m512)value);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(to, (__m256i)(lane_numbers() < static_cast<int32_t>(count)), (__m256)value);
#else
  detail::store_first(to, value, count);
#endif
}

COTO_INLINE Int load_partial(const int32_t* from, int64_t count) { return detail::load_first<Int>(from, count); }
COTO_INLINE void store_partial(int32_t* to, Int value, int64_t count) { detail::store_first(to, value, count); }

/** The greater. If b is NaN, returns b; if only a is NaN, returns b too. */
COTO_INLINE Vec greater(Vec a, Vec b) {
#if defined(__AVX512F__)
  return (Vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (Vec)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
  return (Vec)_mm_max_ps((__m128)a, (__m128)b);
#elif defined(__ARM_NEON)
  return (Vec)vmaxq_f32((float32x4_t)a, (float32x4_t)b);
#else
  return a > b ? a : b;
#endif
}

/** The lesser. If b is NaN, returns b; if only a is NaN, returns b too. */
COTO_INLINE Vec lesser(Vec a, Vec b) {
#if defined(__AVX512F__)
  return (Vec)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (Vec)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
  return (Vec)_mm_min_ps((__m128)a, (__m128)b);
#elif defined(__ARM_NEON)
  return (Vec)vminq_f32((float32x4_t)a, (float32x4_t)b);
#else
  return a < b ? a : b;
#endif
}

COTO_INLINE Vec square_root(Vec a) {
#if defined(__AVX512F__)
  return (Vec)_mm512_sqrt_ps((__m512)a);
#elif defined(__AVX2__)
  return (Vec)_mm256_sqrt_ps((__m256)a);
#elif defined(__SSE2__)
  return (Vec)_mm_sqrt_ps((__m128)a);
#elif defined(__ARM_NEON) && defined(__aarch64__)
  return (Vec)vsqrtq_f32((float32x4_t)a);
#else
  for (int i = 0; i < kLanes; i++) a[i] = __builtin_sqrtf(a[i]);
  return a;
#endif
}

COTO_INLINE Vec magnitude(Vec a) { return as_float(as_int(a) & 0x7fffffff); }
/** The magnitude of a with the sign of b. */
COTO_INLINE Vec with_sign(Vec a, Vec b) {
  return as_float((as_int(a) & 0x7fffffff) | (as_int(b) & static_cast<int32_t>(0x80000000)));
}
COTO_INLINE Int not_a_number(Vec a) { return a != a; }

/** The lanes of a (0 … kLanes − 1) and b (kLanes … 2 · kLanes − 1) by their numbers. */
template <int... Lane>
COTO_INLINE Vec shuffle(Vec a, Vec b) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, Lane...);
#else
  return __builtin_shuffle(a, b, Int{Lane...});
#endif
}

namespace detail {
template <int By, int... Lane>
COTO_INLINE Vec rotate(Vec value, std::integer_sequence<int, Lane...>) {
  return shuffle<(Lane + By) % kLanes...>(value, value);
}

// Combines all lanes, halves first, into every lane.
template <int Half, typename Both>
COTO_INLINE Vec fold(Vec value, Both both) {
  const Vec folded = both(value, rotate<Half>(value, std::make_integer_sequence<int, kLanes>{}));
  if constexpr (Half > 1) return fold<Half / 2>(folded, both);
  else return folded;
}
}  // namespace detail

/** The sum of the lanes, halves first. */
COTO_INLINE float sum_of_lanes(Vec value) {
  return detail::fold<kLanes / 2>(value, [](Vec a, Vec b) COTO_LAMBDA { return a + b; })[0];
}
/** The greatest lane; where one is NaN, any. */
COTO_INLINE float greatest_lane(Vec value) {
  return detail::fold<kLanes / 2>(value, [](Vec a, Vec b) COTO_LAMBDA { return greater(a, b); })[0];
}

/** 1 / a for a between 1e-37 and 1e37 in magnitude, relative error below 2e-7; NaN stays. */
COTO_INLINE Vec reciprocal(Vec a) {
#if defined(__AVX512F__)
  // Fourteen bits, refined by one Newton step.
  const Vec r = (Vec)_mm512_rcp14_ps((__m512)a);
  return r * (2.0f - a * r);
#else
  return 1.0f / a;
#endif
}

COTO_INLINE int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
COTO_INLINE int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }
COTO_INLINE int64_t round_up(int64_t count, int64_t multiple) { return (count + multiple - 1) / multiple * multiple; }
COTO_INLINE int64_t ceiling_division(int64_t a, int64_t b) { return (a + b - 1) / b; }

/** Calls whole(i) for every full vector of 0 … count, and part(i, lanes left) for what is left, if anything. */
template <typename Whole, typename Part>
COTO_INLINE void by_vectors(int64_t count, Whole whole, Part part) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) whole(i);
  if (i < count) part(i, count - i);
}

}  // namespace COTO_ISA
}  // namespace coto
