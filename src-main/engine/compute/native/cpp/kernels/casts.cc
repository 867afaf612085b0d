#include "../simd/bfloat16.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

template <typename In, typename Out, typename F>
COTO_INLINE void convert(const In* x, Out* y, int64_t count, F f) {
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = f(x[i]);
  });
}

}  // namespace

void float_to_int32(const float* x, int32_t* y, int64_t count) {
  convert(x, y, count, [](float v) COTO_LAMBDA -> int32_t {
    const float inside = v >= -2147483648.0f && v < 2147483648.0f ? v : 0.0f;
    const int32_t whole = static_cast<int32_t>(inside);
    return v >= 2147483648.0f ? INT32_MAX : v < -2147483648.0f ? INT32_MIN : whole;
  });
}

void int32_to_float(const int32_t* x, float* y, int64_t count) {
  convert(x, y, count, [](int32_t v) COTO_LAMBDA { return static_cast<float>(v); });
}

void float_to_bool(const float* x, uint8_t* y, int64_t count) {
  convert(x, y, count, [](float v) COTO_LAMBDA -> uint8_t { return v != 0; });
}

void int32_to_bool(const int32_t* x, uint8_t* y, int64_t count) {
  convert(x, y, count, [](int32_t v) COTO_LAMBDA -> uint8_t { return v != 0; });
}

void bool_to_float(const uint8_t* x, float* y, int64_t count) {
  convert(x, y, count, [](uint8_t v) COTO_LAMBDA { return v != 0 ? 1.0f : 0.0f; });
}

void bool_to_int32(const uint8_t* x, int32_t* y, int64_t count) {
  convert(x, y, count, [](uint8_t v) COTO_LAMBDA -> int32_t { return v != 0; });
}

void float_to_bfloat16(const float* x, uint16_t* y, int64_t count) { write_bfloat16(x, y, count); }

void round_to_bfloat16(const float* x, uint16_t* y, int64_t count) {
  convert(x, y, count, [](float v) COTO_LAMBDA { return rounded_to_bfloat16(v); });
}

void bfloat16_to_float(const uint16_t* x, float* y, int64_t count) {
  convert(x, y, count, [](uint16_t v) COTO_LAMBDA {
    const uint32_t bits = static_cast<uint32_t>(v) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  });
}

void scaled_to_bfloat16(const float* x, const float* scale, uint16_t* y, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < width; i++) y[r * width + i] = rounded_to_bfloat16(x[r * width + i] * scale[i]);
}

}  // namespace COTO_ISA
}  // namespace coto
