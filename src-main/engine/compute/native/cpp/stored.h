// Matrices that stay in memory as they are stored: decoded part by part where a product reads them.
#pragma once

#include "kernels/kernels.h"
#include "memory.h"

namespace coto {

/** Bytes of a row of `columns` values; throws where the encoding has no such rows. */
int64_t stored_row_bytes(Encoding encoding, int64_t columns);

/** Writes the whole matrix in float32, on all threads. */
void decode(const StoredMatrix& matrix, float* to);

/** A part of a matrix in float32: its rows from `row` and columns from `column` on, rows `step` numbers apart. */
struct MatrixPart {
  const float* values;
  int64_t row, column, step;

  const float* at(int64_t r, int64_t c) const { return values + (r - row) * step + (c - column); }
};

/** Rows and columns of a weight: its own numbers, or those of a stored one decoded into a block that the caller gives
 * back. */
MatrixPart part_of(const Weight& weight, int64_t width, int64_t row, int64_t rows, int64_t column, int64_t columns,
                   MemoryPool& pool, Block& decoded);

/** The whole matrix in float32, in a block that the caller gives back. */
Block decoded(const StoredMatrix& matrix, MemoryPool& pool);

}  // namespace coto
