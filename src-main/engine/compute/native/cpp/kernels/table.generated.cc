// Made by npm run make:kernels from ../manifest: do not edit.
// clang-format off
#include "declarations.generated.h"

#define COTO_TEXT_OF(name) #name
#define COTO_TEXT(name) COTO_TEXT_OF(name)

namespace coto {
namespace COTO_ISA {

const Kernels& table() {
  static const Kernels table = [] {
    Kernels made{};
    made.name = COTO_TEXT(COTO_ISA);
    made.attention = attention;
    made.attention_step = attention_step;
    made.attention_gradient = attention_gradient;
    made.rotary = rotary;
    made.gelu = gelu;
    made.gelu_and_derivative = gelu_and_derivative;
    made.gelu_gradient = gelu_gradient;
    made.gated_silu = gated_silu;
    made.gated_silu_gradient = gated_silu_gradient;
    made.skinny_gemm = skinny_gemm;
    made.scaled_epilogue = scaled_epilogue;
    made.quantize_rows = quantize_rows;
    made.int8_epilogue = int8_epilogue;
    made.low_rank_product = low_rank_product;
    made.lora_gradient = lora_gradient;
    made.dora_row_scale = dora_row_scale;
    made.row_scale_gradient = row_scale_gradient;
    made.hira_pack = hira_pack;
    made.hira_panel = hira_panel;
    made.hira_tile_gradient = hira_tile_gradient;
    made.stored_row_bytes = stored_row_bytes;
    made.decode_stored = decode_stored;
    made.decode_stored_panels = decode_stored_panels;
    made.skinny_stored_gemm = skinny_stored_gemm;
    made.layer_norm = layer_norm;
    made.layer_norm_gradient = layer_norm_gradient;
    made.rms_norm = rms_norm;
    made.rms_norm_gradient = rms_norm_gradient;
    made.softmax = softmax;
    made.log_softmax = log_softmax;
    made.softmax_cross_entropy = softmax_cross_entropy;
    made.softmax_cross_entropy_gradient = softmax_cross_entropy_gradient;
    made.cross_entropy_block = cross_entropy_block;
    made.adamw = adamw;
    made.cls_tokens = cls_tokens;
    made.cls_tokens_gradient = cls_tokens_gradient;
    made.gather_rows = gather_rows;
    made.scatter_add_rows = scatter_add_rows;
    made.one_hot = one_hot;
    made.unary = unary;
    made.unary_int32 = unary_int32;
    made.test = test;
    made.binary = binary;
    made.binary_int32 = binary_int32;
    made.compare = compare;
    made.compare_int32 = compare_int32;
    made.compare_bool = compare_bool;
    made.logical = logical;
    made.logical_not = logical_not;
    made.select = select;
    made.add_n = add_n;
    made.accumulate = accumulate;
    made.float_to_int32 = float_to_int32;
    made.int32_to_float = int32_to_float;
    made.float_to_bool = float_to_bool;
    made.int32_to_bool = int32_to_bool;
    made.bool_to_float = bool_to_float;
    made.bool_to_int32 = bool_to_int32;
    made.float_to_bfloat16 = float_to_bfloat16;
    made.round_to_bfloat16 = round_to_bfloat16;
    made.bfloat16_to_float = bfloat16_to_float;
    made.scaled_to_bfloat16 = scaled_to_bfloat16;
    made.fill = fill;
    made.copy = copy;
    made.transpose = transpose;
    made.slice = slice;
    made.pad = pad;
    made.concat = concat;
    made.tile = tile;
    made.reduce = reduce;
    made.reduce_int32 = reduce_int32;
    made.reduce_bool = reduce_bool;
    made.argmax = argmax;
    made.argmin = argmin;
    made.column_sums = column_sums;
    made.cumulative_sum = cumulative_sum;
    made.sum_of_squares = sum_of_squares;
    return made;
  }();
  return table;
}

}  // namespace COTO_ISA
}  // namespace coto
