// The table of kernels as JavaScript calls it: parameters in the order of kernels.h, a shape as its rank and its sizes.
#include <cstring>
#include <string>
#include <vector>

#include "call.h"
#include "kernels/kernels.h"

namespace coto {
namespace {

template <auto Member>
napi_value plain(Call& call) {
  return invoke(call, kernels().*Member);
}

/** A value of a tensor's type: 0 float32, 1 int32, 2 bool. */
struct Value {
  uint8_t bytes[4];
  int size;
};

Value take_value(Call& call) {
  const double number = call.number();
  const int64_t type = call.integer();
  Value value{};
  if (type == 0) {
    const auto real = static_cast<float>(number);
    std::memcpy(value.bytes, &real, 4);
    value.size = 4;
  } else if (type == 1) {
    const auto whole = static_cast<int32_t>(number);
    std::memcpy(value.bytes, &whole, 4);
    value.size = 4;
  } else {
    value.bytes[0] = number != 0;
    value.size = 1;
  }
  return value;
}

std::array<int64_t, kMostRank> take_axes(Call& call, int rank) {
  std::array<int64_t, kMostRank> axes{};
  for (int axis = 0; axis < rank; axis++) axes[static_cast<size_t>(axis)] = call.integer();
  return axes;
}

/** y, value, type, count */
napi_value fill(Call& call) {
  void* y = call.data();
  const Value value = take_value(call);
  kernels().fill(y, value.bytes, call.integer(), value.size);
  return nullptr;
}

/** x, y, element bytes, shape of x, permutation */
napi_value transpose(Call& call) {
  const void* x = call.data();
  void* y = call.data();
  const int bytes = static_cast<int>(call.integer());
  const Shape shape = call.shape();
  int permutation[kMostRank] = {};
  for (int axis = 0; axis < shape.rank; axis++) permutation[axis] = static_cast<int>(call.integer());
  kernels().transpose(x, shape, permutation, y, bytes);
  return nullptr;
}

/** x, y, element bytes, shape of x, shape of y, begin, strides */
napi_value slice(Call& call) {
  const void* x = call.data();
  void* y = call.data();
  const int bytes = static_cast<int>(call.integer());
  const Shape x_shape = call.shape();
  const Shape y_shape = call.shape();
  const auto begin = take_axes(call, x_shape.rank);
  const auto strides = take_axes(call, x_shape.rank);
  kernels().slice(x, x_shape, begin.data(), strides.data(), y, y_shape, bytes);
  return nullptr;
}

/** x, y, value, type, shape of x, shape of y, before */
napi_value pad(Call& call) {
  const void* x = call.data();
  void* y = call.data();
  const Value value = take_value(call);
  const Shape x_shape = call.shape();
  const Shape y_shape = call.shape();
  const auto before = take_axes(call, x_shape.rank);
  kernels().pad(x, x_shape, before.data(), value.bytes, y, y_shape, value.size);
  return nullptr;
}

/** x, y, element bytes, shape of x, shape of y */
napi_value tile(Call& call) {
  const void* x = call.data();
  void* y = call.data();
  const int bytes = static_cast<int>(call.integer());
  const Shape x_shape = call.shape();
  const Shape y_shape = call.shape();
  kernels().tile(x, x_shape, y, y_shape, bytes);
  return nullptr;
}

/** y, outer, [input, its bytes for one outer index, …] */
napi_value concat(Call& call) {
  void* y = call.data();
  const int64_t outer = call.integer();
  const auto [list, length] = call.list();
  std::vector<const void*> inputs;
  std::vector<int64_t> widths;
  for (size_t at = 0; at + 1 < length; at += 2) {
    inputs.push_back(call.data_of(list[at]));
    widths.push_back(static_cast<int64_t>(list[at + 1]));
  }
  kernels().concat(inputs.data(), widths.data(), static_cast<int64_t>(inputs.size()), y, outer);
  return nullptr;
}

/** y, count, [input, …] */
napi_value add_n(Call& call) {
  auto* y = call.elements<float>();
  const int64_t count = call.integer();
  const auto [list, length] = call.list();
  std::vector<const float*> inputs;
  for (size_t at = 0; at < length; at++) inputs.push_back(static_cast<const float*>(call.data_of(list[at])));
  kernels().add_n(inputs.data(), static_cast<int64_t>(length), y, count);
  return nullptr;
}

/**
 * learning rate, beta1, beta2, epsilon, weight decay, gradient scale, [value, gradient, first, second, count,
 * correction1, correction2, …]
 */
napi_value adamw(Call& call) {
  AdamWOptions options{};
  options.learning_rate = call.number();
  options.beta1 = call.number();
  options.beta2 = call.number();
  options.epsilon = call.number();
  options.weight_decay = call.number();
  options.gradient_scale = call.number();
  const auto [list, length] = call.list();
  std::vector<AdamWParameter> parameters;
  for (size_t at = 0; at + 6 < length; at += 7) {
    AdamWParameter parameter{};
    parameter.value = static_cast<float*>(call.data_of(list[at]));
    parameter.gradient = static_cast<const float*>(call.data_of(list[at + 1]));
    parameter.first = static_cast<float*>(call.data_of(list[at + 2]));
    parameter.second = static_cast<float*>(call.data_of(list[at + 3]));
    parameter.count = static_cast<int64_t>(list[at + 4]);
    parameter.correction1 = list[at + 5];
    parameter.correction2 = list[at + 6];
    parameters.push_back(parameter);
  }
  kernels().adamw(parameters.data(), static_cast<int64_t>(parameters.size()), options);
  return nullptr;
}

/** y, [x, count, …]: y holds one float for each x. */
napi_value sums_of_squares(Call& call) {
  auto* y = call.elements<float>();
  const auto [list, length] = call.list();
  for (size_t at = 0; at + 1 < length; at += 2) {
    const auto* x = static_cast<const float*>(call.data_of(list[at]));
    y[at / 2] = static_cast<float>(kernels().sum_of_squares(x, static_cast<int64_t>(list[at + 1])));
  }
  return nullptr;
}

/** x, indices, y, rows of x, count, bytes of a row; an index that x has no row for is an error. */
napi_value gather_rows(Call& call) {
  const void* x = call.data();
  const auto* indices = call.elements<const int32_t>();
  void* y = call.data();
  const int64_t rows = call.integer();
  const int64_t count = call.integer();
  for (int64_t at = 0; at < count; at++)
    if (indices[at] < 0 || indices[at] >= rows)
      throw std::runtime_error("index " + std::to_string(indices[at]) + " of " + std::to_string(rows) + " rows");
  kernels().gather_rows(x, indices, y, rows, count, call.integer());
  return nullptr;
}

constexpr Method methods[] = {
    {"attention", plain<&Kernels::attention>},
    {"attentionGradient", plain<&Kernels::attention_gradient>},
    {"doraGain", plain<&Kernels::dora_gain>},
    {"gainGradient", plain<&Kernels::gain_gradient>},
    {"gelu", plain<&Kernels::gelu>},
    {"geluAndDerivative", plain<&Kernels::gelu_and_derivative>},
    {"geluGradient", plain<&Kernels::gelu_gradient>},
    {"gatedSilu", plain<&Kernels::gated_silu>},
    {"gatedSiluGradient", plain<&Kernels::gated_silu_gradient>},
    {"layerNorm", plain<&Kernels::layer_norm>},
    {"layerNormGradient", plain<&Kernels::layer_norm_gradient>},
    {"rmsNorm", plain<&Kernels::rms_norm>},
    {"rmsNormGradient", plain<&Kernels::rms_norm_gradient>},
    {"rotary", plain<&Kernels::rotary>},
    {"softmax", plain<&Kernels::softmax>},
    {"softmaxCrossEntropy", plain<&Kernels::softmax_cross_entropy>},
    {"softmaxCrossEntropyGradient", plain<&Kernels::softmax_cross_entropy_gradient>},
    {"adamw", adamw},
    {"sumsOfSquares", sums_of_squares},
    {"clsTokens", plain<&Kernels::first_tokens>},
    {"clsTokensGradient", plain<&Kernels::first_tokens_gradient>},
    {"gatherRows", gather_rows},
    {"scatterAddRows", plain<&Kernels::scatter_add_rows>},
    {"oneHot", plain<&Kernels::one_hot>},
    {"unary", plain<&Kernels::unary>},
    {"unaryInt32", plain<&Kernels::unary_int32>},
    {"test", plain<&Kernels::test>},
    {"binary", plain<&Kernels::binary>},
    {"binaryInt32", plain<&Kernels::binary_int32>},
    {"compare", plain<&Kernels::compare>},
    {"compareInt32", plain<&Kernels::compare_int32>},
    {"compareBool", plain<&Kernels::compare_bool>},
    {"logical", plain<&Kernels::logical>},
    {"logicalNot", plain<&Kernels::logical_not>},
    {"select", plain<&Kernels::select>},
    {"addN", add_n},
    {"floatToInt32", plain<&Kernels::float_to_int32>},
    {"int32ToFloat", plain<&Kernels::int32_to_float>},
    {"floatToBool", plain<&Kernels::float_to_bool>},
    {"int32ToBool", plain<&Kernels::int32_to_bool>},
    {"boolToFloat", plain<&Kernels::bool_to_float>},
    {"boolToInt32", plain<&Kernels::bool_to_int32>},
    {"fill", fill},
    {"copy", plain<&Kernels::copy>},
    {"transpose", transpose},
    {"slice", slice},
    {"pad", pad},
    {"concat", concat},
    {"tile", tile},
    {"reduce", plain<&Kernels::reduce>},
    {"reduceInt32", plain<&Kernels::reduce_int32>},
    {"reduceBool", plain<&Kernels::reduce_bool>},
    {"argmax", plain<&Kernels::argmax>},
    {"argmin", plain<&Kernels::argmin>},
    {"cumulativeSum", plain<&Kernels::cumulative_sum>},
};

}  // namespace

void add_kernel_methods(napi_env env, napi_value exports) { add_methods(env, exports, methods, std::size(methods)); }

}  // namespace coto
