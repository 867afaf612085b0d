#include <array>

#include "kernel_test.h"

namespace {

using coto::Binary;
using coto::Comparison;
using coto::Logical;

const std::vector<std::array<Shape, 3>> kShapes = {
    {Shape{0, {}}, Shape{0, {}}, Shape{0, {}}},
    {Shape{1, {0}}, Shape{1, {0}}, Shape{1, {0}}},
    {Shape{1, {17}}, Shape{1, {17}}, Shape{1, {17}}},
    {Shape{2, {100, 130}}, Shape{2, {100, 130}}, Shape{2, {100, 130}}},
    {Shape{2, {100, 130}}, Shape{0, {}}, Shape{2, {100, 130}}},
    {Shape{0, {}}, Shape{2, {3, 5}}, Shape{2, {3, 5}}},
    {Shape{2, {100, 130}}, Shape{1, {130}}, Shape{2, {100, 130}}},
    {Shape{2, {100, 130}}, Shape{2, {100, 1}}, Shape{2, {100, 130}}},
    {Shape{2, {1, 7}}, Shape{2, {9, 1}}, Shape{2, {9, 7}}},
    {Shape{2, {0, 7}}, Shape{1, {7}}, Shape{2, {0, 7}}},
    {Shape{3, {4, 1, 6}}, Shape{3, {1, 5, 1}}, Shape{3, {4, 5, 6}}},
    {Shape{6, {2, 1, 3, 1, 2, 3}}, Shape{6, {1, 2, 3, 4, 1, 3}}, Shape{6, {2, 2, 3, 4, 2, 3}}},
    {Shape{4, {2, 3, 1, 5}}, Shape{2, {4, 1}}, Shape{4, {2, 3, 4, 5}}},
};

int64_t broadcast_place(const Shape& shape, const Shape& out, const int64_t* index) {
  int64_t place = 0;
  for (int i = 0; i < shape.rank; i++)
    place = place * shape.size[i] + (shape.size[i] == 1 ? 0 : index[i + out.rank - shape.rank]);
  return place;
}

// The reference's result over broadcast operands.
template <typename R, typename T>
std::vector<R> broadcast(const std::vector<T>& a, const Shape& a_shape, const std::vector<T>& b, const Shape& b_shape,
                         const Shape& out, const std::function<R(T, T)>& reference) {
  std::vector<R> results;
  each_index(out, [&](const int64_t* index) {
    results.push_back(reference(a[broadcast_place(a_shape, out, index)], b[broadcast_place(b_shape, out, index)]));
  });
  return results;
}

struct FloatCase {
  const char* name;
  Binary operation;
  double (*reference)(double, double);
};

double floored_modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  return (a < 0) == (b < 0) ? rest : std::fmod(rest + b, b);
}

const FloatCase kFloatCases[] = {
    {"add", Binary::add, [](double a, double b) { return a + b; }},
    {"subtract", Binary::subtract, [](double a, double b) { return a - b; }},
    {"multiply", Binary::multiply, [](double a, double b) { return a * b; }},
    {"divide", Binary::divide, [](double a, double b) { return a / b; }},
    {"maximum", Binary::maximum, [](double a, double b) { return std::max(a, b); }},
    {"minimum", Binary::minimum, [](double a, double b) { return std::min(a, b); }},
    {"squared difference", Binary::squared_difference, [](double a, double b) { return (a - b) * (a - b); }},
    {"floor divide", Binary::floor_divide, [](double a, double b) { return std::floor(double(float(a / b))); }},
    {"modulo", Binary::modulo, floored_modulo},
};

struct IntCase {
  const char* name;
  Binary operation;
  int32_t (*reference)(int32_t, int32_t);
};

const IntCase kIntCases[] = {
    {"add", Binary::add, [](int32_t a, int32_t b) { return a + b; }},
    {"subtract", Binary::subtract, [](int32_t a, int32_t b) { return a - b; }},
    {"multiply", Binary::multiply, [](int32_t a, int32_t b) { return a * b; }},
    {"divide", Binary::divide, [](int32_t a, int32_t b) { return b == 0 ? 0 : a / b; }},
    {"maximum", Binary::maximum, [](int32_t a, int32_t b) { return std::max(a, b); }},
    {"minimum", Binary::minimum, [](int32_t a, int32_t b) { return std::min(a, b); }},
    {"squared difference", Binary::squared_difference, [](int32_t a, int32_t b) { return (a - b) * (a - b); }},
    {"floor divide", Binary::floor_divide,
     [](int32_t a, int32_t b) { return b == 0 ? 0 : static_cast<int32_t>(std::floor(double(a) / b)); }},
    {"modulo", Binary::modulo,
     [](int32_t a, int32_t b) { return b == 0 ? 0 : static_cast<int32_t>(a - b * std::floor(double(a) / b)); }},
};

void check_floats(const Kernels& kernels, const Shape& a_shape, const Shape& b_shape, const Shape& out) {
  const Floats a = random_floats(elements(a_shape), 3), b = random_floats(elements(b_shape), 3);
  for (const auto& item : kFloatCases) {
    const std::string what = std::string(kernels.name) + " " + item.name + " " + text_of(a_shape) + text_of(b_shape);
    const Floats got = floats_by_any_threads(elements(out), what, [&](float* to) {
      kernels.binary(item.operation, a.data(), a_shape, b.data(), b_shape, to, out);
    });
    const auto reference = [&](float p, float q) { return item.reference(p, q); };
    expect_near(got, broadcast<double, float>(a, a_shape, b, b_shape, out, reference), 3e-7, 1e-7, what);
  }
  Floats positive = a;
  for (auto& value : positive) value = std::abs(value);
  const Floats powers = floats_by_any_threads(elements(out), "power", [&](float* to) {
    kernels.binary(Binary::power, positive.data(), a_shape, b.data(), b_shape, to, out);
  });
  const auto power = [](float p, float q) { return std::pow(double(p), double(q)); };
  expect_near(powers, broadcast<double, float>(positive, a_shape, b, b_shape, out, power), 1e-6, 1e-30,
              std::string(kernels.name) + " power");
}

void check_ints(const Kernels& kernels, const Shape& a_shape, const Shape& b_shape, const Shape& out) {
  const Ints a = random_ints(elements(a_shape), -30, 30), b = random_ints(elements(b_shape), -4, 4);
  for (const auto& item : kIntCases) {
    const Ints got = made_by_any_threads<int32_t>(elements(out), item.name, [&](int32_t* to) {
      kernels.binary_int32(item.operation, a.data(), a_shape, b.data(), b_shape, to, out);
    });
    expect_equal(got, broadcast<int32_t, int32_t>(a, a_shape, b, b_shape, out, item.reference),
                 std::string(kernels.name) + " int32 " + item.name + " " + text_of(a_shape) + text_of(b_shape));
  }
}

template <typename T, typename Kernel>
void check_comparisons(const char* name, Kernel kernel, const std::vector<T>& a, const Shape& a_shape,
                       const std::vector<T>& b, const Shape& b_shape, const Shape& out) {
  using Reference = std::function<uint8_t(T, T)>;
  const std::pair<Comparison, Reference> cases[] = {{Comparison::equal, [](T p, T q) { return p == q; }},
                                                    {Comparison::not_equal, [](T p, T q) { return p != q; }},
                                                    {Comparison::less, [](T p, T q) { return p < q; }},
                                                    {Comparison::less_equal, [](T p, T q) { return p <= q; }},
                                                    {Comparison::greater, [](T p, T q) { return p > q; }},
                                                    {Comparison::greater_equal, [](T p, T q) { return p >= q; }}};
  for (const auto& [operation, reference] : cases) {
    const std::string what = std::string(name) + " comparison " + std::to_string(int(operation));
    const Bytes got = made_by_any_threads<uint8_t>(elements(out), what, [&, operation = operation](uint8_t* to) {
      kernel(operation, a.data(), a_shape, b.data(), b_shape, to, out);
    });
    expect_equal(got, broadcast<uint8_t, T>(a, a_shape, b, b_shape, out, reference), what);
  }
}

void check_truths(const Kernels& kernels, const Shape& a_shape, const Shape& b_shape, const Shape& out) {
  const int64_t a_count = elements(a_shape), b_count = elements(b_shape);
  const Ints a = random_ints(a_count, -2, 2), b = random_ints(b_count, -2, 2);
  const Floats a_floats(a.begin(), a.end()), b_floats(b.begin(), b.end());
  const Bytes a_bools = random_bools(a_count), b_bools = random_bools(b_count);
  check_comparisons(kernels.name, kernels.compare, a_floats, a_shape, b_floats, b_shape, out);
  check_comparisons(kernels.name, kernels.compare_int32, a, a_shape, b, b_shape, out);
  check_comparisons(kernels.name, kernels.compare_bool, a_bools, a_shape, b_bools, b_shape, out);
  using Reference = std::function<uint8_t(uint8_t, uint8_t)>;
  const std::pair<Logical, Reference> cases[] = {{Logical::conjunction, [](uint8_t p, uint8_t q) { return p && q; }},
                                                 {Logical::disjunction, [](uint8_t p, uint8_t q) { return p || q; }},
                                                 {Logical::exclusive, [](uint8_t p, uint8_t q) { return p != q; }}};
  for (const auto& [operation, reference] : cases) {
    const Bytes got = made_by_any_threads<uint8_t>(elements(out), "logical", [&, operation = operation](uint8_t* to) {
      kernels.logical(operation, a_bools.data(), a_shape, b_bools.data(), b_shape, to, out);
    });
    expect_equal(got, broadcast<uint8_t, uint8_t>(a_bools, a_shape, b_bools, b_shape, out, reference), "logical");
  }
}

void check_select(const Kernels& kernels, int64_t outer, int64_t inner) {
  const int64_t count = outer * inner;
  const Bytes condition = random_bools(outer), a_bytes = random_bools(count), b_bytes(static_cast<size_t>(count), 7);
  const Ints a = random_ints(count, 0, 9), b = random_ints(count, 10, 19);
  Ints wanted;
  Bytes wanted_bytes;
  for (int64_t i = 0; i < count; i++) {
    wanted.push_back(condition[i / inner] ? a[i] : b[i]);
    wanted_bytes.push_back(condition[i / inner] ? a_bytes[i] : b_bytes[i]);
  }
  const std::string what = std::string(kernels.name) + " select " + std::to_string(outer) + "x" + std::to_string(inner);
  expect_equal(
      made_by_any_threads<int32_t>(
          count, what, [&](int32_t* to) { kernels.select(condition.data(), a.data(), b.data(), to, count, inner, 4); }),
      wanted, what);
  expect_equal(
      made_by_any_threads<uint8_t>(
          count, what,
          [&](uint8_t* to) { kernels.select(condition.data(), a_bytes.data(), b_bytes.data(), to, count, inner, 1); }),
      wanted_bytes, what + " of bytes");
}

void check_sums(const Kernels& kernels, int64_t count) {
  const std::vector<Floats> inputs = {random_floats(count), random_floats(count), random_floats(count)};
  const float* const list[] = {inputs[0].data(), inputs[1].data(), inputs[2].data()};
  Doubles sum, accumulated;
  for (int64_t i = 0; i < count; i++) {
    sum.push_back(double(inputs[0][i]) + inputs[1][i] + inputs[2][i]);
    accumulated.push_back(0.5 * inputs[0][i] + inputs[1][i]);
  }
  const std::string what = std::string(kernels.name) + " sums of " + std::to_string(count);
  expect_near(floats_by_any_threads(count, what, [&](float* to) { kernels.add_n(list, 3, to, count); }), sum, 1e-6,
              1e-6, what);
  expect_near(floats_by_any_threads(count, what,
                                    [&](float* to) {
                                      std::copy(inputs[1].begin(), inputs[1].end(), to);
                                      kernels.accumulate(inputs[0].data(), 0.5f, to, count);
                                    }),
              accumulated, 1e-6, 1e-6, what + ": accumulate");
  Floats one = inputs[0];
  kernels.add_n(list, 1, one.data(), count);
  expect(one == inputs[0], what + ": of one");
}

}  // namespace

KERNEL_TEST("binary operations") {
  for (const auto& [a, b, out] : kShapes) {
    check_floats(kernels, a, b, out);
    check_ints(kernels, a, b, out);
    check_truths(kernels, a, b, out);
  }
  for (const int64_t inner : {1, 3, 17})
    for (const int64_t outer : {0, 1, 40, 5000}) check_select(kernels, outer, inner);
  for (const int64_t count : kLengths) check_sums(kernels, count);

  const Shape one{1, {1}};
  const auto of = [&](Binary operation, float a, float b) {
    float result = 0;
    kernels.binary(operation, &a, one, &b, one, &result, one);
    return result;
  };
  expect(std::isnan(of(Binary::maximum, kNotANumber, 1)) && std::isnan(of(Binary::maximum, 1, kNotANumber)),
         "maximum with NaN");
  expect(std::isnan(of(Binary::minimum, kNotANumber, 1)) && std::isnan(of(Binary::minimum, 1, kNotANumber)),
         "minimum with NaN");
  expect(of(Binary::power, -3, 2) == 9 && of(Binary::power, 2, -1) == 0.5f, "power");
  const int32_t least = INT32_MIN, minus_one = -1, base = -2, five = 5;
  int32_t result = 0;
  for (const Binary operation : {Binary::divide, Binary::floor_divide}) {
    kernels.binary_int32(operation, &least, one, &minus_one, one, &result, one);
    expect(result == INT32_MIN, "the least int32 divided by -1 wraps");
  }
  kernels.binary_int32(Binary::power, &base, one, &five, one, &result, one);
  expect(result == -32, "(-2)^5");
  const Bytes truth = {0, 1, 1};
  Bytes denied(3);
  kernels.logical_not(truth.data(), denied.data(), 3);
  expect_equal(denied, {1, 0, 0}, "not");
}
