#include <map>

#include "kernel_test.h"

namespace {

using coto::Reduction;

constexpr Reduction kReductions[] = {Reduction::sum, Reduction::mean, Reduction::maximum, Reduction::minimum,
                                     Reduction::product};

// The places of x that go into each result, in order.
std::vector<std::vector<int64_t>> groups_of(const Shape& shape, uint32_t axes) {
  Shape out{0, {}};
  for (int i = 0; i < shape.rank; i++)
    if ((axes >> i & 1u) == 0) out.size[out.rank++] = shape.size[i];
  std::vector<std::vector<int64_t>> groups(static_cast<size_t>(elements(out)));
  each_index(shape, [&](const int64_t* index) {
    int64_t kept[coto::kMaxRank] = {};
    int rank = 0;
    for (int i = 0; i < shape.rank; i++)
      if ((axes >> i & 1u) == 0) kept[rank++] = index[i];
    groups[place_of(out, kept)].push_back(place_of(shape, index));
  });
  return groups;
}

template <typename T, typename R>
R reduced(Reduction operation, const std::vector<T>& x, const std::vector<int64_t>& group, R lowest, R highest) {
  R result = operation == Reduction::product   ? 1
             : operation == Reduction::maximum ? lowest
             : operation == Reduction::minimum ? highest
                                               : 0;
  for (const int64_t place : group) {
    const R value = x[place];
    switch (operation) {
      case Reduction::sum:
      case Reduction::mean: result += value; break;
      case Reduction::maximum: result = std::max(result, value); break;
      case Reduction::minimum: result = std::min(result, value); break;
      case Reduction::product: result *= value; break;
    }
  }
  return operation == Reduction::mean ? result / static_cast<R>(group.size()) : result;
}

void check(const Kernels& kernels, const Shape& shape, uint32_t axes) {
  const auto groups = groups_of(shape, axes);
  const auto results = static_cast<int64_t>(groups.size());
  const int64_t count = elements(shape);
  Floats x = random_floats(count);
  const Ints whole = random_ints(count, -3, 3);
  const Bytes truth = random_bools(count);
  const std::string what =
      std::string(kernels.name) + " reduction of " + text_of(shape) + " over " + std::to_string(axes);
  for (const Reduction operation : kReductions) {
    // A product of many numbers stays in range where they are near 1.
    if (operation == Reduction::product)
      for (auto& value : x) value = 1 + value / 1000;
    Doubles wanted;
    for (const auto& group : groups) wanted.push_back(reduced<float, double>(operation, x, group, -INFINITY, INFINITY));
    const Floats y =
        floats_by_any_threads(results, what, [&](float* to) { kernels.reduce(operation, x.data(), shape, axes, to); });
    expect_near(y, wanted, 2e-5, 2e-4, what + " float operation " + std::to_string(int(operation)));
    if (operation == Reduction::product || operation == Reduction::mean) continue;
    Ints exact;
    for (const auto& group : groups)
      exact.push_back(reduced<int32_t, int32_t>(operation, whole, group, INT32_MIN, INT32_MAX));
    expect_equal(
        made_by_any_threads<int32_t>(
            results, what, [&](int32_t* to) { kernels.reduce_int32(operation, whole.data(), shape, axes, to); }),
        exact, what + " int32 operation " + std::to_string(int(operation)));
  }
  Bytes all, any;
  for (const auto& group : groups) {
    uint8_t every = 1, some = 0;
    for (const int64_t place : group) {
      every &= truth[place];
      some |= truth[place];
    }
    all.push_back(every);
    any.push_back(some);
  }
  expect_equal(
      made_by_any_threads<uint8_t>(
          results, what,
          [&](uint8_t* to) { kernels.reduce_bool(coto::Logical::conjunction, truth.data(), shape, axes, to); }),
      all, what + " all");
  expect_equal(
      made_by_any_threads<uint8_t>(
          results, what,
          [&](uint8_t* to) { kernels.reduce_bool(coto::Logical::disjunction, truth.data(), shape, axes, to); }),
      any, what + " any");
}

void check_along(const Kernels& kernels, int64_t outer, int64_t length, int64_t inner) {
  const int64_t count = outer * length * inner;
  const Ints drawn = random_ints(count, 0, 20);  // with ties: the first counts
  const Floats x(drawn.begin(), drawn.end());
  Ints greatest, least;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      int64_t high = 0, low = 0;
      const auto at = [&](int64_t j) { return x[(o * length + j) * inner + i]; };
      for (int64_t j = 0; j < length; j++) {
        if (at(j) > at(high)) high = j;
        if (at(j) < at(low)) low = j;
      }
      greatest.push_back(static_cast<int32_t>(high));
      least.push_back(static_cast<int32_t>(low));
    }
  const std::string what = std::string(kernels.name) + " along " + std::to_string(length);
  expect_equal(made_by_any_threads<int32_t>(outer * inner, what,
                                            [&](int32_t* y) { kernels.argmax(x.data(), y, outer, length, inner); }),
               greatest, what + " argmax");
  expect_equal(made_by_any_threads<int32_t>(outer * inner, what,
                                            [&](int32_t* y) { kernels.argmin(x.data(), y, outer, length, inner); }),
               least, what + " argmin");
  for (const bool exclusive : {false, true})
    for (const bool reverse : {false, true}) {
      Doubles wanted(static_cast<size_t>(count));
      for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
          double sum = 0;
          for (int64_t j = 0; j < length; j++) {
            const int64_t place = (o * length + (reverse ? length - 1 - j : j)) * inner + i;
            wanted[place] = exclusive ? sum : sum + x[place];
            sum += x[place];
          }
        }
      expect_near(floats_by_any_threads(
                      count, what,
                      [&](float* y) { kernels.cumulative_sum(x.data(), y, outer, length, inner, exclusive, reverse); }),
                  wanted, 0, 0, what + " cumulative sum");
    }
}

}  // namespace

KERNEL_TEST("reductions") {
  for (const auto& shape :
       {Shape{0, {}}, Shape{1, {1}}, Shape{1, {17}}, Shape{1, {70000}}, Shape{2, {5, 3}}, Shape{2, {33, 100}},
        Shape{2, {3000, 9}}, Shape{2, {700, 70}}, Shape{2, {4, 40000}}, Shape{2, {40000, 1}}, Shape{3, {4, 5, 6}},
        Shape{3, {2, 600, 17}}, Shape{4, {3, 4, 5, 6}}, Shape{6, {2, 3, 2, 1, 3, 4}}})
    for (uint32_t axes = 0; axes < 1u << shape.rank; axes++) check(kernels, shape, axes);
  for (const int64_t length : {1, 5, 300})
    for (const int64_t inner : {1, 7}) {
      check_along(kernels, 1, length, inner);
      check_along(kernels, 40, length, inner);
    }
  const std::string what = std::string(kernels.name) + " ";
  for (const int64_t width : {1, 9, 64, 130})
    for (const int64_t rows : {0, 1, 5, 3000}) {
      const Floats x = random_floats(rows * width);
      Doubles sums(static_cast<size_t>(width));
      for (size_t i = 0; i < x.size(); i++) sums[i % width] += x[i];
      expect_near(floats_by_any_threads(width, what, [&](float* y) { kernels.column_sums(x.data(), y, rows, width); }),
                  sums, 1e-5, 1e-4, what + "column sums");
    }
  for (const int64_t count : kLengths) {
    const Floats x = random_floats(count);
    double sum = 0;
    for (const float value : x) sum += double(value) * value;
    for (const int threads : {1, 2}) {
      coto::set_thread_count(threads);
      expect(std::abs(kernels.sum_of_squares(x.data(), count) - sum) <= 1e-12 * sum, what + "sum of squares");
    }
  }
  const Shape empty{2, {3, 0}};
  Floats y(3);
  kernels.reduce(Reduction::maximum, nullptr, empty, 2, y.data());
  expect_equal(y, {-kInfinity, -kInfinity, -kInfinity}, what + "maximum of nothing");
  kernels.reduce(Reduction::sum, nullptr, empty, 2, y.data());
  expect_equal(y, {0, 0, 0}, what + "sum of nothing");
  for (const int64_t length : {3, 200}) {
    Floats x(static_cast<size_t>(length), 1.0f);
    x[1] = kNotANumber;
    for (const Reduction operation : {Reduction::maximum, Reduction::minimum}) {
      kernels.reduce(operation, x.data(), Shape{1, {length}}, 1, y.data());
      expect(std::isnan(y[0]), what + "extreme of NaN");
    }
  }
}
