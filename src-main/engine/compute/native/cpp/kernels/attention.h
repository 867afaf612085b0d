// Shared by attention's forward pass and gradient: masks, and the prefetching of a head's rows.
#pragma once

#include "../simd/math.h"
#include "kernels.h"
#include "packing.h"

namespace coto {
namespace COTO_ISA {

constexpr int64_t kQueryBlock = 64;
constexpr int64_t kKeyBlock = 64;
constexpr float kLog2OfE = 1.44269504088896341f;
constexpr float kLogOf2 = 0.693147180559945309f;

/** Causal and window masks of a block of queries: the range of keys that a query sees moves with its position. */
struct AttentionMask {
  int64_t position;  // the first query's
  int64_t window;
  bool causal;
  int64_t first_key, end_key;  // of all queries together

  AttentionMask(const AttentionShape& shape, int64_t query, int64_t queries)
      : position(shape.tokens - shape.queries + query), window(shape.window), causal(shape.causal) {
    first_key = window > 0 ? min(max(position - window + 1, 0), shape.tokens) : 0;
    const int64_t after = causal ? 0 : window - 1;
    end_key = causal || window > 0 ? max(min(position + queries + after, shape.tokens), 0) : shape.tokens;
  }
  /** True if each of `queries` queries sees all keys begin … end − 1. */
  bool all(int64_t queries, int64_t begin, int64_t end) const {
    return (!causal || end - 1 <= position) && (window <= 0 || begin > position + queries - 1 - window) &&
           (causal || window <= 0 || end - 1 < position + window);
  }
  /** Selects the queries of the vector that begins with `query` that see the key. */
  COTO_INLINE Int at(int64_t query, int64_t key) const {
    const Int offset = lane_numbers() + static_cast<int32_t>(position + query - key);
    Int seen = splat(-1);
    if (causal) seen = seen & (offset >= 0);
    const auto limit = static_cast<int32_t>(min(window, INT32_MAX));
    if (window > 0) seen = seen & (offset < limit);
    if (window > 0 && !causal) seen = seen & (offset > -limit);
    return seen;
  }
};

// Tiles that a thread takes at once where there are many: for all but the last it can prefetch the next one.
constexpr int64_t kTasksAtOnce = 4;
constexpr int64_t kTasksPerTake = 16;

COTO_INLINE int64_t tasks_at_once(int64_t tiles) { return max(1, min(kTasksAtOnce, tiles / kTasksPerTake)); }

/**
 * Brings the rows of the next tile into the cache while the present one is computed: a head's rows are short and far
 * apart, so that the hardware does not prefetch them.
 */
class Prefetch {
 public:
  explicit Prefetch(int64_t width) : width_(width) {}
  /** Rows that will be needed; of very many only the first. */
  void add(const float* data, int64_t stride, int64_t rows) {
    parts_[count_++] = {{data, stride}, min(rows, kMaxRows)};
  }
  /** Spreads what was added over `calls` calls of fetch. */
  void spread(int64_t calls) {
    int64_t rows = 0;
    for (int i = 0; i < count_; i++) rows += parts_[i].rows;
    rows_at_once_ = ceiling_division(rows, max(calls, 1));
  }
  void fetch() {
    for (int64_t left = rows_at_once_; left > 0 && part_ < count_; row_++) {
      if (row_ == parts_[part_].rows) {
        row_ = -1;
        part_++;
        continue;
      }
      const float* const row = parts_[part_].head.data + row_ * parts_[part_].head.stride;
      for (int64_t i = 0; i < width_; i += 16) __builtin_prefetch(row + i, 0, 2);
      left--;
    }
  }

 private:
  static constexpr int64_t kMaxRows = 256;
  static constexpr int kMaxParts = 8;
  struct Part {
    Head head;
    int64_t rows;
  };
  Part parts_[kMaxParts];
  int count_ = 0, part_ = 0;
  int64_t width_, row_ = 0, rows_at_once_ = 0;
};

/** Stores scores as they are, [keys, columns]. */
struct StoreScores {
  float* scores;
  int64_t columns;
  COTO_INLINE void operator()(int64_t key, int64_t vector, Vec value) const {
    store(scores + key * columns + vector * kLanes, value);
  }
};

/** Limits `count` scores, whole vectors, to ±cap; `slopes`, if it is not null, takes the derivatives. */
COTO_INLINE void cap_scores(float* scores, int64_t count, float cap, float* slopes) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const Vec share = hyperbolic_tangent(load(scores + i) / splat(cap));
    store(scores + i, share * splat(cap));
    if (slopes != nullptr) store(slopes + i, 1.0f - share * share);
  }
}

/** Calls f with a value of the type that a shape's products are made of. */
template <typename F>
void with_number(const AttentionShape& shape, F f) {
#if defined(__AVX512BF16__)
  if (shape.bfloat16) return f(Pair{});
#else
  static_cast<void>(shape);
#endif
  f(float{});
}

}  // namespace COTO_ISA
}  // namespace coto
