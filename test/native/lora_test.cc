#include "kernel_test.h"

namespace {

struct Sizes {
  int64_t rows, outputs, inputs, rank;
};

std::string text(const Kernels& kernels, const Sizes& s, const char* what) {
  return std::string(kernels.name) + " lora " + std::to_string(s.rows) + "x" + std::to_string(s.inputs) + "x" +
         std::to_string(s.outputs) + " rank " + std::to_string(s.rank) + " " + what;
}

/** Tolerance of products of numbers rounded to eight bits, each off by up to 2⁻⁹, with some cancellation. */
constexpr double kRounded = 0.02;

void check_product(const Kernels& kernels, const Sizes& s, bool bfloat16) {
  const Floats x = random_floats(s.rows * s.inputs), a = random_floats(s.rank * s.inputs);
  Doubles wanted;
  for (int64_t r = 0; r < s.rows; r++)
    for (int64_t k = 0; k < s.rank; k++) {
      double sum = 0;
      for (int64_t i = 0; i < s.inputs; i++) sum += static_cast<double>(x[r * s.inputs + i]) * a[k * s.inputs + i];
      wanted.push_back(sum);
    }
  const std::string what = text(kernels, s, bfloat16 ? "product in bfloat16" : "product");
  const Floats got = floats_by_any_threads(s.rows * s.rank, what, [&](float* made) {
    kernels.low_rank_product(x.data(), a.data(), made, s.rows, s.inputs, s.rank, bfloat16);
  });
  if (bfloat16) expect(relative_error(got.data(), wanted) < kRounded, what);
  else expect_near(got, wanted, 1e-5, 1e-5, what);
}

enum class Kind { lora, product, output };

void check_gradient(const Kernels& kernels, const Sizes& s, Kind kind, bool bfloat16) {
  const auto [rows, outputs, inputs, rank] = s;
  const float scale = 0.7f;
  const Floats dy = random_floats(rows * outputs), x = random_floats(rows * inputs), a = random_floats(rank * inputs),
               b = random_floats(outputs * rank), weight = random_floats(outputs * inputs),
               bias = random_floats(outputs), inverse = random_floats(outputs);
  Floats row_scale = random_floats(outputs);
  for (float& one : row_scale) one = one < 0 ? one - 0.1f : one + 0.1f;
  // In the output itself nothing is left of h where the scale is 0, and little where it is small.
  row_scale[0] = 0;
  if (outputs > 1) row_scale[1] = 1e-6f;
  Floats z, h, y;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t k = 0; k < rank; k++) {
      double sum = 0;
      for (int64_t i = 0; i < inputs; i++) sum += static_cast<double>(x[r * inputs + i]) * a[k * inputs + i];
      z.push_back(static_cast<float>(sum));
    }
  const bool is_scaled = kind != Kind::lora;
  Doubles dh, sums(static_cast<size_t>(outputs));
  for (int64_t r = 0; r < rows; r++)
    for (int64_t o = 0; o < outputs; o++) {
      double sum = 0;
      for (int64_t i = 0; i < inputs; i++) sum += static_cast<double>(x[r * inputs + i]) * weight[o * inputs + i];
      for (int64_t k = 0; k < rank; k++) sum += static_cast<double>(scale) * z[r * rank + k] * b[o * rank + k];
      h.push_back(static_cast<float>(sum));
      y.push_back(static_cast<float>(sum * row_scale[o] + bias[o]));
      const double d = dy[r * outputs + o];
      sums[o] += d * sum;
      dh.push_back(is_scaled ? d * row_scale[o] : d);
    }
  Doubles wanted;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t k = 0; k < rank; k++) {
      double sum = 0;
      for (int64_t o = 0; o < outputs; o++) sum += dh[r * outputs + o] * b[o * rank + k];
      wanted.push_back(scale * sum);
    }
  for (int64_t k = 0; k < rank; k++)
    for (int64_t i = 0; i < inputs; i++) {
      double sum = 0;
      for (int64_t r = 0; r < rows; r++) sum += wanted[r * rank + k] * x[r * inputs + i];
      wanted.push_back(sum);
    }
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t k = 0; k < rank; k++) {
      double sum = 0;
      for (int64_t r = 0; r < rows; r++) sum += dh[r * outputs + o] * z[r * rank + k];
      wanted.push_back(scale * sum);
    }
  if (is_scaled)
    for (int64_t o = 0; o < outputs; o++) wanted.push_back(inverse[o] * sums[o]);
  const std::string what =
      text(kernels, s, kind == Kind::lora ? "gradient" : "gradient, scaled by row") + (bfloat16 ? " in bfloat16" : "");
  const double spread = 1e-5 * static_cast<double>((outputs + rank) * 4 + rows);
  const Floats got = floats_by_any_threads(static_cast<int64_t>(wanted.size()), what, [&](float* made) {
    coto::LoraGradient p;
    p.dy = dy.data();
    p.x = x.data();
    p.z = z.data();
    p.b = b.data();
    p.dz = made;
    p.da = p.dz + rows * rank;
    p.db = p.da + rank * inputs;
    p.rows = rows;
    p.outputs = outputs;
    p.inputs = inputs;
    p.rank = rank;
    p.scale = scale;
    p.bfloat16 = bfloat16;
    if (is_scaled) {
      p.row_scale = row_scale.data();
      p.inverse = inverse.data();
      p.from_output = kind == Kind::output;
      p.product = p.from_output ? y.data() : h.data();
      p.bias = bias.data();
      p.weight = weight.data();
      p.a = a.data();
      p.magnitude = p.db + outputs * rank;
    }
    kernels.lora_gradient(p);
  });
  if (!bfloat16 || is_scaled) {
    expect_near(got, wanted, 1e-4, spread, what);
    return;
  }
  int64_t at = 0;
  for (const int64_t count : {rows * rank, rank * inputs, outputs * rank}) {
    const Doubles part(wanted.begin() + at, wanted.begin() + at + count);
    expect(relative_error(got.data() + at, part) < kRounded, what);
    at += count;
  }
}

}  // namespace

KERNEL_TEST("LoRA") {
  for (const bool bfloat16 : {false, true}) {
    for (const Sizes& sizes : {Sizes{1, 1, 1, 1}, Sizes{3, 5, 7, 2}, Sizes{33, 20, 18, 4}, Sizes{70, 37, 64, 8},
                               Sizes{200, 16, 300, 9}, Sizes{1100, 33, 17, 16}, Sizes{50, 270, 40, 20}}) {
      check_product(kernels, sizes, bfloat16);
      for (const Kind kind : {Kind::lora, Kind::product, Kind::output}) check_gradient(kernels, sizes, kind, bfloat16);
    }
    check_product(kernels, {0, 3, 4, 2}, bfloat16);
    check_gradient(kernels, {0, 3, 4, 2}, Kind::lora, bfloat16);
  }
}
