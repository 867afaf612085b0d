// Brings rows of a matrix into the order in which the products of tile.h read them: as they lie or transposed, in
// float32 or, two neighbors along the summed index side by side, as pairs of bfloat16.
#pragma once

#include <type_traits>

#include "../simd/tile.h"

namespace coto {
namespace COTO_ISA {

/** The rows of one head in a matrix of many: row r begins at data + r · stride. */
struct Head {
  const float* data;
  int64_t stride;
  COTO_INLINE Head from(int64_t row) const { return {data + row * stride, stride}; }
};

/** Values per element of a packed matrix along the summed index: one float, or a pair of bfloat16. */
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

#if defined(__AMX_BF16__)
/**
 * The columns of a matrix [rows, columns] of whole vectors as rows of `packed` [columns, rows / 2 rounded up to whole
 * vectors], rows as pairs: tiles take their first factor by rows alone.
 */
COTO_INLINE RowsOf<Pair> as_columns(const float* matrix, int64_t rows, int64_t columns, Pair* packed) {
  const int64_t step = round_up(depth_of<Pair>(rows), kLanes);
  for (int64_t c = 0; c < columns; c += kLanes)
    for (int64_t k = 0; k < step; k += kLanes) {
      Vec square[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++) {
        const int64_t row = 2 * (k + i);
        const float* const from = matrix + row * columns + c;
        square[i] = as_float(pairs_of(row < rows ? load(from) : Vec{}, row + 1 < rows ? load(from + columns) : Vec{}));
      }
      transpose_square(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++) store(packed + (c + i) * step + k, as_int(square[i]));
    }
  return {packed, step};
}
#else
/** The columns of a matrix [rows, columns] of whole vectors in `packed` [rows / 2, columns], rows as pairs. */
COTO_INLINE ColumnsOf<Pair> as_columns(const float* matrix, int64_t rows, int64_t columns, Pair* packed) {
  pack(Head{matrix, columns}, rows, columns, packed);
  return {packed, columns};
}
#endif
#endif

}  // namespace COTO_ISA
}  // namespace coto
