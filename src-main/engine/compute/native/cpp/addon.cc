// The addon as Node and Electron load it: memory, threads, and the table of methods.
#ifndef _WIN32
#include <dlfcn.h>
#endif

#include <cstring>
#include <string>

#include "call.h"
#include "kernels/kernels.h"
#include "lapack.h"
#include "methods.generated.h"
#include "threads.h"

namespace coto {
namespace {

/** Keeps the addon mapped: Node unloads it with its last user, while threads of the pool may still wake up in it. */
void stay_loaded() {
#ifndef _WIN32
  Dl_info self{};
  if (dladdr(reinterpret_cast<const void*>(&stay_loaded), &self) != 0) dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE);
#endif
}

/** Tells V8 of the memory outside its heap, in large steps, so that a steady training step reports nothing. */
void report_memory(Call& call) {
  constexpr int64_t kStep = int64_t{8} << 20;
  Tensors& tensors = call.tensors();
  const auto held = static_cast<int64_t>(tensors.pool.held_bytes());
  const int64_t change = held - tensors.reported_bytes;
  if (change < kStep && change > -kStep) return;
  int64_t ignored = 0;
  napi_adjust_external_memory(call.env(), change, &ignored);
  tensors.reported_bytes = held;
}

napi_value allocate(Call& call) {
  const uint32_t handle = call.tensors().allocate(static_cast<size_t>(call.number()));
  report_memory(call);
  return call.number_result(handle);
}

napi_value view(Call& call) {
  const auto whole = static_cast<uint32_t>(call.number());
  const auto offset = static_cast<size_t>(call.number());
  const auto bytes = static_cast<size_t>(call.number());
  return call.number_result(call.tensors().view(whole, offset, bytes));
}

/** Handle of bytes of an open file, by its descriptor; 0 where they cannot be mapped. */
napi_value map(Call& call) {
  const auto descriptor = static_cast<int>(call.number());
  const auto offset = static_cast<uint64_t>(call.number());
  const auto bytes = static_cast<size_t>(call.number());
  return call.number_result(call.tensors().map(descriptor, offset, bytes));
}

napi_value release(Call& call) {
  call.tensors().release(static_cast<uint32_t>(call.number()));
  return nullptr;
}

/** The bytes of a typed array. */
struct Bytes {
  void* data;
  size_t count;
};

Bytes bytes_of(Call& call) {
  napi_value array = call.value();
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  Call::check(napi_get_typedarray_info(call.env(), array, &type, &length, &data, nullptr, nullptr));
  const bool is_byte = type == napi_uint8_array || type == napi_int8_array || type == napi_uint8_clamped_array;
  const bool is_half = type == napi_int16_array || type == napi_uint16_array;
  const bool is_double = type == napi_float64_array || type == napi_bigint64_array || type == napi_biguint64_array;
  return {data, length * (is_byte ? 1 : is_half ? 2 : is_double ? 8 : 4)};
}

napi_value write(Call& call) {
  Tensor& tensor = call.tensor();
  if (tensor.stored || tensor.mapped.data != nullptr) throw std::runtime_error("values for a stored matrix");
  const Bytes bytes = bytes_of(call);
  if (bytes.count != tensor.bytes) throw std::runtime_error("values that are not as many as the tensor's");
  if (bytes.count > 0) std::memcpy(tensor.block.data, bytes.data, bytes.count);
  return nullptr;
}

napi_value read(Call& call) {
  Tensor& tensor = call.tensor();
  const Bytes bytes = bytes_of(call);
  tensor.check();
  if (tensor.stored) {
    const StoredMatrix& matrix = *tensor.stored;
    if (bytes.count != static_cast<size_t>(matrix.rows * matrix.columns) * sizeof(float))
      throw std::runtime_error("a buffer that is not as large as the matrix");
    decode(matrix, static_cast<float*>(bytes.data));
    return nullptr;
  }
  if (bytes.count != tensor.bytes) throw std::runtime_error("a buffer that is not as large as the tensor");
  if (bytes.count > 0) std::memcpy(bytes.data, tensor.block.data, bytes.count);
  return nullptr;
}

/** [live tensors, live bytes, bytes held in all, highest live bytes, blocks made anew] */
napi_value statistics(Call& call) {
  Tensors& tensors = call.tensors();
  const double numbers[] = {static_cast<double>(tensors.live_tensors), static_cast<double>(tensors.pool.live_bytes()),
                            static_cast<double>(tensors.pool.held_bytes()),
                            static_cast<double>(tensors.pool.peak_bytes()), static_cast<double>(tensors.pool.misses())};
  napi_value result = nullptr;
  Call::check(napi_create_array_with_length(call.env(), std::size(numbers), &result));
  for (uint32_t at = 0; at < std::size(numbers); at++)
    Call::check(napi_set_element(call.env(), result, at, call.number_result(numbers[at])));
  return result;
}

napi_value trim(Call& call) {
  call.tensors().pool.trim();
  report_memory(call);
  return nullptr;
}

napi_value reset_peak(Call& call) {
  call.tensors().pool.reset_peak();
  return nullptr;
}

napi_value set_memory_limit(Call& call) {
  call.tensors().pool.set_limit(static_cast<size_t>(call.number()));
  return nullptr;
}

napi_value threads(Call& call) { return call.number_result(thread_count()); }

napi_value set_threads(Call& call) {
  set_thread_count(static_cast<int>(call.number()));
  return nullptr;
}

napi_value describe(Call& call) {
  const std::string text = gemm_library() + "; kernels " + kernels().name;
  napi_value result = nullptr;
  Call::check(napi_create_string_utf8(call.env(), text.c_str(), text.size(), &result));
  return result;
}

constexpr Method kMethods[] = {
    {"allocate", allocate},
    {"view", view},
    {"map", map},
    {"release", release},
    {"write", write},
    {"read", read},
    {"statistics", statistics},
    {"trim", trim},
    {"resetPeak", reset_peak},
    {"setMemoryLimit", set_memory_limit},
    {"threads", threads},
    {"setThreads", set_threads},
    {"describe", describe},
};

napi_value dispatch(napi_env env, napi_callback_info info) {
  void* method = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &method);
  const auto& chosen = *static_cast<const Method*>(method);
  try {
    Call call(env, info);
    const napi_value result = chosen.function(call);
    // Results computed from lost pages of a file are wrong.
    if (lost_pages() != call.tensors().known_lost_pages) {
      call.tensors().known_lost_pages = lost_pages();
      throw FileLost();
    }
    return result;
  } catch (const FileLost& error) {
    napi_throw_error(env, "file_lost", error.what());
  } catch (const OutOfMemory& error) {
    napi_throw_error(env, "out_of_memory", error.what());
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "out_of_memory", "the system refused memory");
  } catch (const std::exception& error) {
    napi_throw_error(env, "internal", (std::string(chosen.name) + ": " + error.what()).c_str());
  }
  return nullptr;
}

void add_methods(napi_env env, napi_value exports, const Method* added, size_t count) {
  for (size_t at = 0; at < count; at++) {
    napi_value function = nullptr;
    Call::check(napi_create_function(env, added[at].name, NAPI_AUTO_LENGTH, dispatch, const_cast<Method*>(added + at),
                                     &function));
    Call::check(napi_set_named_property(env, exports, added[at].name, function));
  }
}

}  // namespace
}  // namespace coto

NAPI_MODULE_INIT() {
  coto::stay_loaded();
  // One memory for each JavaScript thread that loads the addon; it ends with the thread.
  auto* tensors = new coto::Tensors();
  tensors->known_lost_pages = coto::lost_pages();
  napi_set_instance_data(
      env, tensors, [](napi_env, void* data, void*) { delete static_cast<coto::Tensors*>(data); }, nullptr);
  coto::add_methods(env, exports, coto::kMethods, std::size(coto::kMethods));
  coto::add_methods(env, exports, coto::kKernelMethods, std::size(coto::kKernelMethods));
  const auto [lapack, count] = coto::lapack_methods();
  coto::add_methods(env, exports, lapack, count);
  return exports;
}
