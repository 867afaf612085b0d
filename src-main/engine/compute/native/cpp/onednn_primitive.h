// One matmul of oneDNN: its key, its primitive with memory descriptors, and its execution on the calling thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>

namespace coto {

using dnnl::memory;
using DataType = memory::data_type;

inline const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

enum Flag : uint32_t {
  kTransposeA = 1,
  kTransposeB = 2,
  kPackedB = 4,
  kBfloat16 = 8,
  kBias = 16,
  kLateBias = 32,
  kSum = 64,
  kAddend = 128,
  kMultiplier = 256,
  kRowScale = 512,
  kWeightScale = 1024,
  /** Factors of 8 bits, sums of 32. */
  kInt8 = 2048,
};

struct Key {
  int64_t m, n, k;
  /** Values from one stored row of a and of b to the next. */
  int64_t lda, ldb;
  uint32_t flags;
  float scale;
  /** Values from one row of c to the next; 0: n. */
  int64_t ldc = 0;
  bool operator==(const Key& other) const {
    return m == other.m && n == other.n && k == other.k && lda == other.lda && ldb == other.ldb &&
           flags == other.flags && scale == other.scale && ldc == other.ldc;
  }
};

struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t bits = 0;
    std::memcpy(&bits, &key.scale, sizeof key.scale);
    for (const uint64_t part :
         {static_cast<uint64_t>(key.m), static_cast<uint64_t>(key.n), static_cast<uint64_t>(key.k),
          static_cast<uint64_t>(key.lda), static_cast<uint64_t>(key.ldb), static_cast<uint64_t>(key.flags),
          static_cast<uint64_t>(key.ldc)})
      bits = (bits ^ part) * 0x9E3779B97F4A7C15ull + (bits >> 29);
    return static_cast<size_t>(bits);
  }
};

/**
 * True if the library's products accept a scale for each column of the weight at no cost; scaling the result needs
 * another pass. Its products for x64 do on every instruction set; on arm64 the scale could lead to its reference ones.
 */
#if defined(__x86_64__) || defined(_M_X64)
constexpr bool kScalesWeights = true;
#else
constexpr bool kScalesWeights = false;
#endif

struct Primitive {
  dnnl::matmul::primitive_desc description;
  dnnl::matmul matmul;
  size_t scratch_bytes = 0;
  memory::desc source, weights, scratch;
  int addend_index = -1;
  int multiplier_index = -1;
  int bias_index = -1;
  int scale_index = -1;
  bool scales_weight = false;
  memory::desc row;      // bias and row scale [1, n]
  memory::desc columns;  // scale of the weight [n]
  memory::desc whole;    // addend and multiplier [m, n]
};

/** Memory of one thread, grown to what its largest task needed. */
class ThreadMemory {
 public:
  explicit ThreadMemory() = default;
  ~ThreadMemory() { release(); }
  void* at_least(size_t bytes) {
    if (bytes > bytes_) {
      release();
      data_ = ::operator new(bytes, std::align_val_t{64});
      bytes_ = bytes;
    }
    return data_;
  }

 private:
  void release() {
    if (data_ != nullptr) ::operator delete(data_, std::align_val_t{64});
  }
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

inline thread_local ThreadMemory scratchpad;

inline memory::desc matrix(int64_t rows, int64_t columns, int64_t stride, DataType type = DataType::f32) {
  return memory::desc({rows, columns}, type, memory::dims{stride, 1});
}

inline memory::desc transposed(int64_t rows, int64_t columns, int64_t stride, DataType type = DataType::f32) {
  return memory::desc({rows, columns}, type, memory::dims{1, stride});
}

struct Operands {
  const void* a;
  const void* b;
  float* c;
  const float* bias = nullptr;
  const float* addend = nullptr;
  const float* multiplier = nullptr;
  const float* row_scale = nullptr;
};

/** A primitive's arguments, in the C interface: its table of C++ takes as long as a small product. */
class Arguments {
 public:
  void add(int argument, const memory::desc& description, const void* data) {
    held_[count_] = memory(description, cpu(), const_cast<void*>(data));
    list_[count_] = {argument, held_[count_].get()};
    count_++;
  }
  void run(const dnnl::matmul& matmul) const {
    thread_local dnnl::stream stream(cpu());
    dnnl::error::wrap_c_api(dnnl_primitive_execute(matmul.get(), stream.get(), static_cast<int>(count_), list_.data()),
                            "a product failed");
  }

 private:
  static constexpr size_t kMax = 9;
  std::array<memory, kMax> held_;
  std::array<dnnl_exec_arg_t, kMax> list_{};
  size_t count_ = 0;
};

inline void execute(const Primitive& made, const Operands& operands) {
  Arguments arguments;
  arguments.add(DNNL_ARG_SRC, made.source, operands.a);
  arguments.add(DNNL_ARG_WEIGHTS, made.weights, operands.b);
  arguments.add(DNNL_ARG_DST, made.whole, operands.c);
  if (made.bias_index >= 0)
    arguments.add(DNNL_ARG_ATTR_MULTIPLE_POST_OP(made.bias_index) | DNNL_ARG_SRC_1, made.row, operands.bias);
  else if (operands.bias != nullptr) arguments.add(DNNL_ARG_BIAS, made.row, operands.bias);
  if (made.scale_index >= 0)
    arguments.add(DNNL_ARG_ATTR_MULTIPLE_POST_OP(made.scale_index) | DNNL_ARG_SRC_1, made.row, operands.row_scale);
  if (made.scales_weight) arguments.add(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, made.columns, operands.row_scale);
  if (made.addend_index >= 0)
    arguments.add(DNNL_ARG_ATTR_MULTIPLE_POST_OP(made.addend_index) | DNNL_ARG_SRC_1, made.whole, operands.addend);
  if (made.multiplier_index >= 0)
    arguments.add(DNNL_ARG_ATTR_MULTIPLE_POST_OP(made.multiplier_index) | DNNL_ARG_SRC_1, made.whole,
                  operands.multiplier);
  if (made.scratch_bytes > 0) arguments.add(DNNL_ARG_SCRATCHPAD, made.scratch, scratchpad.at_least(made.scratch_bytes));
  arguments.run(made.matmul);
}

}  // namespace coto
