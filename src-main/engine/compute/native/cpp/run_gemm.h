// Matrix products as JavaScript asks for them.
#pragma once

#include "kernels/kernels.h"
#include "tensors.h"

namespace coto {

/**
 * Up to so many rows, all threads read a large weight as it lies faster than one reads the library's packed form, and a
 * stored one faster than it is decoded and packed.
 */
constexpr int64_t kSkinnyRows = 4;
/** The same for the next token of each row: no row's bits then depend on the number of rows. */
constexpr int64_t kDecodedRows = 8;

/**
 * A product the way that is fastest for its shape: up to `skinny_rows` rows by our own kernels, others by the
 * library's.
 */
void run_gemm(const Gemm& gemm, Tensors& tensors, int64_t skinny_rows = kSkinnyRows);

}  // namespace coto
