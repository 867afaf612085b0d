#include "kernel_test.h"

namespace {

using coto::Unary;

struct Case {
  const char* name;
  Unary operation;
  double (*reference)(double);
  double relative, absolute;
  float from, to;  // where the tolerance holds
};

const Case kCases[] = {
    {"negate", Unary::negate, [](double x) { return -x; }, 0, 0, -1e30f, 1e30f},
    {"absolute", Unary::absolute, [](double x) { return std::abs(x); }, 0, 0, -1e30f, 1e30f},
    {"exp", Unary::exponential, [](double x) { return std::exp(x); }, 2e-7, 2e-38, -90, 88.7f},
    {"expm1", Unary::exponential_minus_one, [](double x) { return std::expm1(x); }, 4e-7, 0, -30, 88},
    {"log", Unary::logarithm, [](double x) { return std::log(x); }, 2e-7, 1e-7, 1e-38f, 1e38f},
    {"log1p", Unary::logarithm_of_one_plus, [](double x) { return std::log1p(x); }, 4e-7, 0, -0.99f, 1e30f},
    {"sqrt", Unary::square_root, [](double x) { return std::sqrt(x); }, 1e-7, 0, 0, 1e38f},
    {"rsqrt", Unary::reciprocal_square_root, [](double x) { return 1 / std::sqrt(x); }, 2e-7, 0, 1e-30f, 1e38f},
    {"reciprocal", Unary::reciprocal, [](double x) { return 1 / x; }, 1e-7, 0, 1e-30f, 1e30f},
    {"square", Unary::square, [](double x) { return x * x; }, 1e-7, 1e-38, -1e15f, 1e15f},
    {"sign", Unary::sign, [](double x) { return double((x > 0) - (x < 0)); }, 0, 0, -1e30f, 1e30f},
    {"sigmoid", Unary::sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, 4e-7, 0, -80, 100},
    {"tanh", Unary::hyperbolic_tangent, [](double x) { return std::tanh(x); }, 5e-7, 0, -100, 100},
    {"erf", Unary::error_function, [](double x) { return std::erf(x); }, 3e-7, 0, -100, 100},
    {"relu", Unary::relu, [](double x) { return x < 0 ? 0 : x; }, 0, 0, -1e30f, 1e30f},
    {"relu6", Unary::relu6, [](double x) { return std::min(std::max(x, 0.0), 6.0); }, 0, 0, -10, 10},
    {"leaky relu", Unary::leaky_relu, [](double x) { return x < 0 ? -0.5 * x : x; }, 1e-7, 0, -10, 10},
    {"elu", Unary::elu, [](double x) { return x < 0 ? std::expm1(x) : x; }, 4e-7, 0, -30, 30},
    {"softplus", Unary::softplus, [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }, 1e-6,
     0, -80, 100},
    {"silu", Unary::silu, [](double x) { return x / (1 + std::exp(-x)); }, 5e-7, 0, -80, 100},
    {"clip", Unary::clip, [](double x) { return std::min(std::max(x, -0.5), 1.5); }, 0, 0, -10, 10},
    {"step", Unary::step, [](double x) { return x > 0 ? 1 : -0.5; }, 0, 0, -10, 10},
    {"floor", Unary::floor, [](double x) { return std::floor(x); }, 0, 0, -1e9f, 1e9f},
    {"ceil", Unary::ceiling, [](double x) { return std::ceil(x); }, 0, 0, -1e9f, 1e9f},
    {"round", Unary::round, [](double x) { return std::nearbyint(x); }, 0, 0, -1e9f, 1e9f},
    {"sin", Unary::sine, [](double x) { return std::sin(x); }, 1e-6, 1e-7, -10, 10},
    {"cos", Unary::cosine, [](double x) { return std::cos(x); }, 1e-6, 1e-7, -10, 10},
};

// Spread evenly, and by powers of two towards 0, with halves and whole numbers among them.
Floats inputs_between(float from, float to, int64_t count) {
  Floats x;
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int64_t i = 0; i < count; i++) {
    double value = from + (double(to) - from) * uniform(generator());
    if (i % 3 == 1) value = (value < 0 ? -1 : 1) * std::exp2(-20 + 22 * uniform(generator()));
    if (i % 3 == 2) value = std::round(value * 2) / 2;
    if (i % 7 == 3) value = std::round(20 * uniform(generator()) - 10) / 2;
    x.push_back(static_cast<float>(std::min<double>(std::max<double>(value, from), to)));
  }
  return x;
}

void check_extremes(const Kernels& kernels) {
  const auto of = [&](Unary operation, float x) {
    float y = 0;
    kernels.unary(operation, &x, &y, 1, -0.5f, 1.5f);
    return y;
  };
  const std::string what = std::string(kernels.name) + ": ";
  expect(of(Unary::exponential, 100) == kInfinity, what + "exp of 100");
  expect(of(Unary::exponential, kInfinity) == kInfinity, what + "exp of infinity");
  expect(of(Unary::exponential, -200) == 0 && of(Unary::exponential, -kInfinity) == 0, what + "exp of -200");
  expect(of(Unary::exponential, 0) == 1, what + "exp of 0");
  expect(of(Unary::logarithm, 0) == -kInfinity, what + "log of 0");
  expect(std::isnan(of(Unary::logarithm, -1)), what + "log of -1");
  expect(of(Unary::logarithm, kInfinity) == kInfinity, what + "log of infinity");
  expect(std::abs(of(Unary::logarithm, 1e-42f) - std::log(double(1e-42f))) < 1e-4, what + "log of a subnormal number");
  expect(of(Unary::logarithm, 1) == 0, what + "log of 1");
  expect(of(Unary::exponential_minus_one, kInfinity) == kInfinity, what + "expm1 of infinity");
  expect(of(Unary::exponential_minus_one, -kInfinity) == -1, what + "expm1 of -infinity");
  expect(of(Unary::logarithm_of_one_plus, kInfinity) == kInfinity, what + "log1p of infinity");
  expect(of(Unary::logarithm_of_one_plus, -1) == -kInfinity, what + "log1p of -1");
  expect(of(Unary::hyperbolic_tangent, kInfinity) == 1 && of(Unary::hyperbolic_tangent, -kInfinity) == -1,
         what + "tanh at the ends");
  expect(of(Unary::error_function, kInfinity) == 1 && of(Unary::error_function, -kInfinity) == -1,
         what + "erf at the ends");
  expect(of(Unary::sigmoid, kInfinity) == 1 && of(Unary::sigmoid, -kInfinity) == 0, what + "sigmoid at the ends");
  expect(std::isnan(of(Unary::square_root, -1)), what + "sqrt of -1");
  expect(of(Unary::round, 8388609.0f) == 8388609.0f && of(Unary::floor, 1e20f) == 1e20f,
         what + "round of large numbers");
  expect(std::signbit(of(Unary::round, -0.3f)), what + "round of -0.3 is -0");
  for (const auto& item : kCases) expect(std::isnan(of(item.operation, kNotANumber)), what + item.name + " of NaN");
}

void check_int32(const Kernels& kernels) {
  for (const int64_t count : {0, 1, 17, 5000}) {
    const Ints x = random_ints(count, -20, 20);
    const auto check = [&](Unary operation, const char* name, const std::function<int32_t(int32_t)>& reference) {
      Ints wanted;
      for (const int32_t value : x) wanted.push_back(reference(value));
      const Ints y = made_by_any_threads<int32_t>(count, name, [&](int32_t* to) {
        expect(kernels.unary_int32(operation, x.data(), to, count, -3, 4), std::string(name) + " of int32 is there");
      });
      expect_equal(y, wanted, std::string(kernels.name) + " int32 " + name);
    };
    check(Unary::negate, "negate", [](int32_t v) { return -v; });
    check(Unary::absolute, "absolute", [](int32_t v) { return std::abs(v); });
    check(Unary::square, "square", [](int32_t v) { return v * v; });
    check(Unary::sign, "sign", [](int32_t v) { return (v > 0) - (v < 0); });
    check(Unary::relu, "relu", [](int32_t v) { return std::max(v, 0); });
    check(Unary::relu6, "relu6", [](int32_t v) { return std::min(std::max(v, 0), 6); });
    check(Unary::clip, "clip", [](int32_t v) { return std::min(std::max(v, -3), 4); });
  }
  const int32_t lowest = INT32_MIN;
  int32_t y = 0;
  kernels.unary_int32(Unary::absolute, &lowest, &y, 1, 0, 0);
  expect(y == INT32_MIN, "the magnitude of the least int32 wraps");
  expect(!kernels.unary_int32(Unary::exponential, &lowest, &y, 1, 0, 0), "exp of int32 is refused");
}

}  // namespace

KERNEL_TEST("unary operations") {
  for (const auto& item : kCases)
    for (const int64_t count : kLengths) {
      const Floats x = inputs_between(item.from, item.to, count);
      Doubles wanted;
      for (const float value : x) wanted.push_back(item.reference(value));
      const std::string what = std::string(kernels.name) + " " + item.name + " of " + std::to_string(count);
      const Floats y = floats_by_any_threads(
          count, what, [&](float* to) { kernels.unary(item.operation, x.data(), to, count, -0.5f, 1.5f); });
      expect_near(y, wanted, item.relative, item.absolute, what);
      Floats in_place = x;
      kernels.unary(item.operation, in_place.data(), in_place.data(), count, -0.5f, 1.5f);
      expect(count == 0 || std::memcmp(in_place.data(), y.data(), y.size() * 4) == 0, what + " in place");
    }
  check_extremes(kernels);
  check_int32(kernels);
  const Floats x = {1, kNotANumber, kInfinity, -kInfinity, 0};
  Bytes y(5);
  kernels.test(coto::Test::is_nan, x.data(), y.data(), 5);
  expect_equal(y, {0, 1, 0, 0, 0}, "is NaN");
  kernels.test(coto::Test::is_infinite, x.data(), y.data(), 5);
  expect_equal(y, {0, 0, 1, 1, 0}, "is infinite");
  kernels.test(coto::Test::is_finite, x.data(), y.data(), 5);
  expect_equal(y, {1, 0, 0, 0, 1}, "is finite");
}
