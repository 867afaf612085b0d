#include "kernel_test.h"

namespace {

void check_row_scale(const Kernels& kernels, int64_t outputs, int64_t inputs, int64_t rank) {
  const std::string what = std::string(kernels.name) + " dora row_scale " + std::to_string(outputs) + "x" +
                           std::to_string(inputs) + " rank " + std::to_string(rank);
  const float scale = 1.7f;
  Floats weight = random_floats(outputs * inputs), a = random_floats(rank * inputs);
  const Floats b = random_floats(outputs * rank, 0.3), magnitude = random_floats(outputs);
  Doubles wanted;
  for (int64_t o = 0; o < outputs; o++) {
    double squares = 0;
    for (int64_t i = 0; i < inputs; i++) {
      double changed = weight[o * inputs + i];
      for (int64_t k = 0; k < rank; k++) changed += scale * static_cast<double>(b[o * rank + k]) * a[k * inputs + i];
      squares += changed * changed;
    }
    wanted.push_back(1 / std::max(1e-15, std::sqrt(squares)));
  }
  for (int64_t o = 0; o < outputs; o++) wanted.push_back(magnitude[o] * wanted[o]);
  // A norm of few numbers may be the difference of large ones.
  expect_near(floats_by_any_threads(2 * outputs, what,
                                    [&](float* made) {
                                      kernels.dora_row_scale(weight.data(), a.data(), b.data(), magnitude.data(), made,
                                                             made + outputs, outputs, inputs, rank, scale);
                                    }),
              wanted, inputs < 8 ? 1e-3 : 1e-5, 0, what);
}

// A weight that the factors take away to the last bit, and one that is 0 throughout.
void check_no_norm(const Kernels& kernels) {
  const int64_t inputs = 37;
  const Floats a = random_floats(inputs);
  Floats weight = a;
  weight.resize(static_cast<size_t>(2 * inputs));
  const Floats b = {-1, 0}, magnitude = {3, 0};
  Floats inverse(2), row_scale(2);
  kernels.dora_row_scale(weight.data(), a.data(), b.data(), magnitude.data(), inverse.data(), row_scale.data(), 2,
                         inputs, 1, 1);
  expect_near(inverse, {1e15, 1e15}, 1e-6, 0, std::string(kernels.name) + " dora row_scale without a norm");
  expect_near(row_scale, {3e15, 0}, 1e-6, 0, std::string(kernels.name) + " dora row_scale without a norm");
}

void check_rows(const Kernels& kernels, int64_t rows, int64_t width) {
  const std::string what = std::string(kernels.name) + " " + std::to_string(rows) + "x" + std::to_string(width) + " ";
  const int64_t count = rows * width;
  const Floats x = random_floats(count), row_scale = random_floats(width), bias = random_floats(width),
               addend = random_floats(count);
  for (const bool has_bias : {false, true})
    for (const bool has_addend : {false, true}) {
      Doubles wanted;
      for (int64_t i = 0; i < count; i++)
        wanted.push_back(static_cast<double>(x[i]) * row_scale[i % width] + (has_bias ? bias[i % width] : 0) +
                         (has_addend ? addend[i] : 0));
      Floats in_place = addend;
      Floats y(x.size());
      const float* const added = has_addend ? in_place.data() : nullptr;
      float* const to = has_addend ? in_place.data() : y.data();
      kernels.scaled_epilogue(x.data(), row_scale.data(), has_bias ? bias.data() : nullptr, added, to, rows, width);
      expect_near(has_addend ? in_place : y, wanted, 1e-6, 1e-6, what + "apply row_scale");
    }

  const Floats dy = random_floats(count), factor = random_floats(width);
  Doubles wanted(x.size());
  Doubles sums(row_scale.size());
  for (int64_t i = 0; i < count; i++) {
    wanted[i] = static_cast<double>(dy[i]) * row_scale[i % width];
    sums[i % width] += static_cast<double>(dy[i]) * x[i] * factor[i % width];
  }
  wanted.insert(wanted.end(), sums.begin(), sums.end());
  expect_near(floats_by_any_threads(count + width, what,
                                    [&](float* made) {
                                      kernels.row_scale_gradient(dy.data(), x.data(), row_scale.data(), factor.data(),
                                                                 made, made + count, rows, width);
                                    }),
              wanted, 1e-5, 1e-6 * static_cast<double>(rows + 1), what + "row_scale gradient");
  Floats in_place = dy, last(row_scale.size());
  kernels.row_scale_gradient(in_place.data(), x.data(), row_scale.data(), factor.data(), in_place.data(), last.data(),
                             rows, width);
  in_place.insert(in_place.end(), last.begin(), last.end());
  expect_near(in_place, wanted, 1e-5, 1e-6 * static_cast<double>(rows + 1), what + "row_scale gradient in place");
}

}  // namespace

KERNEL_TEST("DoRA") {
  for (const int64_t outputs : {1, 3, 4, 7, 130})
    for (const int64_t inputs : {1, 5, 16, 33, 64, 200}) check_row_scale(kernels, outputs, inputs, outputs % 5 + 1);
  check_row_scale(kernels, 0, 4, 1);
  check_row_scale(kernels, 3, 64, 0);
  check_row_scale(kernels, 1030, 512, 8);
  check_no_norm(kernels);
  for (const int64_t rows : {0, 1, 5, 300})
    for (const int64_t width : {1, 7, 16, 33, 100, 1030}) check_rows(kernels, rows, width);
  check_rows(kernels, 9000, 64);
}
