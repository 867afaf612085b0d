#include "kernel_test.h"

namespace {

float bfloat16_value(uint16_t bits) {
  const uint32_t wide = uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

// The nearest bfloat16, ties to an even last bit, by trying both neighbors.
uint16_t nearest_bfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  const auto low = static_cast<uint16_t>(bits >> 16), high = static_cast<uint16_t>(low + 1);
  if (std::isinf(value)) return low;
  const double below = std::abs(double(value) - bfloat16_value(low));
  // Beyond the greatest bfloat16 the next one would be 2^128: from half-way to it on, infinity is the nearest.
  const double next = std::isinf(bfloat16_value(high)) ? std::copysign(0x1p128, value) : bfloat16_value(high);
  const double above = std::abs(next - double(value));
  return below < above || (below == above && low % 2 == 0) ? low : high;
}

}  // namespace

KERNEL_TEST("casts") {
  const std::string what = std::string(kernels.name) + " cast ";
  for (const int64_t count : kLengths) {
    Floats x = random_floats(count, 50);
    if (count > 4) {
      x[0] = 0;
      x[1] = kNotANumber;
      x[2] = 1e20f;
      x[3] = -1e20f;
    }
    Ints whole;
    Bytes truth;
    for (const float value : x) {
      whole.push_back(std::isnan(value)        ? 0
                      : value >= 2147483648.0f ? INT32_MAX
                      : value < -2147483648.0f ? INT32_MIN
                                               : int32_t(value));
      truth.push_back(value != 0);
    }
    const Ints ints = random_ints(count, -1, 1);
    const Bytes bools = random_bools(count);
    expect_equal(
        made_by_any_threads<int32_t>(count, what, [&](int32_t* y) { kernels.float_to_int32(x.data(), y, count); }),
        whole, what + "float to int32");
    expect_equal(
        made_by_any_threads<uint8_t>(count, what, [&](uint8_t* y) { kernels.float_to_bool(x.data(), y, count); }),
        truth, what + "float to bool");
    expect_equal(floats_by_any_threads(count, what, [&](float* y) { kernels.int32_to_float(ints.data(), y, count); }),
                 Floats(ints.begin(), ints.end()), what + "int32 to float");
    expect_equal(floats_by_any_threads(count, what, [&](float* y) { kernels.bool_to_float(bools.data(), y, count); }),
                 Floats(bools.begin(), bools.end()), what + "bool to float");
    expect_equal(
        made_by_any_threads<int32_t>(count, what, [&](int32_t* y) { kernels.bool_to_int32(bools.data(), y, count); }),
        Ints(bools.begin(), bools.end()), what + "bool to int32");
    Bytes set;
    for (const int32_t value : ints) set.push_back(value != 0);
    expect_equal(
        made_by_any_threads<uint8_t>(count, what, [&](uint8_t* y) { kernels.int32_to_bool(ints.data(), y, count); }),
        set, what + "int32 to bool");

    Floats plain = random_floats(count);
    for (size_t i = 0; i < plain.size(); i += 2)
      plain[i] = bfloat16_value(nearest_bfloat16(plain[i])) * (1 + 1.0f / 256);  // ties
    if (count > 3) plain[1] = kInfinity, plain[2] = -3.4e38f, plain[3] = 1e-42f;
    std::vector<uint16_t> wanted;
    for (const float value : plain) wanted.push_back(nearest_bfloat16(value));
    std::vector<uint16_t> rounded(static_cast<size_t>(count));
    kernels.float_to_bfloat16(plain.data(), rounded.data(), count);
    expect_equal(rounded, wanted, what + "float to bfloat16");
    // Two rows, scaled by column.
    Floats rows = plain, scale = random_floats(count);
    rows.insert(rows.end(), plain.begin(), plain.end());
    std::vector<uint16_t> scaled(rows.size()), wanted_scaled;
    for (size_t i = 0; i < rows.size(); i++)
      wanted_scaled.push_back(nearest_bfloat16(rows[i] * scale[i % plain.size()]));
    kernels.scaled_to_bfloat16(rows.data(), scale.data(), scaled.data(), 2, count);
    expect_equal(scaled, wanted_scaled, what + "scaled to bfloat16");
  }
  uint16_t none = 0;
  kernels.float_to_bfloat16(&kNotANumber, &none, 1);
  expect(std::isnan(bfloat16_value(none)), what + "NaN to bfloat16");
}
