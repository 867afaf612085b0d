// A call from JavaScript: its arguments are numbers (tensors by their handles, 0 for none) and truth values, taken one
// after another.
#pragma once

#include <node_api.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/kernels.h"
#include "stored.h"
#include "tensors.h"

namespace coto {

class Call {
 public:
  static constexpr size_t kMax = 64;

  Call(napi_env env, napi_callback_info info) : env_(env) {
    void* data = nullptr;
    check(napi_get_cb_info(env, info, &count_, values_.data(), nullptr, &data));
    if (count_ > kMax) throw std::runtime_error("too many arguments");
    check(napi_get_instance_data(env, reinterpret_cast<void**>(&tensors_)));
  }

  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    for (const Block& block : decoded_) tensors_->pool.give_back(block);
  }

  napi_env env() const { return env_; }
  Tensors& tensors() const { return *tensors_; }

  napi_value value() {
    if (next_ >= count_) throw std::runtime_error("an argument is missing");
    return values_[next_++];
  }

  double number() {
    double number = 0;
    check(napi_get_value_double(env_, value(), &number));
    return number;
  }
  int64_t integer() { return static_cast<int64_t>(number()); }
  bool flag() {
    bool flag = false;
    check(napi_get_value_bool(env_, value(), &flag));
    return flag;
  }

  Tensor& tensor() { return tensors_->at(static_cast<uint32_t>(number())); }
  /** Null for handle 0. A stored matrix is decoded for the time of the call. */
  void* data() { return data_of(number()); }
  /** A matrix that the method takes as it is stored, too. */
  Weight weight() { return weight_of(number()); }
  Weight weight_of(double number) {
    const auto handle = static_cast<uint32_t>(number);
    if (handle == 0) return Weight();
    const Tensor& tensor = tensors_->at(handle);
    tensor.check();
    return tensor.stored ? Weight(&*tensor.stored) : Weight(static_cast<const float*>(tensor.block.data));
  }
  /** The packed forms of a frozen weight, kept with its tensor; null for handle 0. */
  PackedWeights* packs() { return packs_of(number()); }
  PackedWeights* packs_of(double number) {
    const auto handle = static_cast<uint32_t>(number);
    return handle == 0 ? nullptr : &tensors_->at(handle).packs;
  }

  Shape shape() {
    Shape shape{};
    shape.rank = static_cast<int>(integer());
    if (shape.rank < 0 || shape.rank > kMaxRank) throw std::runtime_error("a tensor of too high a rank");
    for (int axis = 0; axis < shape.rank; axis++) shape.size[axis] = integer();
    return shape;
  }

  /** The numbers of a Float64Array: lists that may be long. */
  std::pair<const double*, size_t> list() {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    check(napi_get_typedarray_info(env_, value(), &type, &length, &data, nullptr, nullptr));
    if (type != napi_float64_array) throw std::runtime_error("a list that is no Float64Array");
    return {static_cast<const double*>(data), length};
  }
  void* data_of(double number) {
    const auto handle = static_cast<uint32_t>(number);
    if (handle == 0) return nullptr;
    const Tensor& tensor = tensors_->at(handle);
    tensor.check();
    if (!tensor.stored) return tensor.block.data;
    decoded_.push_back(decoded(*tensor.stored, tensors_->pool));
    return decoded_.back().data;
  }

  napi_value flag_result(bool flag) const {
    napi_value result = nullptr;
    check(napi_get_boolean(env_, flag, &result));
    return result;
  }
  napi_value number_result(double number) const {
    napi_value result = nullptr;
    check(napi_create_double(env_, number, &result));
    return result;
  }

  static void check(napi_status status) {
    if (status != napi_ok) throw std::runtime_error("an argument of the wrong kind");
  }

 private:
  napi_env env_;
  Tensors* tensors_ = nullptr;
  std::array<napi_value, kMax> values_{};
  size_t count_ = kMax;
  size_t next_ = 0;
  /** Stored matrices in float32, until the call ends. */
  std::vector<Block> decoded_;
};

/** A structure of arguments, field by field (methods.generated.h). */
template <typename Structure>
Structure take_structure(Call& call);

/** A parameter of a kernel from the next arguments. */
template <typename Parameter>
auto take(Call& call) {
  using Plain = std::remove_cv_t<std::remove_reference_t<Parameter>>;
  if constexpr (std::is_same_v<Plain, PackedWeights*>) return call.packs();
  else if constexpr (std::is_same_v<Plain, Weight>) return call.weight();
  else if constexpr (std::is_pointer_v<Plain>) return static_cast<Plain>(call.data());
  else if constexpr (std::is_same_v<Plain, bool>) return call.flag();
  else if constexpr (std::is_same_v<Plain, Shape>) return call.shape();
  else if constexpr (std::is_class_v<Plain>) return take_structure<Plain>(call);
  else if constexpr (std::is_enum_v<Plain>) return static_cast<Plain>(call.integer());
  else return static_cast<Plain>(call.number());
}

/** Calls a kernel with parameters taken from the call in their order. */
template <typename Result, typename... Parameters>
napi_value invoke(Call& call, Result (*kernel)(Parameters...)) {
  if (kernel == nullptr) throw std::runtime_error("this build lacks the kernel");
  std::tuple<std::remove_cv_t<std::remove_reference_t<Parameters>>...> taken{take<Parameters>(call)...};
  if constexpr (std::is_void_v<Result>) {
    std::apply(kernel, taken);
    return nullptr;
  } else {
    return call.number_result(static_cast<double>(std::apply(kernel, taken)));
  }
}

using Function = napi_value (*)(Call& call);

struct Method {
  const char* name;
  Function function;
};

}  // namespace coto
