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

// Panels as oneDNN packs them: rows of 64 columns, in bf16 two rows side by side.
void check_pack(const Kernels& kernels, int64_t depth, int64_t columns, int64_t rank, bool transposed, bool pairs) {
  const std::string what = std::string(kernels.name) + " hira pack " + std::to_string(depth) + "x" +
                           std::to_string(columns) + (transposed ? " transposed" : "") + (pairs ? " pairs" : "");
  const int64_t rows = transposed ? columns : depth, width = transposed ? depth : columns, step = width + 2;
  const int64_t padded = (depth + 31) / 32 * 32;
  const Floats weight = random_floats(rows * step), a = random_floats(rank * step), b = random_floats(rows * rank);
  Doubles wanted(static_cast<size_t>(padded * 64));
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < width; c++) {
      double product = 0;
      for (int64_t k = 0; k < rank; k++) product += static_cast<double>(b[r * rank + k]) * a[k * step + c];
      wanted[transposed ? c * 64 + r : r * 64 + c] = weight[r * step + c] * (1 + 0.7 * product);
    }
  std::vector<uint32_t> panel(static_cast<size_t>(padded * (pairs ? 32 : 64)), 0xABABABABu);
  kernels.hira_pack(weight.data(), step, a.data(), step, b.data(), panel.data(), depth, padded, columns, rank, 0.7f, 1,
                    transposed, pairs);
  Floats made(wanted.size());
  for (int64_t k = 0; k < padded; k++)
    for (int64_t n = 0; n < 64; n++) {
      uint32_t bits = pairs ? panel[k / 2 * 64 + n] : panel[k * 64 + n];
      if (pairs) bits = k % 2 == 0 ? bits << 16 : bits & 0xffff0000u;
      std::memcpy(&made[k * 64 + n], &bits, 4);
    }
  expect_near(made, wanted, pairs ? 5e-3 : 1e-5, 1e-5, what);
}

}  // namespace

KERNEL_TEST("HiRA") {
  for (const int64_t depth : {1, 2, 5, 31, 32, 37, 128})
    for (const int64_t columns : {1, 6, 33, 64})
      for (const bool transposed : {false, true})
        for (const bool pairs : {false, true}) check_pack(kernels, depth, columns, depth % 5 + 1, transposed, pairs);
  for (const int64_t rows : {1, 3, 4, 7, 64})
    for (const int64_t columns : {1, 5, 16, 33, 64, 200}) check(kernels, rows, columns, columns % 9 + 1);
  check(kernels, 0, 4, 1);
  check(kernels, 4, 0, 1);
  check(kernels, 5, 40, 0);
}
