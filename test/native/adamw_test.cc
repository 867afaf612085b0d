#include "kernel_test.h"

namespace {

struct Parameter {
  Floats value, gradient, first, second;
};

// Same order of operations as in src-main/engine/optimizers/adamw.ts.
Doubles stepped(const Parameter& p, const coto::AdamWOptions& o, double correction1, double correction2, Doubles& first,
                Doubles& second) {
  Doubles value;
  for (size_t i = 0; i < p.value.size(); i++) {
    const double g = p.gradient[i] * o.gradient_scale;
    first.push_back(p.first[i] * o.beta1 + g * (1 - o.beta1));
    second.push_back(p.second[i] * o.beta2 + g * g * (1 - o.beta2));
    const double denominator = std::sqrt(second.back()) / std::sqrt(correction2) + o.epsilon;
    value.push_back(p.value[i] * (1 - o.learning_rate * o.weight_decay) -
                    o.learning_rate / correction1 * first.back() / denominator);
  }
  return value;
}

}  // namespace

KERNEL_TEST("AdamW") {
  const coto::AdamWOptions options{1e-2, 0.9, 0.999, 1e-8, 0.1, 0.5};
  std::vector<Parameter> parameters;
  int64_t total = 0;
  for (const int64_t count : kLengths) {
    Parameter p{random_floats(count), random_floats(count), random_floats(count, 0.1), random_floats(count, 0.1)};
    for (auto& value : p.second) value *= value;
    parameters.push_back(p);
    total += count;
  }
  const std::string what = std::string(kernels.name) + " adamw";
  const Floats results = floats_by_any_threads(3 * total, what, [&](float* to) {
    auto copied = parameters;
    std::vector<coto::AdamWParameter> list;
    for (size_t i = 0; i < copied.size(); i++) {
      const double t = double(i + 1);
      auto& p = copied[i];
      list.push_back({p.value.data(), p.gradient.data(), p.first.data(), p.second.data(),
                      static_cast<int64_t>(p.value.size()), 1 - std::pow(0.9, t), 1 - std::pow(0.999, t)});
    }
    kernels.adamw(list.data(), static_cast<int64_t>(list.size()), options);
    for (const auto& p : copied)
      for (const Floats* const part : {&p.value, &p.first, &p.second}) to = std::copy(part->begin(), part->end(), to);
  });
  auto from = results.begin();
  for (size_t i = 0; i < parameters.size(); i++) {
    const double t = double(i + 1);
    Doubles first, second;
    const Doubles value = stepped(parameters[i], options, 1 - std::pow(0.9, t), 1 - std::pow(0.999, t), first, second);
    for (const Doubles* const part : std::initializer_list<const Doubles*>{&value, &first, &second}) {
      const Floats got(from, from + static_cast<int64_t>(part->size()));
      expect_near(got, *part, 2e-6, 1e-7, what + " of " + std::to_string(part->size()));
      from += static_cast<int64_t>(part->size());
    }
  }
  kernels.adamw(nullptr, 0, options);
}
