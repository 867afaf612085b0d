#include "kernel_test.h"

namespace {

using coto::AttentionShape;

struct Inputs {
  Floats q, k, v, mask, dy;
};

struct Reference {
  Doubles y, log_sum_exp, dq, dk, dv;
};

bool sees(const AttentionShape& s, int64_t query, int64_t key) {
  const int64_t position = s.tokens - s.queries + query;
  return (!s.causal || key <= position) && (s.window <= 0 || std::llabs(key - position) < s.window);
}

Reference reference_of(const AttentionShape& s, const Inputs& in) {
  const int64_t size = s.head_size, group = s.heads / s.key_value_heads;
  Reference out{Doubles(in.q.size()), Doubles(static_cast<size_t>(s.batch * s.heads * s.queries)), Doubles(in.q.size()),
                Doubles(in.k.size()), Doubles(in.v.size())};
  for (int64_t b = 0; b < s.batch; b++)
    for (int64_t h = 0; h < s.heads; h++)
      for (int64_t i = 0; i < s.queries; i++) {
        const int64_t at = ((b * s.queries + i) * s.heads + h) * size;
        const auto key_at = [&](int64_t j) { return ((b * s.tokens + j) * s.key_value_heads + h / group) * size; };
        const auto number = static_cast<size_t>(s.tokens);
        Doubles p(number), dp(number), slope(number, 1.0);
        double highest = -INFINITY, total = 0, dot = 0;
        for (int64_t j = 0; j < s.tokens; j++) {
          double score = 0;
          for (int64_t e = 0; e < size; e++) score += double(in.q[at + e]) * in.k[key_at(j) + e];
          const bool hidden = !sees(s, i, j) || (!in.mask.empty() && in.mask[b * s.tokens + j] == 0);
          p[j] = s.scale * score;
          if (s.softcap > 0) {
            const double share = std::tanh(p[j] / s.softcap);
            p[j] = share * s.softcap;
            slope[j] = 1 - share * share;
          }
          if (hidden) p[j] = -INFINITY;
          highest = std::max(highest, p[j]);
        }
        for (auto& value : p) total += value = std::isinf(highest) ? 0 : std::exp(value - highest);
        out.log_sum_exp[(b * s.heads + h) * s.queries + i] = total > 0 ? highest + std::log(total) : -INFINITY;
        for (int64_t j = 0; j < s.tokens; j++) {
          if (total > 0) p[j] /= total;
          for (int64_t e = 0; e < size; e++) {
            out.y[at + e] += p[j] * in.v[key_at(j) + e];
            dp[j] += double(in.dy[at + e]) * in.v[key_at(j) + e];
            out.dv[key_at(j) + e] += p[j] * in.dy[at + e];
          }
          dot += p[j] * dp[j];
        }
        for (int64_t j = 0; j < s.tokens; j++)
          for (int64_t e = 0; e < size; e++) {
            const double ds = p[j] * (dp[j] - dot) * slope[j] * s.scale;
            out.dq[at + e] += ds * in.k[key_at(j) + e];
            out.dk[key_at(j) + e] += ds * in.q[at + e];
          }
      }
  return out;
}

std::string text_of(const AttentionShape& s, bool masked) {
  char text[160];
  std::snprintf(text, sizeof text, "batch %d queries %d tokens %d heads %d/%d size %d window %d cap %g%s%s",
                int(s.batch), int(s.queries), int(s.tokens), int(s.heads), int(s.key_value_heads), int(s.head_size),
                int(s.window), double(s.softcap), s.causal ? " causal" : "", masked ? " masked" : "");
  return text;
}

void check(const Kernels& kernels, const AttentionShape& s, bool masked, double spread) {
  const int64_t rows = s.batch * s.queries * s.heads * s.head_size;
  const int64_t key_rows = s.batch * s.tokens * s.key_value_heads * s.head_size;
  const int64_t sums = s.batch * s.heads * s.queries;
  Inputs in{
      random_floats(rows, spread), random_floats(key_rows, spread), random_floats(key_rows), {}, random_floats(rows)};
  if (masked) {
    for (const uint8_t value : random_bools(s.batch * s.tokens)) in.mask.push_back(value);
    // The first example may see nothing at all.
    for (int64_t j = 0; j < s.tokens; j++) in.mask[j] = 0;
  }
  const float* const mask = masked ? in.mask.data() : nullptr;
  const std::string what = std::string(kernels.name) + " attention " + text_of(s, masked);
  const Reference wanted = reference_of(s, in);

  const Floats both = floats_by_any_threads(rows + sums, what, [&](float* to) {
    kernels.attention(s, in.q.data(), in.k.data(), in.v.data(), mask, to, to + rows);
  });
  const Floats y(both.begin(), both.begin() + rows), log_sum_exp(both.begin() + rows, both.end());
  const double tolerance = 4e-6 * spread * spread * std::sqrt(double(s.head_size));
  expect_near(y, wanted.y, 0, tolerance, what + ": y");
  expect_near(log_sum_exp, wanted.log_sum_exp, 1e-6, tolerance, what + ": logSumExp");

  const Floats gradients = floats_by_any_threads(rows + 2 * key_rows, what + " gradient", [&](float* to) {
    kernels.attention_gradient(s, in.q.data(), in.k.data(), in.v.data(), mask, y.data(), log_sum_exp.data(),
                               in.dy.data(), to, to + rows, to + rows + key_rows);
  });
  const auto from = gradients.begin();
  const double slack = tolerance * std::sqrt(double(s.heads / s.key_value_heads) * double(s.queries + s.tokens));
  expect_near(Floats(from, from + rows), wanted.dq, 1e-5, slack, what + ": dq");
  expect_near(Floats(from + rows, from + rows + key_rows), wanted.dk, 1e-5, slack, what + ": dk");
  expect_near(Floats(from + rows + key_rows, gradients.end()), wanted.dv, 1e-5, slack, what + ": dv");
}

/** Products of numbers rounded to eight bits: each rounding is off by up to 2⁻⁹. */
void check_rounded(const Kernels& kernels, AttentionShape s, bool masked) {
  s.bfloat16 = true;
  const int64_t rows = s.batch * s.queries * s.heads * s.head_size;
  const int64_t key_rows = s.batch * s.tokens * s.key_value_heads * s.head_size;
  const int64_t sums = s.batch * s.heads * s.queries;
  Inputs in{random_floats(rows), random_floats(key_rows), random_floats(key_rows), {}, random_floats(rows)};
  if (masked)
    for (int64_t j = 0; j < s.batch * s.tokens; j++) in.mask.push_back(j < s.tokens / 3 ? 0.0f : 1.0f);
  const float* const mask = masked ? in.mask.data() : nullptr;
  const std::string what = std::string(kernels.name) + " attention in bfloat16 " + text_of(s, masked);
  const Reference wanted = reference_of(s, in);
  const Floats both = floats_by_any_threads(rows + sums, what, [&](float* to) {
    kernels.attention(s, in.q.data(), in.k.data(), in.v.data(), mask, to, to + rows);
  });
  // With few numbers, some cancel each other.
  const double limit = 0.05;
  expect(relative_error(both.data(), wanted.y) < limit, what + ": y");
  for (int64_t i = 0; i < sums; i++) {
    const double sum = wanted.log_sum_exp[i];
    expect(std::isinf(sum) ? double(both[rows + i]) == sum : std::fabs(both[rows + i] - sum) < limit, what + ": sums");
  }
  const Floats gradients = floats_by_any_threads(rows + 2 * key_rows, what + " gradient", [&](float* to) {
    kernels.attention_gradient(s, in.q.data(), in.k.data(), in.v.data(), mask, both.data(), both.data() + rows,
                               in.dy.data(), to, to + rows, to + rows + key_rows);
  });
  expect(relative_error(gradients.data(), wanted.dq) < limit, what + ": dq");
  expect(relative_error(gradients.data() + rows, wanted.dk) < limit, what + ": dk");
  expect(relative_error(gradients.data() + rows + key_rows, wanted.dv) < limit, what + ": dv");
}

}  // namespace

KERNEL_TEST("attention in bfloat16") {
  const auto scale = [](int64_t size) { return static_cast<float>(1 / std::sqrt(double(size))); };
  for (const int64_t size : {2, 3, 16, 17, 32, 33, 48, 64, 80, 128})
    for (const int64_t tokens : {2, 3, 16, 33, 65})
      check_rounded(kernels, {2, tokens, tokens, 2, 2, size, 0, false, scale(size)}, false);
  for (const bool causal : {false, true})
    for (const bool masked : {false, true})
      for (const int64_t window : {0, 5, 70}) {
        check_rounded(kernels, {2, 131, 131, 6, 2, 24, window, causal, scale(24)}, masked);
        check_rounded(kernels, {1, 70, 200, 2, 2, 8, window, causal, scale(8)}, masked);
      }
  check_rounded(kernels, {2, 131, 131, 6, 2, 24, 0, true, scale(24), 1.5f}, true);
  check_rounded(kernels, {8, 70, 70, 12, 4, 64, 0, true, scale(64)}, false);
  check_rounded(kernels, {2, 4, 0, 2, 2, 8, 0, false, 1.0f}, false);
}

KERNEL_TEST("attention") {
  const auto scale = [](int64_t size) { return static_cast<float>(1 / std::sqrt(double(size))); };
  for (const int64_t size : {1, 3, 8, 16, 20, 32, 33, 64, 80, 128})
    for (const int64_t tokens : {1, 3, 16, 17})
      check(kernels, {2, tokens, tokens, 2, 2, size, 0, false, scale(size)}, false, 1);
  for (const bool causal : {false, true})
    for (const bool masked : {false, true})
      for (const int64_t window : {0, 5, 70}) {
        check(kernels, {2, 17, 17, 4, 4, 32, window, causal, scale(32)}, masked, 1);
        check(kernels, {2, 64, 64, 4, 2, 16, window, causal, scale(16)}, masked, 1);
        check(kernels, {2, 131, 131, 6, 2, 24, window, causal, scale(24)}, masked, 1);
        check(kernels, {3, 1, 75, 2, 1, 8, window, causal, scale(8)}, masked, 1);
        check(kernels, {1, 70, 200, 2, 2, 8, window, causal, scale(8)}, masked, 1);
      }
  // A soft cap, below and above the scores.
  for (const bool causal : {false, true})
    for (const float softcap : {1.0f, 30.0f})
      for (const int64_t window : {0, 5}) {
        check(kernels, {2, 17, 17, 4, 2, 32, window, causal, scale(32), softcap}, true, 1);
        check(kernels, {1, 131, 131, 6, 2, 24, window, causal, scale(24), softcap}, false, 1);
        check(kernels, {2, 1, 75, 7, 1, 20, window, causal, scale(20), softcap}, true, 1);
      }
  // Many tasks: heads are taken several at once. Large scores: the highest changes from block to block.
  check(kernels, {16, 20, 20, 8, 8, 32, 0, false, scale(32)}, false, 1);
  check(kernels, {8, 70, 70, 12, 4, 64, 0, true, scale(64)}, false, 1);
  check(kernels, {1, 200, 200, 1, 1, 16, 0, false, 1.0f}, false, 3);
  // One query a row: more tokens than a task has, heads that share their keys by fours and less, and all but a few
  // masked.
  for (const int64_t window : {0, 3, 1500}) {
    check(kernels, {2, 1, 2500, 7, 1, 20, window, true, scale(20)}, false, 1);
    check(kernels, {2, 1, 2500, 4, 2, 16, window, true, scale(16)}, true, 1);
  }
  for (const int64_t tokens : {0, 1, 2, 33}) check(kernels, {1, 1, tokens, 3, 3, 64, 0, true, scale(64)}, true, 2);
  // More queries than tokens: the first of them see nothing.
  check(kernels, {1, 9, 4, 1, 1, 8, 0, true, scale(8)}, false, 1);
  check(kernels, {0, 4, 4, 2, 2, 8, 0, false, 1.0f}, false, 1);
  check(kernels, {2, 0, 4, 2, 2, 8, 0, false, 1.0f}, false, 1);
  check(kernels, {2, 4, 0, 2, 2, 8, 0, false, 1.0f}, false, 1);
}

KERNEL_TEST("attention of one query a row, keys with room behind them") {
  const AttentionShape shape{2, 1, 37, 4, 2, 8, 0, true, 0.3f};
  const int64_t capacity = 50, width = 16;
  const Floats q = random_floats(2 * 32), k = random_floats(2 * capacity * width),
               v = random_floats(2 * capacity * width);
  Floats close_k, close_v;
  for (int64_t row = 0; row < 2; row++)
    for (int64_t i = 0; i < shape.tokens * width; i++) {
      close_k.push_back(k[row * capacity * width + i]);
      close_v.push_back(v[row * capacity * width + i]);
    }
  Floats y(q.size()), wanted(q.size()), log_sum_exp(8);
  kernels.attention(shape, q.data(), close_k.data(), close_v.data(), nullptr, wanted.data(), log_sum_exp.data());
  kernels.attention_step(shape, capacity, q.data(), k.data(), v.data(), nullptr, y.data(), nullptr);
  expect(y == wanted, std::string(kernels.name) + ": attention depends on the room behind the keys");
}
