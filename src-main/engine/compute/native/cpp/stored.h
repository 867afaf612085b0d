// Matrices that stay in memory as they are stored: decoded part by part where a product reads them.
#pragma once

#include "kernels/kernels.h"
#include "memory.h"

namespace coto {

/** Bytes of a row of `columns` values; throws where the encoding has no such rows. */
int64_t stored_row_bytes(Encoding encoding, int64_t columns);

/** Writes the whole matrix in float32, on all threads. */
void decode(const StoredMatrix& matrix, float* to);

/** The whole matrix in float32, in a block that the caller gives back. */
Block decoded(const StoredMatrix& matrix, MemoryPool& pool);

}  // namespace coto
