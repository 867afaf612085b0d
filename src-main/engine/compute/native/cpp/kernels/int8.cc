// Rounding of rows to 8-bit integers, and the epilogue of their products.
#include <limits>

#include "../scratch.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

constexpr float kLargestInteger = 127;
/** A row whose largest magnitude is less counts as zero: 127 over it would overflow. */
constexpr float kSmallestRow = 1e-35f;

// The bits of the row's largest magnitude. Bits of magnitudes are in their order; those of NaN are above all.
COTO_INLINE int32_t largest_magnitude(const float* x, int64_t width) {
  int32_t largest = 0;
  for (int64_t i = 0; i < width; i++) {
    int32_t bits;
    std::memcpy(&bits, x + i, 4);
    bits &= 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

COTO_INLINE void round_row(const float* x, float inverse, int8_t* q, int64_t width) {
  int64_t i = 0;
#if defined(__AVX512F__)
  const __m512 by = _mm512_set1_ps(inverse);
  for (; i + 16 <= width; i += 16)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q + i),
                     _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + i), by))));
#endif
  // Added to 1.5 · 2^23, a number is rounded to a whole one, the lowest byte of the sum.
  for (; i < width; i++) {
    const float sum = x[i] * inverse + 12582912.0f;
    int32_t bits;
    std::memcpy(&bits, &sum, 4);
    q[i] = static_cast<int8_t>(bits & 0xff);
  }
}

// The row by the Hadamard matrix of `segments` over numbers that lie width / segments apart, without its factor.
COTO_INLINE void rotate_row(const float* x, float* y, int64_t width, int64_t segments) {
  const float* from = x;
  for (int64_t half = width / 2; half >= width / segments; half /= 2) {
    for (int64_t start = 0; start < width; start += 2 * half) {
      COTO_INDEPENDENT
      for (int64_t i = start; i < start + half; i++) {
        const float a = from[i], b = from[i + half];
        y[i] = a + b;
        y[i + half] = a - b;
      }
    }
    from = y;
  }
}

}  // namespace

void quantize_rows(const float* x, int8_t* q, float* scales, int64_t rows, int64_t width, int64_t segments) {
  float* const rotated = segments > 1 ? scratch(width) : nullptr;
  const float factor = 1 / (kLargestInteger * __builtin_sqrtf(static_cast<float>(segments)));
  for (int64_t r = 0; r < rows; r++) {
    const float* row = x + r * width;
    if (segments > 1) {
      rotate_row(row, rotated, width, segments);
      row = rotated;
    }
    const int32_t bits = largest_magnitude(row, width);
    float largest;
    std::memcpy(&largest, &bits, 4);
    const bool is_finite = bits < 0x7f800000;
    const bool is_zero = largest < kSmallestRow;
    scales[r] = !is_finite ? std::numeric_limits<float>::quiet_NaN() : is_zero ? 0 : largest * factor;
    if (is_finite && !is_zero) round_row(row, kLargestInteger / largest, q + r * width, width);
    else std::memset(q + r * width, 0, static_cast<size_t>(width));
  }
}

void int8_epilogue(const int32_t* sums, const float* row_scales, const float* column_scales, const float* output_scale,
                   const float* bias, const float* addend, const float* multiplier, float* c, int64_t rows,
                   int64_t width, float scale, bool accumulates) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t row = r * width;
    const Vec by = splat(row_scales[r] * scale);
    each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
      const Int sum = lanes == kLanes ? load(sums + row + i) : load_partial(sums + row + i, lanes);
      Vec value = to_float(sum) * by * load_lanes(column_scales + i, lanes);
      if (accumulates) value += load_lanes(c + row + i, lanes);
      if (output_scale != nullptr) value *= load_lanes(output_scale + i, lanes);
      if (bias != nullptr) value += load_lanes(bias + i, lanes);
      if (addend != nullptr) value += load_lanes(addend + row + i, lanes);
      if (multiplier != nullptr) value *= load_lanes(multiplier + row + i, lanes);
      store_lanes(c + row + i, value, lanes);
    });
  }
}

}  // namespace COTO_ISA
}  // namespace coto
