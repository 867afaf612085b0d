// The files of this folder, compiled once for each instruction set: each puts its functions into the table.
#pragma once

#include "../simd/vector.h"
#include "kernels.h"

namespace coto {
namespace COTO_ISA {

void add_attention(Kernels& table);
void add_attention_gradient(Kernels& table);
void add_activations(Kernels& table);
void add_dora(Kernels& table);
void add_few_rows(Kernels& table);
void add_norms(Kernels& table);
void add_rotary(Kernels& table);
void add_softmax(Kernels& table);
void add_adamw(Kernels& table);
void add_rows(Kernels& table);
void add_unary(Kernels& table);
void add_binary(Kernels& table);
void add_casts(Kernels& table);
void add_moves(Kernels& table);
void add_reductions(Kernels& table);

/** All of them. */
const Kernels& table();

}  // namespace COTO_ISA
}  // namespace coto
