// What attention's forward and gradient share: how a head's rows are read, and the scores of a block.
#pragma once

#include "../simd/math.h"
#include "../simd/tile.h"
#include "kernels.h"

namespace coto {
namespace COTO_ISA {

constexpr int64_t kQueryBlock = 64;
constexpr int64_t kKeyBlock = 64;
constexpr float kLog2OfE = 1.44269504088896341f;
constexpr float kLogOf2 = 0.693147180559945309f;

/** The rows of one head in a matrix of many: row r begins at data + r · stride. */
struct Head {
  const float *data;
  int64_t stride;
  COTO_INLINE Head from(int64_t row) const { return {data + row * stride, stride}; }
};

/** Which keys a block of queries may see: what query i (from the block's first) sees begins and ends with i. */
struct Sight {
  int64_t position;  // the first query's
  int64_t window;
  bool causal;
  int64_t first_key, end_key;  // of all queries together

  Sight(const AttentionShape &shape, int64_t query, int64_t queries)
      : position(shape.tokens - shape.queries + query), window(shape.window), causal(shape.causal) {
    first_key = window > 0 ? least(most(position - window + 1, 0), shape.tokens) : 0;
    end_key = causal ? most(least(position + queries, shape.tokens), 0) : shape.tokens;
  }
  /** Whether each of `queries` queries sees all keys begin … end − 1. */
  bool whole(int64_t queries, int64_t begin, int64_t end) const {
    return (!causal || end - 1 <= position) && (window <= 0 || begin > position + queries - 1 - window);
  }
  /** Which queries of the vector that begins with `query` see the key. */
  COTO_INLINE Int sees(int64_t query, int64_t key) const {
    Int const offset = lane_numbers() + static_cast<int32_t>(position + query - key);
    Int seen = splat(-1);
    if (causal) seen = seen & (offset >= 0);
    if (window > 0) seen = seen & (offset < static_cast<int32_t>(least(window, INT32_MAX)));
    return seen;
  }
};

// Heads that one piece of work takes at once, where there is work enough: a head's rows are short and far apart, so that a
// core waits for each; rows of about a kilobyte it fetches ahead by itself.
constexpr int64_t kRowTogether = 256;
constexpr int64_t kPiecesEnough = 32;
constexpr int64_t kTouchedAtMost = 512 * 1024;

/** How many heads to take at once, of `heads` of which each is `pieces` pieces of work. */
COTO_INLINE int64_t heads_together(int64_t heads, int64_t head_size, int64_t pieces) {
  int64_t const most_heads = most(1, kRowTogether / most(head_size, 1));
  for (int64_t count = least(heads, most_heads); count > 1; count--)
    if (heads % count == 0 && heads / count * pieces >= kPiecesEnough) return count;
  return 1;
}

/** Brings rows of `width` numbers into the cache, in the order in which they lie. */
COTO_INLINE void touch(Head head, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < width; i += 16) {
      float const value = head.data[r * head.stride + i];
      asm volatile("" : : "r"(value));
    }
}

/** packed [rows, width rounded up to whole vectors] = a head's rows, zeros beyond the width. */
COTO_INLINE void pack(Head head, int64_t rows, int64_t width, float *packed) {
  int64_t const step = round_up(width, kLanes);
  for (int64_t r = 0; r < rows; r++) {
    const float *const from = head.data + r * head.stride;
    float *const to = packed + r * step;
    by_vectors(
        width, [&](int64_t i) { store(to + i, load(from + i)); },
        [&](int64_t i, int64_t left) { store(to + i, load_partial(from + i, left)); });
  }
}

/** transposed [width, columns] = factor · (a head's rows)ᵀ; columns: rows rounded up to whole vectors, zeros beyond rows. */
COTO_INLINE void pack_transposed(Head head, int64_t rows, int64_t width, float factor, float *transposed) {
  int64_t const columns = round_up(rows, kLanes);
  Vec const factors = splat(factor);
  for (int64_t c = 0; c < width; c += kLanes) {
    int64_t const left = least(width - c, kLanes);
    for (int64_t r = 0; r < columns; r += kLanes) {
      Vec square[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++) {
        const float *const from = head.data + (r + i) * head.stride + c;
        square[i] = r + i >= rows ? Vec{} : left == kLanes ? load(from) : load_partial(from, left);
      }
      transpose_square(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++)
        if (i < left) store(transposed + (c + i) * columns + r, square[i] * factors);
    }
  }
}

}  // namespace COTO_ISA
}  // namespace coto
