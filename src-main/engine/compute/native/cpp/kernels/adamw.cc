#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

struct Factors {
  Vec gradient, first, first_new, second, second_new, root, epsilon, rate, decay;
};

COTO_INLINE void step(const Factors& f, float* value, const float* gradient, float* first, float* second,
                      int64_t lanes) {
  const bool whole = lanes == kLanes;
  const auto take = [=](const float* from) COTO_LAMBDA { return whole ? load(from) : load_partial(from, lanes); };
  const auto put = [=](float* to, Vec result) COTO_LAMBDA {
    if (whole) store(to, result);
    else store_partial(to, result, lanes);
  };
  const Vec g = take(gradient) * f.gradient;
  const Vec m = multiply_add(take(first), f.first, g * f.first_new);
  const Vec v = multiply_add(take(second), f.second, g * g * f.second_new);
  put(first, m);
  put(second, v);
  put(value, take(value) * f.decay - m / multiply_add(square_root(v), f.root, f.epsilon) * f.rate);
}

void update(const AdamWParameter& parameter, const AdamWOptions& options, int64_t begin, int64_t end) {
  const auto spread = [](double number) { return splat(static_cast<float>(number)); };
  const Factors f{spread(options.gradient_scale),
                  spread(options.beta1),
                  spread(1 - options.beta1),
                  spread(options.beta2),
                  spread(1 - options.beta2),
                  spread(1 / __builtin_sqrt(parameter.correction2)),
                  spread(options.epsilon),
                  spread(options.learning_rate / parameter.correction1),
                  spread(1 - options.learning_rate * options.weight_decay)};
  for (int64_t i = begin; i < end; i += kLanes)
    step(f, parameter.value + i, parameter.gradient + i, parameter.first + i, parameter.second + i,
         min(end - i, kLanes));
}

}  // namespace

// Tasks are numbered across all parameters; no task spans two of them.
void adamw(const AdamWParameter* parameters, int64_t parameter_count, const AdamWOptions& options) {
  int64_t tasks = 0;
  for (int64_t p = 0; p < parameter_count; p++) tasks += ceiling_division(parameters[p].count, kGrain);
  parallel_for(tasks, 1, [=, &options](int64_t begin, int64_t end) {
    int64_t first = 0;
    for (int64_t p = 0; p < parameter_count && first < end; p++) {
      const int64_t own = ceiling_division(parameters[p].count, kGrain);
      const int64_t from = max(begin, first) - first, to = min(end, first + own) - first;
      if (from < to) update(parameters[p], options, from * kGrain, min(to * kGrain, parameters[p].count));
      first += own;
    }
  });
}

}  // namespace COTO_ISA
}  // namespace coto
