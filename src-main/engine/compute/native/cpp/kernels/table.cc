#include "families.h"

#define COTO_TEXT_OF(name) #name
#define COTO_TEXT(name) COTO_TEXT_OF(name)

namespace coto {
namespace COTO_ISA {

const Kernels& table() {
  static const Kernels table = [] {
    Kernels made{};
    made.name = COTO_TEXT(COTO_ISA);
    add_attention(made);
    add_attention_gradient(made);
    add_activations(made);
    add_dora(made);
    add_few_rows(made);
    add_norms(made);
    add_rotary(made);
    add_softmax(made);
    add_adamw(made);
    add_rows(made);
    add_unary(made);
    add_binary(made);
    add_casts(made);
    add_moves(made);
    add_reductions(made);
    return made;
  }();
  return table;
}

}  // namespace COTO_ISA
}  // namespace coto
