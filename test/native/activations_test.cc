#include "kernel_test.h"

namespace {

double phi(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
double cumulative(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double gelu(double x, bool tanh_form) {
  if (!tanh_form) return x * cumulative(x);
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

double gelu_slope(double x, bool tanh_form) {
  if (!tanh_form) return cumulative(x) + x * phi(x);
  const double t = std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
}

Floats inputs_of(int64_t count) {
  Floats x = random_floats(count, 3);
  const float special[] = {0.0f, -0.0f, 1e-20f, 20.0f, -20.0f, 60.0f, -60.0f, 1e4f, -1e4f};
  for (size_t i = 0; i < x.size() && i < std::size(special); i++) x[i] = special[i];
  return x;
}

}  // namespace

KERNEL_TEST("activations") {
  for (const int64_t count : kLengths) {
    const std::string what = std::string(kernels.name) + " of " + std::to_string(count) + ": ";
    const Floats x = inputs_of(count), up = random_floats(count), dy = random_floats(count);
    for (const bool tanh_form : {false, true}) {
      Doubles value, slope, gradient;
      for (size_t i = 0; i < x.size(); i++) {
        value.push_back(gelu(x[i], tanh_form));
        slope.push_back(gelu_slope(x[i], tanh_form));
        gradient.push_back(gelu_slope(x[i], tanh_form) * dy[i]);
      }
      const std::string name = what + (tanh_form ? "gelu by tanh" : "gelu");
      const Floats y =
          floats_by_any_threads(count, name, [&](float* to) { kernels.gelu(x.data(), to, count, tanh_form); });
      expect_near(y, value, 1e-6, 1e-6, name);
      const Floats both = floats_by_any_threads(
          2 * count, name, [&](float* to) { kernels.gelu_and_derivative(x.data(), to, to + count, count, tanh_form); });
      expect_near(Floats(both.begin(), both.begin() + count), value, 1e-6, 1e-6, name + ": value");
      expect_near(Floats(both.begin() + count, both.end()), slope, 1e-6, 1e-6, name + ": derivative");
      Floats in_place = x;
      kernels.gelu_gradient(in_place.data(), dy.data(), in_place.data(), count, tanh_form);
      expect_near(in_place, gradient, 2e-6, 2e-6, name + ": gradient");
    }
    Doubles gated, to_gate, to_up;
    for (size_t i = 0; i < x.size(); i++) {
      const double g = x[i], s = sigmoid(g);
      gated.push_back(g * s * up[i]);
      to_gate.push_back(dy[i] * up[i] * (s + g * s * (1 - s)));
      to_up.push_back(dy[i] * g * s);
    }
    const Floats y = floats_by_any_threads(count, what + "gated silu",
                                           [&](float* to) { kernels.gated_silu(x.data(), up.data(), to, count); });
    expect_near(y, gated, 2e-6, 1e-6, what + "gated silu");
    const Floats both = floats_by_any_threads(2 * count, what + "gated silu gradient", [&](float* to) {
      kernels.gated_silu_gradient(x.data(), up.data(), dy.data(), to, to + count, count);
    });
    expect_near(Floats(both.begin(), both.begin() + count), to_gate, 4e-6, 2e-6, what + "gate's gradient");
    expect_near(Floats(both.begin() + count, both.end()), to_up, 2e-6, 1e-6, what + "up's gradient");
  }
}
