// Matrix products as JavaScript asks for them.
#pragma once

#include "kernels/kernels.h"
#include "tensors.h"

namespace coto {

/** A product the way that is fastest for its shape: few rows by our own kernels, others by the library's. */
void run_gemm(const Gemm& gemm, Tensors& tensors);

}  // namespace coto
