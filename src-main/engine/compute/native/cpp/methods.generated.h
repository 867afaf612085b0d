// Made by npm run make:kernels from ../manifest: do not edit.
// clang-format off
#pragma once

#include "call.h"
#include "kernels/kernels.h"

namespace coto {

template <>
inline AttentionShape take_structure<AttentionShape>(Call& call) {
  AttentionShape taken;
  taken.batch = take<int64_t>(call);
  taken.queries = take<int64_t>(call);
  taken.tokens = take<int64_t>(call);
  taken.heads = take<int64_t>(call);
  taken.key_value_heads = take<int64_t>(call);
  taken.head_size = take<int64_t>(call);
  taken.window = take<int64_t>(call);
  taken.causal = take<bool>(call);
  taken.scale = take<float>(call);
  taken.softcap = take<float>(call);
  taken.bfloat16 = take<bool>(call);
  return taken;
}

template <>
inline Gemm take_structure<Gemm>(Call& call) {
  Gemm taken;
  taken.a = take<const float*>(call);
  taken.b = take<Weight>(call);
  taken.c = take<float*>(call);
  taken.m = take<int64_t>(call);
  taken.n = take<int64_t>(call);
  taken.k = take<int64_t>(call);
  taken.transpose_a = take<bool>(call);
  taken.transpose_b = take<bool>(call);
  taken.column_scale = take<const float*>(call);
  taken.scale = take<float>(call);
  taken.bias = take<const float*>(call);
  taken.addend = take<const float*>(call);
  taken.multiplier = take<const float*>(call);
  taken.k2 = take<int64_t>(call);
  taken.a2 = take<const float*>(call);
  taken.b2 = take<const float*>(call);
  taken.transpose_b2 = take<bool>(call);
  taken.scale2 = take<float>(call);
  taken.row_scale = take<const float*>(call);
  taken.scaled = take<float*>(call);
  taken.packs = take<PackedWeights*>(call);
  taken.bfloat16 = take<bool>(call);
  return taken;
}

template <>
inline BatchedGemm take_structure<BatchedGemm>(Call& call) {
  BatchedGemm taken;
  taken.a = take<const float*>(call);
  taken.b = take<const float*>(call);
  taken.c = take<float*>(call);
  taken.count = take<int64_t>(call);
  taken.m = take<int64_t>(call);
  taken.n = take<int64_t>(call);
  taken.k = take<int64_t>(call);
  taken.transpose_a = take<bool>(call);
  taken.transpose_b = take<bool>(call);
  taken.stride_a = take<int64_t>(call);
  taken.stride_b = take<int64_t>(call);
  return taken;
}

template <>
inline LoraGradient take_structure<LoraGradient>(Call& call) {
  LoraGradient taken;
  taken.dy = take<const float*>(call);
  taken.x = take<const float*>(call);
  taken.z = take<const float*>(call);
  taken.b = take<const float*>(call);
  taken.dz = take<float*>(call);
  taken.da = take<float*>(call);
  taken.db = take<float*>(call);
  taken.rows = take<int64_t>(call);
  taken.outputs = take<int64_t>(call);
  taken.inputs = take<int64_t>(call);
  taken.rank = take<int64_t>(call);
  taken.scale = take<float>(call);
  taken.bfloat16 = take<bool>(call);
  taken.row_scale = take<const float*>(call);
  taken.inverse = take<const float*>(call);
  taken.product = take<const float*>(call);
  taken.from_output = take<bool>(call);
  taken.bias = take<const float*>(call);
  taken.weight = take<const float*>(call);
  taken.a = take<const float*>(call);
  taken.magnitude = take<float*>(call);
  return taken;
}

template <>
inline HiraGemm take_structure<HiraGemm>(Call& call) {
  HiraGemm taken;
  taken.x = take<const float*>(call);
  taken.weight = take<Weight>(call);
  taken.a = take<const float*>(call);
  taken.b = take<const float*>(call);
  taken.y = take<float*>(call);
  taken.rows = take<int64_t>(call);
  taken.outputs = take<int64_t>(call);
  taken.inputs = take<int64_t>(call);
  taken.rank = take<int64_t>(call);
  taken.scale = take<float>(call);
  taken.transposed = take<bool>(call);
  taken.update_only = take<bool>(call);
  taken.bias = take<const float*>(call);
  taken.addend = take<const float*>(call);
  taken.multiplier = take<const float*>(call);
  taken.packs = take<PackedWeights*>(call);
  taken.bfloat16 = take<bool>(call);
  return taken;
}

template <>
inline HiraGradient take_structure<HiraGradient>(Call& call) {
  HiraGradient taken;
  taken.dy = take<const float*>(call);
  taken.x = take<const float*>(call);
  taken.weight = take<Weight>(call);
  taken.a = take<const float*>(call);
  taken.b = take<const float*>(call);
  taken.da = take<float*>(call);
  taken.db = take<float*>(call);
  taken.rows = take<int64_t>(call);
  taken.outputs = take<int64_t>(call);
  taken.inputs = take<int64_t>(call);
  taken.rank = take<int64_t>(call);
  taken.scale = take<float>(call);
  taken.bfloat16 = take<bool>(call);
  return taken;
}

template <>
inline LinearCrossEntropy take_structure<LinearCrossEntropy>(Call& call) {
  LinearCrossEntropy taken;
  taken.x = take<const float*>(call);
  taken.weight = take<Weight>(call);
  taken.labels = take<const int32_t*>(call);
  taken.loss = take<float*>(call);
  taken.dx = take<float*>(call);
  taken.rows = take<int64_t>(call);
  taken.hidden = take<int64_t>(call);
  taken.vocabulary = take<int64_t>(call);
  taken.packs = take<PackedWeights*>(call);
  taken.bfloat16 = take<bool>(call);
  return taken;
}

template <>
inline DecoderStep take_structure<DecoderStep>(Call& call) {
  DecoderStep taken;
  taken.x = take<const float*>(call);
  taken.y = take<float*>(call);
  taken.cache = take<float*>(call);
  taken.cosines = take<const float*>(call);
  taken.sines = take<const float*>(call);
  taken.mask = take<const float*>(call);
  taken.batch = take<int64_t>(call);
  taken.tokens = take<int64_t>(call);
  taken.capacity = take<int64_t>(call);
  taken.width = take<int64_t>(call);
  taken.inner = take<int64_t>(call);
  taken.heads = take<int64_t>(call);
  taken.key_value_heads = take<int64_t>(call);
  taken.head_size = take<int64_t>(call);
  taken.table_rows = take<int64_t>(call);
  taken.epsilon = take<float>(call);
  return taken;
}

template <>
inline AdamWOptions take_structure<AdamWOptions>(Call& call) {
  AdamWOptions taken;
  taken.learning_rate = take<double>(call);
  taken.beta1 = take<double>(call);
  taken.beta2 = take<double>(call);
  taken.epsilon = take<double>(call);
  taken.weight_decay = take<double>(call);
  taken.gradient_scale = take<double>(call);
  return taken;
}

/** Bound by hand. */
namespace bindings {
napi_value hira_gemm(Call& call);
napi_value hira_gradient(Call& call);
napi_value gemm(Call& call);
napi_value batched_gemm(Call& call);
napi_value computes_bfloat16(Call& call);
napi_value computes_int8(Call& call);
napi_value allow_int8(Call& call);
napi_value measure_gemm(Call& call);
napi_value measure_library_gemm(Call& call);
napi_value encode_tensor(Call& call);
napi_value gather_stored_rows(Call& call);
napi_value is_finite_matrix(Call& call);
napi_value linear_cross_entropy(Call& call);
napi_value adamw(Call& call);
napi_value sums_of_squares(Call& call);
napi_value gather_rows(Call& call);
napi_value add_n(Call& call);
napi_value fill(Call& call);
napi_value transpose(Call& call);
napi_value slice(Call& call);
napi_value pad(Call& call);
napi_value concat(Call& call);
napi_value decoder_step(Call& call);
}  // namespace bindings

/** Calls a kernel with its parameters in their order. */
template <auto Member>
napi_value call_kernel(Call& call) {
  return invoke(call, kernels().*Member);
}

constexpr Method kKernelMethods[] = {
    {"attention", call_kernel<&Kernels::attention>},
    {"attentionGradient", call_kernel<&Kernels::attention_gradient>},
    {"rotary", call_kernel<&Kernels::rotary>},
    {"gelu", call_kernel<&Kernels::gelu>},
    {"geluAndDerivative", call_kernel<&Kernels::gelu_and_derivative>},
    {"geluGradient", call_kernel<&Kernels::gelu_gradient>},
    {"gatedSilu", call_kernel<&Kernels::gated_silu>},
    {"gatedSiluGradient", call_kernel<&Kernels::gated_silu_gradient>},
    {"lowRankProduct", call_kernel<&Kernels::low_rank_product>},
    {"loraGradient", call_kernel<&Kernels::lora_gradient>},
    {"doraRowScale", call_kernel<&Kernels::dora_row_scale>},
    {"rowScaleGradient", call_kernel<&Kernels::row_scale_gradient>},
    {"layerNorm", call_kernel<&Kernels::layer_norm>},
    {"layerNormGradient", call_kernel<&Kernels::layer_norm_gradient>},
    {"rmsNorm", call_kernel<&Kernels::rms_norm>},
    {"rmsNormGradient", call_kernel<&Kernels::rms_norm_gradient>},
    {"softmax", call_kernel<&Kernels::softmax>},
    {"softmaxCrossEntropy", call_kernel<&Kernels::softmax_cross_entropy>},
    {"softmaxCrossEntropyGradient", call_kernel<&Kernels::softmax_cross_entropy_gradient>},
    {"clsTokens", call_kernel<&Kernels::cls_tokens>},
    {"clsTokensGradient", call_kernel<&Kernels::cls_tokens_gradient>},
    {"scatterAddRows", call_kernel<&Kernels::scatter_add_rows>},
    {"oneHot", call_kernel<&Kernels::one_hot>},
    {"unary", call_kernel<&Kernels::unary>},
    {"unaryInt32", call_kernel<&Kernels::unary_int32>},
    {"test", call_kernel<&Kernels::test>},
    {"binary", call_kernel<&Kernels::binary>},
    {"binaryInt32", call_kernel<&Kernels::binary_int32>},
    {"compare", call_kernel<&Kernels::compare>},
    {"compareInt32", call_kernel<&Kernels::compare_int32>},
    {"compareBool", call_kernel<&Kernels::compare_bool>},
    {"logical", call_kernel<&Kernels::logical>},
    {"logicalNot", call_kernel<&Kernels::logical_not>},
    {"select", call_kernel<&Kernels::select>},
    {"floatToInt32", call_kernel<&Kernels::float_to_int32>},
    {"int32ToFloat", call_kernel<&Kernels::int32_to_float>},
    {"floatToBool", call_kernel<&Kernels::float_to_bool>},
    {"int32ToBool", call_kernel<&Kernels::int32_to_bool>},
    {"boolToFloat", call_kernel<&Kernels::bool_to_float>},
    {"boolToInt32", call_kernel<&Kernels::bool_to_int32>},
    {"roundToBfloat16", call_kernel<&Kernels::round_to_bfloat16>},
    {"bfloat16ToFloat", call_kernel<&Kernels::bfloat16_to_float>},
    {"copy", call_kernel<&Kernels::copy>},
    {"tile", call_kernel<&Kernels::tile>},
    {"reduce", call_kernel<&Kernels::reduce>},
    {"reduceInt32", call_kernel<&Kernels::reduce_int32>},
    {"reduceBool", call_kernel<&Kernels::reduce_bool>},
    {"argmax", call_kernel<&Kernels::argmax>},
    {"argmin", call_kernel<&Kernels::argmin>},
    {"cumulativeSum", call_kernel<&Kernels::cumulative_sum>},
    {"hiraGemm", bindings::hira_gemm},
    {"hiraGradient", bindings::hira_gradient},
    {"gemm", bindings::gemm},
    {"batchedGemm", bindings::batched_gemm},
    {"computesBfloat16", bindings::computes_bfloat16},
    {"computesInt8", bindings::computes_int8},
    {"allowInt8", bindings::allow_int8},
    {"measureGemm", bindings::measure_gemm},
    {"measureLibraryGemm", bindings::measure_library_gemm},
    {"encodeTensor", bindings::encode_tensor},
    {"gatherStoredRows", bindings::gather_stored_rows},
    {"isFiniteMatrix", bindings::is_finite_matrix},
    {"linearCrossEntropy", bindings::linear_cross_entropy},
    {"adamw", bindings::adamw},
    {"sumsOfSquares", bindings::sums_of_squares},
    {"gatherRows", bindings::gather_rows},
    {"addN", bindings::add_n},
    {"fill", bindings::fill},
    {"transpose", bindings::transpose},
    {"slice", bindings::slice},
    {"pad", bindings::pad},
    {"concat", bindings::concat},
    {"decoderStep", bindings::decoder_step},
};

}  // namespace coto
