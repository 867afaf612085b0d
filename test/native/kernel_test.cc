#include "kernel_test.h"

void for_each_instruction_set(void (*test)(const Kernels& kernels)) {
  for (const char* const name : {"baseline", "avx2", "avx512", "avx512_bf16", "avx512_amx"}) {
    const Kernels* const kernels = coto::kernels_for(name);
    if (kernels == nullptr) continue;
    CAPTURE(name);
    CHECK(std::string(kernels->name) == name);
    generator().seed(7);
    test(*kernels);
  }
}

std::mt19937& generator() {
  static std::mt19937 engine;
  return engine;
}

Floats random_floats(int64_t count, double spread) {
  std::normal_distribution<double> normal(0, spread);
  Floats values(static_cast<size_t>(count));
  for (auto& value : values) value = static_cast<float>(normal(generator()));
  return values;
}

Ints random_ints(int64_t count, int32_t min, int32_t max) {
  std::uniform_int_distribution<int32_t> uniform(min, max);
  Ints values(static_cast<size_t>(count));
  for (auto& value : values) value = uniform(generator());
  return values;
}

Bytes random_bools(int64_t count) {
  Bytes values;
  for (const int32_t value : random_ints(count, 0, 1)) values.push_back(static_cast<uint8_t>(value));
  return values;
}

void expect_near(const Floats& got, const Doubles& wanted, double relative, double absolute, const std::string& what) {
  if (got.size() != wanted.size()) return fail(what + ": size");
  for (size_t i = 0; i < got.size(); i++) {
    const double value = got[i];
    const bool same = std::isfinite(wanted[i])
                          ? std::abs(value - wanted[i]) <= absolute + relative * std::abs(wanted[i])
                      : std::isnan(wanted[i]) ? std::isnan(value)
                                              : value == wanted[i];
    if (same) continue;
    char text[120];
    std::snprintf(text, sizeof text, ": element %zu is %.9g, not %.9g", i, value, wanted[i]);
    return fail(what + text);
  }
}

double relative_error(const float* got, const Doubles& wanted) {
  double difference = 0, whole = 0;
  for (size_t i = 0; i < wanted.size(); i++) {
    difference += (got[i] - wanted[i]) * (got[i] - wanted[i]);
    whole += wanted[i] * wanted[i];
  }
  if (difference == 0) return 0;
  return std::isnan(difference) || whole == 0 ? INFINITY : std::sqrt(difference / whole);
}

std::string text_of(const Shape& shape) {
  std::string text = "[";
  for (int i = 0; i < shape.rank; i++) text += (i > 0 ? "," : "") + std::to_string(shape.size[i]);
  return text + "]";
}

void each_index(const Shape& shape, const std::function<void(const int64_t*)>& visit) {
  int64_t index[coto::kMaxRank] = {};
  for (int64_t left = elements(shape); left > 0; left--) {
    visit(index);
    for (int i = shape.rank - 1; i >= 0; i--) {
      if (++index[i] < shape.size[i]) break;
      index[i] = 0;
    }
  }
}

int64_t place_of(const Shape& shape, const int64_t* index) {
  int64_t place = 0;
  for (int i = 0; i < shape.rank; i++) place = place * shape.size[i] + index[i];
  return place;
}
