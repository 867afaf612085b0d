#include "kernel_test.h"

namespace {

constexpr int32_t kIgnored = -100;

struct Row {
  double highest = -INFINITY, total = 0;
  Row(const float* x, int64_t count) {
    for (int64_t i = 0; i < count; i++) highest = std::max(highest, double(x[i]));
    for (int64_t i = 0; i < count; i++) total += std::exp(x[i] - highest);
  }
  double logarithm(double x) const { return x - highest - std::log(total); }
};

void check_rows(const Kernels& kernels, int64_t rows, int64_t classes) {
  const std::string what =
      std::string(kernels.name) + " softmax " + std::to_string(rows) + "x" + std::to_string(classes);
  const int64_t count = rows * classes;
  Floats x = random_floats(count, 4);
  if (count > 3) {
    x[1] = -kInfinity;
    x[2] = 90;
  }
  Doubles soft, logarithms;
  for (int64_t r = 0; r < rows; r++) {
    const Row row(&x[r * classes], classes);
    for (int64_t c = 0; c < classes; c++) {
      logarithms.push_back(row.logarithm(x[r * classes + c]));
      soft.push_back(std::exp(logarithms.back()));
    }
  }
  expect_near(floats_by_any_threads(count, what, [&](float* y) { kernels.softmax(x.data(), y, rows, classes); }), soft,
              4e-6, 1e-7, what);
  expect_near(floats_by_any_threads(count, what, [&](float* y) { kernels.log_softmax(x.data(), y, rows, classes); }),
              logarithms, 1e-6, 2e-6, what + ": logarithm");
  Floats in_place = x;
  kernels.softmax(in_place.data(), in_place.data(), rows, classes);
  expect_near(in_place, soft, 4e-6, 1e-7, what + " in place");
}

void check_cross_entropy(const Kernels& kernels, int64_t rows, int64_t classes, bool all_ignored) {
  const std::string what =
      std::string(kernels.name) + " cross-entropy " + std::to_string(rows) + "x" + std::to_string(classes);
  const int64_t count = rows * classes;
  const Floats logits = random_floats(count, 3);
  Ints labels = random_ints(rows, 0, static_cast<int32_t>(classes) - 1);
  for (int64_t r = 0; r < rows; r++)
    if (all_ignored || r % 4 == 3) labels[r] = kIgnored;
  double counted = 0, sum = 0;
  for (const int32_t label : labels) counted += label != kIgnored;
  const float dy = 0.7f, factor = 0.3f;
  Doubles gradient, block, losses;
  for (int64_t r = 0; r < rows; r++) {
    const Row row(&logits[r * classes], classes);
    const bool ignored = labels[r] == kIgnored;
    losses.push_back(ignored ? 0 : -row.logarithm(logits[r * classes + labels[r]]));
    sum += losses.back();
    for (int64_t c = 0; c < classes; c++) {
      const double slope = ignored ? 0 : std::exp(row.logarithm(logits[r * classes + c])) - (c == labels[r]);
      gradient.push_back(slope * dy / std::max(counted, 1.0));
      block.push_back(slope * factor);
    }
  }
  const Floats loss = floats_by_any_threads(
      1, what, [&](float* to) { kernels.softmax_cross_entropy(logits.data(), labels.data(), to, rows, classes); });
  expect_near(loss, {counted > 0 ? sum / counted : 0}, 1e-6, 2e-6, what + ": loss");
  expect_near(floats_by_any_threads(count, what,
                                    [&](float* to) {
                                      kernels.softmax_cross_entropy_gradient(logits.data(), labels.data(), &dy, to,
                                                                             rows, classes);
                                    }),
              gradient, 4e-6, 2e-7, what + ": gradient");
  const Floats both = floats_by_any_threads(count + rows, what, [&](float* to) {
    std::copy(logits.begin(), logits.end(), to);
    kernels.cross_entropy_block(to, labels.data(), to + count, rows, classes, factor, true);
  });
  expect_near(Floats(both.begin(), both.begin() + count), block, 4e-6, 2e-7, what + ": block's gradient");
  expect_near(Floats(both.begin() + count, both.end()), losses, 1e-6, 2e-6, what + ": block's losses");
  Floats kept = logits, only(static_cast<size_t>(rows));
  kernels.cross_entropy_block(kept.data(), labels.data(), only.data(), rows, classes, factor, false);
  expect_near(only, losses, 1e-6, 2e-6, what + ": losses alone");
  expect(kept == logits, what + ": the logits stay where no gradient is wanted");
}

}  // namespace

KERNEL_TEST("softmax and losses") {
  for (const int64_t classes : {1, 3, 7, 8, 9, 16, 17, 31, 33, 100, 5000})
    for (const int64_t rows : {0, 1, 7, 300}) {
      if (rows * classes > 200000) continue;
      check_rows(kernels, rows, classes);
      check_cross_entropy(kernels, rows, classes, false);
    }
  check_cross_entropy(kernels, 5, 10, true);

  const Floats logits = {1, 2, 3, 4};
  const Ints labels = {5, 0};
  float loss = 0;
  kernels.softmax_cross_entropy(logits.data(), labels.data(), &loss, 2, 2);
  expect(std::isnan(loss), "a label that is no class makes the loss NaN");
  const Floats broken = {1, kNotANumber, 3};
  Floats y(3);
  kernels.softmax(broken.data(), y.data(), 1, 3);
  expect(std::isnan(y[0]) && std::isnan(y[1]), "NaN among the logits comes out");
}
