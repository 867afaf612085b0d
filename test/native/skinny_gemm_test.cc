#include "kernel_test.h"

namespace {

struct Sizes {
  int64_t rows, outputs, inputs, inputs2;
};

// The weight's upper halves in panels of pairs, and the weight cut to what they hold.
std::vector<uint16_t> panels_of(Floats& weight, int64_t outputs, int64_t inputs, int64_t stride) {
  const int64_t width = coto::kPanelOutputs;
  std::vector<uint16_t> panels(static_cast<size_t>((outputs + width - 1) / width * stride));
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t i = 0; i < inputs; i++) {
      uint32_t bits;
      std::memcpy(&bits, &weight[o * inputs + i], 4);
      panels[o / width * stride + i / 2 * width * 2 + o % width * 2 + i % 2] = static_cast<uint16_t>(bits >> 16);
      bits &= 0xffff0000u;
      std::memcpy(&weight[o * inputs + i], &bits, 4);
    }
  return panels;
}

void check(const Kernels& kernels, Sizes sizes, bool extras, bool in_panels) {
  const auto [rows, outputs, inputs, inputs2] = sizes;
  const std::string what = std::string(kernels.name) + " skinny gemm " + std::to_string(rows) + "x" +
                           std::to_string(inputs) + "x" + std::to_string(outputs) + "+" + std::to_string(inputs2) +
                           (in_panels ? " in panels" : "");
  const Floats x = random_floats(rows * inputs);
  Floats weight = random_floats(outputs * inputs);
  // Rows of pairs may be longer than the weight's.
  const int64_t stride = (inputs + 33) / 2 * 2 * coto::kPanelOutputs;
  const auto panels = in_panels ? panels_of(weight, outputs, inputs, stride) : std::vector<uint16_t>(1);
  const Floats x2 = random_floats(rows * inputs2), weight2 = random_floats(outputs * inputs2);
  const Floats bias = random_floats(outputs), addend = random_floats(rows * outputs),
               multiplier = random_floats(rows * outputs);
  coto::SkinnyGemm product{rows,
                           outputs,
                           inputs,
                           inputs2,
                           x.data(),
                           weight.data(),
                           x2.data(),
                           weight2.data(),
                           extras ? bias.data() : nullptr,
                           extras ? addend.data() : nullptr,
                           extras ? multiplier.data() : nullptr,
                           0.5f,
                           3,
                           nullptr,
                           {in_panels ? panels.data() : nullptr, stride}};
  if (in_panels) product.weight = nullptr;
  Doubles wanted;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t o = 0; o < outputs; o++) {
      double sum = 0;
      for (int64_t i = 0; i < inputs; i++) sum += 0.5 * x[r * inputs + i] * weight[o * inputs + i];
      for (int64_t i = 0; i < inputs2; i++) sum += 3.0 * x2[r * inputs2 + i] * weight2[o * inputs2 + i];
      if (extras) sum = (sum + bias[o] + addend[r * outputs + o]) * multiplier[r * outputs + o];
      wanted.push_back(sum);
    }
  const Floats together = floats_by_any_threads(rows * outputs, what, [&](float* y) {
    product.y = y;
    kernels.skinny_gemm(product);
  });
  expect_near(together, wanted, 1e-5, 1e-4, what);
  // A row has the same bits whatever the others are.
  Floats alone(static_cast<size_t>(rows * outputs));
  product.rows = 1;
  for (int64_t r = 0; r < rows; r++) {
    product.x = x.data() + r * inputs;
    product.x2 = x2.data() + r * inputs2;
    product.addend = extras ? addend.data() + r * outputs : nullptr;
    product.multiplier = extras ? multiplier.data() + r * outputs : nullptr;
    product.y = alone.data() + r * outputs;
    kernels.skinny_gemm(product);
  }
  expect(alone == together, what + ": other bits than row by row");
}

}  // namespace

KERNEL_TEST("skinny gemm") {
  for (const int ways : {0, 1, 2, 3})
    for (const Sizes sizes : {Sizes{1, 1, 1, 0}, Sizes{1, 5, 33, 0}, Sizes{2, 4, 16, 3}, Sizes{4, 7, 100, 8},
                              Sizes{1, 4097, 64, 8}, Sizes{3, 130, 577, 1}, Sizes{8, 131, 100, 4}, Sizes{7, 66, 48, 0},
                              Sizes{0, 3, 4, 0}, Sizes{1, 0, 4, 0}, Sizes{1, 3, 0, 0}})
      check(kernels, sizes, ways % 2 == 1, ways >= 2);
}
