#include "kernel_test.h"

namespace {

struct Norm {
  Doubles y, dx;
};

// Layer norm (centered) or RMS norm of every row, and its gradient.
Norm reference_of(const Floats& x, const Floats& scale, const Floats& shift, const Floats& dy, int64_t width,
                  double epsilon, bool centered) {
  Norm out;
  for (size_t row = 0; row < x.size(); row += static_cast<size_t>(width)) {
    double mean = 0, square = 0, along = 0, total = 0;
    for (int64_t i = 0; i < width; i++) mean += centered ? x[row + i] / double(width) : 0;
    for (int64_t i = 0; i < width; i++) square += (x[row + i] - mean) * (x[row + i] - mean) / double(width);
    const double inverse = 1 / std::sqrt(square + epsilon);
    const auto normal = [&](int64_t i) { return (x[row + i] - mean) * inverse; };
    const auto factor = [&](int64_t i) { return scale.empty() ? 1.0 : double(scale[i]); };
    for (int64_t i = 0; i < width; i++) {
      along += dy[row + i] * factor(i) * normal(i) / double(width);
      total += centered ? dy[row + i] * factor(i) / double(width) : 0;
    }
    for (int64_t i = 0; i < width; i++) {
      out.y.push_back(normal(i) * factor(i) + (shift.empty() ? 0.0 : double(shift[i])));
      out.dx.push_back((dy[row + i] * factor(i) - total - normal(i) * along) * inverse);
    }
  }
  return out;
}

Doubles sum_of(Doubles values, const Floats& added) {
  for (size_t i = 0; i < values.size(); i++) values[i] += added[i];
  return values;
}

const float* data_of(const Floats& values) { return values.empty() ? nullptr : values.data(); }

void check(const Kernels& kernels, int64_t rows, int64_t width, bool scaled) {
  const std::string what = std::string(kernels.name) + " " + std::to_string(rows) + "x" + std::to_string(width);
  const int64_t count = rows * width;
  Floats x = random_floats(count), dy = random_floats(count);
  for (auto& value : x) value += 2;
  const Floats addend(dy.rbegin(), dy.rend());
  const Floats scale = scaled ? random_floats(width) : Floats(), shift = scaled ? random_floats(width) : Floats();
  const float epsilon = 1e-5f;
  const Norm layer = reference_of(x, scale, shift, dy, width, epsilon, true);
  const Norm rms = reference_of(x, scale, {}, dy, width, epsilon, false);
  expect_near(
      floats_by_any_threads(
          count, what,
          [&](float* y) { kernels.layer_norm(x.data(), data_of(scale), data_of(shift), y, rows, width, epsilon); }),
      layer.y, 1e-5, 2e-5, what + ": layer norm");
  // Among few numbers the variance may be small, and the gradient the difference of large numbers.
  const double slack = width < 4 ? 1e-3 : 2e-5;
  expect_near(floats_by_any_threads(count, what,
                                    [&](float* dx) {
                                      kernels.layer_norm_gradient(x.data(), data_of(scale), dy.data(), nullptr, dx,
                                                                  rows, width, epsilon);
                                    }),
              layer.dx, 1e-5, slack, what + ": layer norm's gradient");
  expect_near(floats_by_any_threads(count, what,
                                    [&](float* dx) {
                                      kernels.layer_norm_gradient(x.data(), data_of(scale), dy.data(), addend.data(),
                                                                  dx, rows, width, epsilon);
                                    }),
              sum_of(layer.dx, addend), 1e-5, slack, what + ": layer norm's gradient, added");
  expect_near(floats_by_any_threads(
                  count, what, [&](float* y) { kernels.rms_norm(x.data(), data_of(scale), y, rows, width, epsilon); }),
              rms.y, 1e-5, 1e-6, what + ": RMS norm");
  expect_near(floats_by_any_threads(count, what,
                                    [&](float* dx) {
                                      kernels.rms_norm_gradient(x.data(), data_of(scale), dy.data(), nullptr, dx, rows,
                                                                width, epsilon);
                                    }),
              rms.dx, 1e-5, 1e-5, what + ": RMS norm's gradient");
  expect_near(floats_by_any_threads(count, what,
                                    [&](float* dx) {
                                      kernels.rms_norm_gradient(x.data(), data_of(scale), dy.data(), addend.data(), dx,
                                                                rows, width, epsilon);
                                    }),
              sum_of(rms.dx, addend), 1e-5, 1e-5, what + ": RMS norm's gradient, added");
  Floats in_place = x;
  kernels.layer_norm(in_place.data(), data_of(scale), data_of(shift), in_place.data(), rows, width, epsilon);
  expect_near(in_place, layer.y, 1e-5, 2e-5, what + ": layer norm in place");
}

void check_rotary(const Kernels& kernels, int64_t rows, int64_t table_rows, int64_t heads, int64_t size, bool inverse) {
  const std::string what = std::string(kernels.name) + " rotary " + std::to_string(rows) + "x" + std::to_string(size);
  const int64_t half = size / 2, count = rows * heads * size;
  const Floats x = random_floats(count), cosines = random_floats(table_rows * half),
               sines = random_floats(table_rows * half);
  Doubles wanted(x.size());
  for (int64_t r = 0; r < rows; r++)
    for (int64_t h = 0; h < heads; h++)
      for (int64_t i = 0; i < half; i++) {
        const int64_t at = (r * heads + h) * size + i, table = r % table_rows * half + i;
        const double c = cosines[table], s = inverse ? -sines[table] : sines[table];
        wanted[at] = x[at] * c - x[at + half] * s;
        wanted[at + half] = x[at + half] * c + x[at] * s;
      }
  expect_near(floats_by_any_threads(count, what,
                                    [&](float* y) {
                                      kernels.rotary(x.data(), cosines.data(), sines.data(), y, rows, table_rows, heads,
                                                     size, inverse);
                                    }),
              wanted, 1e-6, 1e-6, what);
  Floats in_place = x;
  kernels.rotary(in_place.data(), cosines.data(), sines.data(), in_place.data(), rows, table_rows, heads, size,
                 inverse);
  expect_near(in_place, wanted, 1e-6, 1e-6, what + " in place");
}

}  // namespace

KERNEL_TEST("norms") {
  for (const int64_t width : {1, 3, 7, 8, 9, 16, 17, 64, 100, 256, 1030})
    for (const int64_t rows : {0, 1, 5, 300})
      for (const bool scaled : {false, true}) check(kernels, rows, width, scaled);
  for (const int64_t size : {2, 6, 8, 30, 32, 34, 64})
    for (const bool inverse : {false, true}) {
      check_rotary(kernels, 7, 7, 3, size, inverse);
      check_rotary(kernels, 600, 20, 2, size, inverse);
    }
}
