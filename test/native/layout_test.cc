#include <algorithm>
#include <numeric>

#include "kernel_test.h"

namespace {

// Numbers that tell every element from every other, also as bytes for small tensors.
template <typename T>
std::vector<T> numbered(int64_t count) {
  std::vector<T> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) values[i] = static_cast<T>(i * 7 + 1);
  return values;
}

template <typename T>
void check_transpose(const Kernels& kernels, const Shape& shape, std::vector<int> permutation) {
  const auto x = numbered<T>(elements(shape));
  Shape out{shape.rank, {}};
  for (int i = 0; i < shape.rank; i++) out.size[i] = shape.size[permutation[i]];
  std::vector<T> wanted;
  each_index(out, [&](const int64_t* index) {
    int64_t from[coto::kMaxRank] = {};
    for (int i = 0; i < shape.rank; i++) from[permutation[i]] = index[i];
    wanted.push_back(x[place_of(shape, from)]);
  });
  std::string what = std::string(kernels.name) + " transpose " + text_of(shape) + " by";
  for (const int axis : permutation) what += " " + std::to_string(axis);
  expect_equal(
      made_by_any_threads<T>(elements(out), what,
                             [&](T* y) { kernels.transpose(x.data(), shape, permutation.data(), y, sizeof(T)); }),
      wanted, what);
}

void check_transposes(const Kernels& kernels) {
  for (const auto& shape :
       {Shape{0, {}}, Shape{1, {9}}, Shape{2, {1, 7}}, Shape{2, {17, 33}}, Shape{2, {64, 130}}, Shape{2, {300, 70}},
        Shape{2, {0, 5}}, Shape{3, {3, 20, 17}}, Shape{3, {5, 1, 4}}, Shape{4, {2, 17, 3, 16}}}) {
    std::vector<int> permutation(static_cast<size_t>(shape.rank));
    std::iota(permutation.begin(), permutation.end(), 0);
    do {
      check_transpose<int32_t>(kernels, shape, permutation);
      check_transpose<uint8_t>(kernels, shape, permutation);
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
  check_transpose<int32_t>(kernels, Shape{6, {2, 3, 4, 2, 5, 3}}, {5, 0, 3, 1, 4, 2});
  check_transpose<int32_t>(kernels, Shape{5, {2, 3, 4, 18, 19}}, {0, 2, 1, 4, 3});
}

template <typename T>
void check_slice(const Kernels& kernels, const Shape& shape, std::vector<int64_t> begin, std::vector<int64_t> strides,
                 const Shape& out) {
  const auto x = numbered<T>(elements(shape));
  std::vector<T> wanted;
  each_index(out, [&](const int64_t* index) {
    int64_t from[coto::kMaxRank] = {};
    for (int i = 0; i < shape.rank; i++) from[i] = begin[i] + index[i] * (strides.empty() ? 1 : strides[i]);
    wanted.push_back(x[place_of(shape, from)]);
  });
  const std::string what = std::string(kernels.name) + " slice " + text_of(shape) + text_of(out);
  expect_equal(made_by_any_threads<T>(elements(out), what,
                                      [&](T* y) {
                                        kernels.slice(x.data(), shape, begin.data(),
                                                      strides.empty() ? nullptr : strides.data(), y, out, sizeof(T));
                                      }),
               wanted, what);
}

template <typename T>
void check_pad(const Kernels& kernels, const Shape& shape, std::vector<int64_t> before, const Shape& out) {
  const auto x = numbered<T>(elements(shape));
  const T value = 99;
  std::vector<T> wanted(static_cast<size_t>(elements(out)), value);
  each_index(shape, [&](const int64_t* index) {
    int64_t to[coto::kMaxRank] = {};
    for (int i = 0; i < shape.rank; i++) to[i] = before[i] + index[i];
    wanted[place_of(out, to)] = x[place_of(shape, index)];
  });
  const std::string what = std::string(kernels.name) + " pad " + text_of(shape) + text_of(out);
  expect_equal(
      made_by_any_threads<T>(elements(out), what,
                             [&](T* y) { kernels.pad(x.data(), shape, before.data(), &value, y, out, sizeof(T)); }),
      wanted, what);
}

template <typename T>
void check_tile(const Kernels& kernels, const Shape& shape, const Shape& out) {
  const auto x = numbered<T>(elements(shape));
  std::vector<T> wanted;
  each_index(out, [&](const int64_t* index) {
    int64_t from[coto::kMaxRank] = {};
    for (int i = 0; i < shape.rank; i++) from[i] = index[i] % shape.size[i];
    wanted.push_back(x[place_of(shape, from)]);
  });
  const std::string what = std::string(kernels.name) + " tile " + text_of(shape) + text_of(out);
  expect_equal(
      made_by_any_threads<T>(elements(out), what, [&](T* y) { kernels.tile(x.data(), shape, y, out, sizeof(T)); }),
      wanted, what);
}

void check_concat(const Kernels& kernels, std::vector<int64_t> sizes, int64_t outer) {
  std::vector<Bytes> inputs;
  std::vector<const void*> pointers;
  int64_t total = 0;
  for (const int64_t size : sizes) {
    inputs.push_back(random_bools(outer * size));
    total += size;
  }
  for (const auto& input : inputs) pointers.push_back(input.data());
  Bytes wanted;
  for (int64_t r = 0; r < outer; r++)
    for (size_t t = 0; t < sizes.size(); t++)
      wanted.insert(wanted.end(), inputs[t].begin() + r * sizes[t], inputs[t].begin() + (r + 1) * sizes[t]);
  const std::string what = std::string(kernels.name) + " concat of " + std::to_string(total);
  expect_equal(made_by_any_threads<uint8_t>(outer * total, what,
                                            [&](uint8_t* y) {
                                              kernels.concat(pointers.data(), sizes.data(),
                                                             static_cast<int64_t>(sizes.size()), y, outer);
                                            }),
               wanted, what);
}

template <typename T>
void check_all(const Kernels& kernels) {
  check_slice<T>(kernels, Shape{1, {20}}, {3}, {}, Shape{1, {11}});
  check_slice<T>(kernels, Shape{2, {200, 90}}, {3, 5}, {}, Shape{2, {150, 60}});
  check_slice<T>(kernels, Shape{2, {200, 90}}, {3, 0}, {}, Shape{2, {190, 90}});
  check_slice<T>(kernels, Shape{3, {5, 6, 7}}, {1, 2, 3}, {}, Shape{3, {2, 3, 4}});
  check_slice<T>(kernels, Shape{3, {5, 6, 7}}, {4, 0, 6}, {-1, 2, -2}, Shape{3, {5, 3, 4}});
  check_slice<T>(kernels, Shape{2, {4, 4}}, {0, 0}, {}, Shape{2, {0, 4}});
  check_slice<T>(kernels, Shape{6, {3, 2, 3, 2, 3, 4}}, {1, 0, 1, 0, 1, 1}, {}, Shape{6, {2, 2, 1, 2, 2, 3}});
  check_pad<T>(kernels, Shape{1, {5}}, {2}, Shape{1, {9}});
  check_pad<T>(kernels, Shape{2, {100, 60}}, {0, 3}, Shape{2, {101, 90}});
  check_pad<T>(kernels, Shape{4, {2, 3, 4, 5}}, {1, 0, 2, 1}, Shape{4, {4, 3, 7, 6}});
  check_pad<T>(kernels, Shape{2, {0, 3}}, {1, 1}, Shape{2, {2, 5}});
  check_tile<T>(kernels, Shape{0, {}}, Shape{0, {}});
  check_tile<T>(kernels, Shape{1, {1}}, Shape{1, {5000}});
  check_tile<T>(kernels, Shape{2, {3, 5}}, Shape{2, {6, 5}});
  check_tile<T>(kernels, Shape{2, {3, 5}}, Shape{2, {9, 20}});
  check_tile<T>(kernels, Shape{2, {300, 1}}, Shape{2, {300, 40}});
  check_tile<T>(kernels, Shape{2, {1, 40}}, Shape{2, {300, 40}});
  check_tile<T>(kernels, Shape{3, {2, 0, 3}}, Shape{3, {4, 0, 3}});
  check_tile<T>(kernels, Shape{6, {2, 1, 2, 3, 1, 2}}, Shape{6, {4, 3, 2, 6, 2, 4}});
  for (const int64_t count : kLengths) {
    const T value = 42;
    expect_equal(made_by_any_threads<T>(count, "fill", [&](T* y) { kernels.fill(y, &value, count, sizeof(T)); }),
                 std::vector<T>(static_cast<size_t>(count), value), std::string(kernels.name) + " fill");
    const auto x = numbered<T>(count);
    expect_equal(
        made_by_any_threads<T>(count, "copy", [&](T* y) { kernels.copy(x.data(), y, count * int64_t(sizeof(T))); }), x,
        std::string(kernels.name) + " copy");
  }
}

}  // namespace

KERNEL_TEST("layout") {
  check_transposes(kernels);
  check_all<int32_t>(kernels);
  check_all<uint8_t>(kernels);
  check_concat(kernels, {4}, 3);
  check_concat(kernels, {4, 12, 0, 8}, 1000);
  check_concat(kernels, {3, 1}, 1);
  check_concat(kernels, {4, 8}, 0);
}

KERNEL_TEST("rows") {
  const std::string what = std::string(kernels.name) + " ";
  for (const int64_t width : {1, 5, 130}) {
    const int64_t tokens = 17, examples = 40, rows = tokens * examples;
    const Floats x = random_floats(rows * width), dy = random_floats(examples * width);
    Floats first, spread(static_cast<size_t>(rows * width));
    for (int64_t e = 0; e < examples; e++)
      for (int64_t i = 0; i < width; i++) {
        first.push_back(x[e * tokens * width + i]);
        spread[e * tokens * width + i] = dy[e * width + i];
      }
    expect_equal(floats_by_any_threads(examples * width, what,
                                       [&](float* y) { kernels.cls_tokens(x.data(), y, rows, width, tokens); }),
                 first, what + "cls tokens");
    expect_equal(
        floats_by_any_threads(rows * width, what,
                              [&](float* dx) { kernels.cls_tokens_gradient(dy.data(), dx, rows, width, tokens); }),
        spread, what + "cls tokens' gradient");

    Ints indices = random_ints(500, 0, static_cast<int32_t>(rows) - 1);
    indices[3] = -1;
    indices[4] = static_cast<int32_t>(rows);
    Floats gathered;
    Doubles sums(static_cast<size_t>(rows * width));
    const Floats values = random_floats(500 * width);
    for (size_t k = 0; k < indices.size(); k++)
      for (int64_t i = 0; i < width; i++) {
        const bool inside = indices[k] >= 0 && indices[k] < rows;
        gathered.push_back(inside ? x[indices[k] * width + i] : 0);
        if (inside) sums[indices[k] * width + i] += values[k * width + i];
      }
    expect_equal(floats_by_any_threads(
                     500 * width, what,
                     [&](float* y) { kernels.gather_rows(x.data(), indices.data(), y, rows, 500, width * 4); }),
                 gathered, what + "gather");
    expect_near(floats_by_any_threads(
                    rows * width, what,
                    [&](float* y) { kernels.scatter_add_rows(values.data(), indices.data(), y, rows, 500, width); }),
                sums, 1e-6, 1e-6, what + "scatter");

    Floats hot;
    for (const int32_t index : indices)
      for (int64_t i = 0; i < width; i++) hot.push_back(i == index ? 2 : -1);
    expect_equal(floats_by_any_threads(500 * width, what,
                                       [&](float* y) { kernels.one_hot(indices.data(), y, 500, width, 2, -1); }),
                 hot, what + "one-hot");
  }
}
