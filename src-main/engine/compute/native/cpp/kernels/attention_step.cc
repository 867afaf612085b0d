// Attention of one query a row, as in generating text token by token: a task is a stretch of the tokens for all the
// heads that share their keys, which it reads once.
#include <vector>

#include "../scratch.h"
#include "../threads.h"
#include "attention.h"
#include "declarations.generated.h"
#include "low_rank.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Tokens in a task: a function of the shapes alone, so that the sums keep their order. */
constexpr int64_t kTokensPerTask = 1024;

/** The heads that share a head of keys and values, over a stretch of `tokens` tokens. */
struct Stretch {
  const float *q, *k, *v, *mask;
  int64_t heads, tokens, width, key_step;
  float scale, softcap;
};

/** For each head: the highest score and the sum of the powers of two of the distances from it. */
struct Softmax {
  float highest, total;
};

/** Turns the scores of a head into powers of two of their distance from the highest; those of padding become zero. */
COTO_INLINE Softmax to_powers(float* scores, const float* mask, int64_t tokens) {
  const Vec hidden = splat(-__builtin_inff());
  const Int lane = lane_numbers();
  Vec high = hidden;
  each_vector(tokens, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
    Vec score = load_lanes(scores + i, lanes);
    if (mask != nullptr) score = select(load_lanes(mask + i, lanes) == 0.0f, hidden, score);
    if (lanes < kLanes) score = select(lane < static_cast<int32_t>(lanes), score, hidden);
    store_lanes(scores + i, score, lanes);
    high = greater(high, score);
  });
  const float highest = greatest_lane(high);
  const Vec shift = splat(highest == -__builtin_inff() ? 0.0f : highest);
  Vec sum{};
  each_vector(tokens, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
    const Vec power = power_of_two(load_lanes(scores + i, lanes) - shift);
    store_lanes(scores + i, power, lanes);
    sum += lanes < kLanes ? select(lane < static_cast<int32_t>(lanes), power, Vec{}) : power;
  });
  return {highest, sum_of_lanes(sum)};
}

template <int Heads>
COTO_INLINE void weigh(const Stretch& s, const float* powers, float* y) {
  low_rank::each_step(s.width, [&](int64_t i, auto take, auto put) COTO_LAMBDA {
    Vec sums[Heads][low_rank::kVectors] = {};
    low_rank::multiply_factors<Heads>(s.v, s.key_step, powers, s.tokens, i, take, sums);
#pragma GCC unroll 4
    for (int head = 0; head < Heads; head++)
#pragma GCC unroll 2
      for (int v = 0; v < low_rank::kVectors; v++) put(y + head * s.width + i, v, sums[head][v]);
  });
}

/** y [heads, width] = the values weighted by the powers, which are not yet divided by their sum. */
void attend(const Stretch& s, float* y, Softmax* softmax) {
  float* const scores = scratch(s.heads * s.tokens);
  low_rank::multiply_by_transposed(s.q, s.k, s.key_step, s.tokens, scores, s.heads, s.width, s.scale * kLog2OfE);
  if (s.softcap > 0.0f) {
    const float cap = s.softcap * kLog2OfE;
    each_vector(s.heads * s.tokens, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
      const Vec share = hyperbolic_tangent(load_lanes(scores + i, lanes) / splat(cap));
      store_lanes(scores + i, share * splat(cap), lanes);
    });
  }
  for (int64_t head = 0; head < s.heads; head++) softmax[head] = to_powers(scores + head * s.tokens, s.mask, s.tokens);
  int64_t head = 0;
  for (; head + 4 <= s.heads; head += 4) weigh<4>(s, scores + head * s.tokens, y + head * s.width);
  for (; head + 2 <= s.heads; head += 2) weigh<2>(s, scores + head * s.tokens, y + head * s.width);
  for (; head < s.heads; head++) weigh<1>(s, scores + head * s.tokens, y + head * s.width);
}

/** Adds up `parts` stretches of a head, which lie `step` apart, into y; answers the logarithm of its sum of
 * exponentials. */
COTO_INLINE float join(const float* from, const Softmax* softmax, int64_t parts, int64_t step, int64_t softmax_step,
                       int64_t width, float* y) {
  float highest = -__builtin_inff(), total = 0;
  for (int64_t part = 0; part < parts; part++)
    if (softmax[part * softmax_step].highest > highest) highest = softmax[part * softmax_step].highest;
  const float shift = highest == -__builtin_inff() ? 0.0f : highest;
  const auto factor = [&](int64_t part)
                          COTO_LAMBDA { return power_of_two(splat(softmax[part * softmax_step].highest - shift))[0]; };
  for (int64_t part = 0; part < parts; part++) total += softmax[part * softmax_step].total * factor(part);
  const float inverse = total == 0 ? 0.0f : 1.0f / total;
  for (int64_t part = 0; part < parts; part++) {
    const Vec share = splat(factor(part) * inverse);
    each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
      const Vec value = load_lanes(from + part * step + i, lanes) * share;
      store_lanes(y + i, part == 0 ? value : value + load_lanes(y + i, lanes), lanes);
    });
  }
  return total == 0 ? -__builtin_inff() : highest * kLogOf2 + logarithm(splat(total))[0];
}

}  // namespace

void attention_step(const AttentionShape& shape, int64_t capacity, const float* q, const float* k, const float* v,
                    const float* mask, float* y, float* log_sum_exp) {
  const int64_t groups = shape.key_value_heads, heads = groups == 0 ? 0 : shape.heads / groups, width = shape.head_size;
  const AttentionMask visible(shape, 0, 1);
  const int64_t first = min(visible.first_key, visible.end_key), tokens = visible.end_key - first;
  const int64_t parts = max(1, ceiling_division(tokens, kTokensPerTask)), all = shape.batch * groups;
  std::vector<float> sums(static_cast<size_t>(all * parts * heads * width));
  std::vector<Softmax> softmax(static_cast<size_t>(all * parts * heads));
  parallel_for(all * parts, 1, [&, mask, q, k, v](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t number = task / parts, batch = number / groups, group = number % groups;
      const int64_t from = first + task % parts * kTokensPerTask;
      const int64_t at = ((batch * capacity + from) * groups + group) * width;
      const Stretch stretch{q + number * heads * width,
                            k + at,
                            v + at,
                            mask == nullptr ? nullptr : mask + batch * shape.tokens + from,
                            heads,
                            min(kTokensPerTask, first + tokens - from),
                            width,
                            groups * width,
                            shape.scale,
                            shape.softcap};
      attend(stretch, sums.data() + task * heads * width, softmax.data() + task * heads);
    }
  });
  for (int64_t head = 0; head < all * heads; head++) {
    const int64_t task = head / max(heads, 1) * parts, own = head % max(heads, 1);
    const float sum = join(sums.data() + (task * heads + own) * width, softmax.data() + task * heads + own, parts,
                           heads * width, heads, width, y + head * width);
    if (log_sum_exp != nullptr) log_sum_exp[head] = sum;
  }
}

}  // namespace COTO_ISA
}  // namespace coto
