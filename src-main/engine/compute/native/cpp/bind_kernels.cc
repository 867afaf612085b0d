// Kernels whose call from JavaScript is not their call in C++: the manifest has both (its functions).
#include <cstring>
#include <string>
#include <vector>

#include "call.h"
#include "kernels/kernels.h"
#include "methods.generated.h"

namespace coto {
namespace {

/** A value of a tensor's type. */
struct Value {
  uint8_t bytes[4];
  int size;
};

Value take_value(Call& call) {
  const double number = call.number();
  const auto type = take<ValueType>(call);
  Value value{};
  if (type == ValueType::float32) {
    const auto real = static_cast<float>(number);
    std::memcpy(value.bytes, &real, 4);
    value.size = 4;
  } else if (type == ValueType::int32) {
    const auto whole = static_cast<int32_t>(number);
    std::memcpy(value.bytes, &whole, 4);
    value.size = 4;
  } else {
    value.bytes[0] = number != 0;
    value.size = 1;
  }
  return value;
}

std::array<int64_t, kMaxRank> take_axes(Call& call, int rank) {
  std::array<int64_t, kMaxRank> axes{};
  for (int axis = 0; axis < rank; axis++) axes[static_cast<size_t>(axis)] = call.integer();
  return axes;
}

}  // namespace

namespace bindings {

napi_value fill(Call& call) {
  void* y = call.data();
  const Value value = take_value(call);
  kernels().fill(y, value.bytes, call.integer(), value.size);
  return nullptr;
}

napi_value transpose(Call& call) {
  const void* x = call.data();
  void* y = call.data();
  const int bytes = static_cast<int>(call.integer());
  const Shape shape = call.shape();
  int permutation[kMaxRank] = {};
  for (int axis = 0; axis < shape.rank; axis++) permutation[axis] = static_cast<int>(call.integer());
  kernels().transpose(x, shape, permutation, y, bytes);
  return nullptr;
}

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

napi_value add_n(Call& call) {
  auto* y = take<float*>(call);
  const int64_t count = call.integer();
  const auto [list, length] = call.list();
  std::vector<const float*> inputs;
  for (size_t at = 0; at < length; at++) inputs.push_back(static_cast<const float*>(call.data_of(list[at])));
  kernels().add_n(inputs.data(), static_cast<int64_t>(length), y, count);
  return nullptr;
}

napi_value adamw(Call& call) {
  const auto options = take<AdamWOptions>(call);
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

napi_value sums_of_squares(Call& call) {
  auto* y = take<float*>(call);
  const auto [list, length] = call.list();
  for (size_t at = 0; at + 1 < length; at += 2) {
    const auto* x = static_cast<const float*>(call.data_of(list[at]));
    y[at / 2] = static_cast<float>(kernels().sum_of_squares(x, static_cast<int64_t>(list[at + 1])));
  }
  return nullptr;
}

napi_value gather_rows(Call& call) {
  const void* x = call.data();
  const auto* indices = take<const int32_t*>(call);
  void* y = call.data();
  const int64_t rows = call.integer();
  const int64_t count = call.integer();
  for (int64_t at = 0; at < count; at++)
    if (indices[at] < 0 || indices[at] >= rows)
      throw std::runtime_error("index " + std::to_string(indices[at]) + " of " + std::to_string(rows) + " rows");
  kernels().gather_rows(x, indices, y, rows, count, call.integer());
  return nullptr;
}

}  // namespace bindings
}  // namespace coto
