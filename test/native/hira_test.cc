#include "kernel_test.h"

namespace {

void check(const Kernels& kernels, int64_t rows, int64_t columns, int64_t rank) {
  const std::string what = std::string(kernels.name) + " hira " + std::to_string(rows) + "x" + std::to_string(columns) +
                           " rank " + std::to_string(rank) + " ";
  // The panel is a part of wider matrices.
  const int64_t step = columns + 3;
  const float scale = 1.7f;
  const Floats weight = random_floats(rows * step), a = random_floats(rank * step), b = random_floats(rows * rank);
  for (const float unit : {0.0f, 1.0f}) {
    Doubles wanted;
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < columns; c++) {
        double product = 0;
        for (int64_t k = 0; k < rank; k++) product += static_cast<double>(b[r * rank + k]) * a[k * step + c];
        wanted.push_back(weight[r * step + c] * (unit + scale * product));
      }
    Floats made(static_cast<size_t>(rows * columns));
    kernels.hira_panel(weight.data(), step, a.data(), step, b.data(), made.data(), rows, columns, rank, scale, unit);
    expect_near(made, wanted, 1e-5, 1e-5, what + "panel");
  }

  Floats g = random_floats(rows * columns), da = random_floats(rank * step), db(static_cast<size_t>(rows * rank));
  Doubles tile, wanted_da(da.begin(), da.end()), wanted_db(db.size());
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < columns; c++) {
      tile.push_back(static_cast<double>(g[r * columns + c]) * weight[r * step + c]);
      for (int64_t k = 0; k < rank; k++) {
        wanted_da[k * step + c] += scale * tile.back() * b[r * rank + k];
        wanted_db[r * rank + k] += scale * tile.back() * a[k * step + c];
      }
    }
  kernels.hira_tile_gradient(g.data(), weight.data(), step, a.data(), da.data(), step, b.data(), db.data(), rows,
                             columns, rank, scale);
  expect_near(g, tile, 1e-6, 1e-6, what + "tile");
  expect_near(da, wanted_da, 1e-5, 1e-5 * std::sqrt(static_cast<double>(rows + 1)), what + "gradient of a");
  expect_near(db, wanted_db, 1e-5, 1e-5 * std::sqrt(static_cast<double>(columns + 1)), what + "gradient of b");
}

}  // namespace

KERNEL_TEST("HiRA") {
  for (const int64_t rows : {1, 3, 4, 7, 64})
    for (const int64_t columns : {1, 5, 16, 33, 64, 200}) check(kernels, rows, columns, columns % 9 + 1);
  check(kernels, 0, 4, 1);
  check(kernels, 4, 0, 1);
  check(kernels, 5, 40, 0);
}
