// Shared by attention's forward pass and gradient: access to a head's rows, masks, prefetching, packing.
#pragma once

#include <type_traits>

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
  const float* data;
  int64_t stride;
  COTO_INLINE Head from(int64_t row) const { return {data + row * stride, stride}; }
};

/** Causal and window masks of a block of queries: the range of keys that a query sees moves with its position. */
struct AttentionMask {
  int64_t position;  // the first query's
  int64_t window;
  bool causal;
  int64_t first_key, end_key;  // of all queries together

  AttentionMask(const AttentionShape& shape, int64_t query, int64_t queries)
      : position(shape.tokens - shape.queries + query), window(shape.window), causal(shape.causal) {
    first_key = window > 0 ? min(max(position - window + 1, 0), shape.tokens) : 0;
    end_key = causal ? max(min(position + queries, shape.tokens), 0) : shape.tokens;
  }
  /** Whether each of `queries` queries sees all keys begin … end − 1. */
  bool all(int64_t queries, int64_t begin, int64_t end) const {
    return (!causal || end - 1 <= position) && (window <= 0 || begin > position + queries - 1 - window);
  }
  /** Which queries of the vector that begins with `query` see the key. */
  COTO_INLINE Int at(int64_t query, int64_t key) const {
    const Int offset = lane_numbers() + static_cast<int32_t>(position + query - key);
    Int seen = splat(-1);
    if (causal) seen = seen & (offset >= 0);
    if (window > 0) seen = seen & (offset < static_cast<int32_t>(min(window, INT32_MAX)));
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

/** What an element of a packed matrix holds along the summed index: one float, or a pair of bfloat16. */
template <typename Number>
constexpr int64_t kHeld = std::is_same_v<Number, Pair> ? 2 : 1;
template <typename Number>
COTO_INLINE int64_t depth_of(int64_t length) {
  return ceiling_division(length, kHeld<Number>);
}
/** Number of elements that `Number` needs where float32 is read as it lies. */
template <typename Number>
constexpr int64_t if_packed(int64_t count) {
  return std::is_same_v<Number, Pair> ? count : 0;
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

/** packed [rows, width rounded up to whole vectors] = a head's rows, zeros beyond the width. */
COTO_INLINE void pack(Head head, int64_t rows, int64_t width, float* packed) {
  const int64_t step = round_up(width, kLanes);
  for (int64_t r = 0; r < rows; r++) {
    const float* const from = head.data + r * head.stride;
    float* const to = packed + r * step;
    by_vectors(
        width, [&](int64_t i) { store(to + i, load(from + i)); },
        [&](int64_t i, int64_t left) { store(to + i, load_partial(from + i, left)); });
  }
}

/** transposed [width, columns] = factor · (a head's rows)ᵀ; columns: rows rounded up to whole vectors, zeros beyond
 * rows. */
COTO_INLINE void pack_transposed(Head head, int64_t rows, int64_t width, float factor, float* transposed) {
  const int64_t columns = round_up(rows, kLanes);
  const Vec factors = splat(factor);
  for (int64_t c = 0; c < width; c += kLanes) {
    const int64_t left = min(width - c, kLanes);
    for (int64_t r = 0; r < columns; r += kLanes) {
      Vec square[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++) {
        const float* const from = head.data + (r + i) * head.stride + c;
        square[i] = r + i >= rows ? Vec{} : left == kLanes ? load(from) : load_partial(from, left);
      }
      transpose_square(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++)
        if (i < left) store(transposed + (c + i) * columns + r, square[i] * factors);
    }
  }
}

/** Rows and columns as a product reads them: float32 where it lies. `width`: what is summed over of the rows. */
COTO_INLINE RowsOf<float> as_rows(Head head, int64_t, int64_t, float*) { return {head.data, head.stride}; }
COTO_INLINE ColumnsOf<float> as_columns(const float* matrix, int64_t, int64_t columns, float*) {
  return {matrix, columns};
}

#if defined(__AVX512BF16__)
/** The `lanes` numbers at `from` that are there, none where `lanes` is 0 or less; zeros after them. */
COTO_INLINE Vec load_up_to(const float* from, int64_t lanes) {
  return lanes >= kLanes ? load(from) : lanes > 0 ? load_partial(from, lanes) : Vec{};
}

/** packed [rows / 2, width rounded up to whole vectors]: each row and the next side by side; zeros beyond. */
COTO_INLINE void pack(Head head, int64_t rows, int64_t width, Pair* packed) {
  const int64_t step = round_up(width, kLanes);
  for (int64_t r = 0; r < rows; r += 2)
    for (int64_t i = 0; i < width; i += kLanes) {
      const float* const from = head.data + r * head.stride + i;
      const Vec next = r + 1 < rows ? load_up_to(from + head.stride, width - i) : Vec{};
      store(packed + r / 2 * step + i, pairs_of(load_up_to(from, width - i), next));
    }
}

/** transposed [width / 2, columns]: of each row, times the factor, neighbors as pairs. */
COTO_INLINE void pack_transposed(Head head, int64_t rows, int64_t width, float factor, Pair* transposed) {
  const int64_t columns = round_up(rows, kLanes), depth = depth_of<Pair>(width);
  const Vec factors = splat(factor);
  for (int64_t c = 0; c < depth; c += kLanes)
    for (int64_t r = 0; r < columns; r += kLanes) {
      Vec square[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++) {
        const float* const from = head.data + (r + i) * head.stride + 2 * c;
        const int64_t left = r + i < rows ? width - 2 * c : 0;
        square[i] = as_float(
            neighbors_of(load_up_to(from, left) * factors, load_up_to(from + kLanes, left - kLanes) * factors));
      }
      transpose_square(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++)
        if (c + i < depth) store(transposed + (c + i) * columns + r, as_int(square[i]));
    }
}

/** The rows in `packed` [rows, width / 2 rounded up to whole vectors], neighbors as pairs. */
COTO_INLINE RowsOf<Pair> as_rows(Head head, int64_t rows, int64_t width, Pair* packed) {
  const int64_t step = round_up(depth_of<Pair>(width), kLanes);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < step; i += kLanes) {
      const float* const from = head.data + r * head.stride + 2 * i;
      const int64_t left = width - 2 * i;
      store(packed + r * step + i, neighbors_of(load_up_to(from, left), load_up_to(from + kLanes, left - kLanes)));
    }
  return {packed, step};
}

/** The columns of a matrix [rows, columns] of whole vectors in `packed` [rows / 2, columns], rows as pairs. */
COTO_INLINE ColumnsOf<Pair> as_columns(const float* matrix, int64_t rows, int64_t columns, Pair* packed) {
  pack(Head{matrix, columns}, rows, columns, packed);
  return {packed, columns};
}
#endif

}  // namespace COTO_ISA
}  // namespace coto
