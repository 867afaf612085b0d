// State that matrix products on oneDNN keep between calls, and the partition of weights of a vocabulary's size.
#pragma once

#include <algorithm>
#include <unordered_map>

#include "gemm.h"
#include "onednn_primitive.h"

namespace coto {

constexpr int64_t kMinRows = 64;
/** Most shapes whose primitives are kept; sequences of every length make many. */
constexpr size_t kMaxPrimitives = 4096;

/** Rows of a product that a task takes: a function of the shapes alone. */
int64_t rows_per_task(int64_t m, int64_t n, int64_t k);

/** Layout in which b is packed, asked for at one number of rows, so that all products of a weight share it. */
memory::desc packed_layout(int64_t k, int64_t n, bool bfloat16);

/** The same of 8-bit integers. */
memory::desc packed_int8_layout(int64_t k, int64_t n);

/** True if a product runs in 8-bit integers: its weight allows that, and its sums fit 32 bits. */
bool runs_in_int8(const Gemm& gemm);

/** True if a frozen weight is packed and multiplied in parts. */
bool is_partitioned(int64_t k, int64_t n);

class WeightPartition;

struct GemmRunner::State {
  std::unordered_map<Key, Primitive, KeyHash> primitives;
  std::unordered_map<Key, memory::desc, KeyHash> layouts;

  const memory::desc& layout(int64_t k, int64_t n, bool bfloat16) {
    const Key key{0, n, k, 0, 0, bfloat16 ? uint32_t{kBfloat16} : 0, 1};
    const auto found = layouts.find(key);
    if (found != layouts.end()) return found->second;
    return layouts.emplace(key, packed_layout(k, n, bfloat16)).first->second;
  }

  const memory::desc& int8_layout(int64_t k, int64_t n) {
    const Key key{0, n, k, 0, 0, kInt8, 1};
    const auto found = layouts.find(key);
    if (found != layouts.end()) return found->second;
    return layouts.emplace(key, packed_int8_layout(k, n)).first->second;
  }

  void run_split_k(const Gemm& gemm, MemoryPool& pool);
  void run_int8(const Gemm& gemm, MemoryPool& pool);
  /** Quantizes and packs b the first time. */
  const PackedWeights::Int8Pack& pack_int8(const Gemm& gemm, MemoryPool& pool);
  void run_partitioned(const Gemm& gemm, MemoryPool& pool);
  /** Packs `count` columns of HiRA's weight, as a product reads them, from `first` on. */
  void pack_hira(const HiraGemm& gemm, int64_t first, int64_t count, void* to, MemoryPool& pool);
  /** Packs a matrix [k, n] whose rows lie `stride` apart. */
  void pack_columns(const float* from, int64_t k, int64_t n, int64_t stride, bool bfloat16, void* to);

  const Primitive& primitive(const Key& key) {
    const auto found = primitives.find(key);
    if (found != primitives.end()) return found->second;
    return primitives.emplace(key, make(key)).first->second;
  }

  /** The narrow second product a2·b2 of `count` rows; null where there is none. */
  const Primitive* second_for(const Gemm& gemm, int64_t count) {
    if (gemm.k2 <= 0) return nullptr;
    const uint32_t flags = gemm.transpose_b2 ? uint32_t{kTransposeB} : 0;
    return &primitive({count, gemm.n, gemm.k2, gemm.k2, gemm.transpose_b2 ? gemm.k2 : gemm.n, flags, gemm.scale2});
  }

  Primitive make(const Key& key) {
    const auto has = [&](Flag flag) { return (key.flags & flag) != 0; };
    const DataType type = has(kInt8) ? DataType::s8 : has(kBfloat16) ? DataType::bf16 : DataType::f32;
    const memory::desc source =
        has(kTransposeA) ? transposed(key.m, key.k, key.lda, type) : matrix(key.m, key.k, key.lda, type);
    const memory::desc weights = has(kInt8)         ? int8_layout(key.k, key.n)
                                 : has(kPackedB)    ? layout(key.k, key.n, has(kBfloat16))
                                 : has(kTransposeB) ? transposed(key.k, key.n, key.ldb)
                                                    : matrix(key.k, key.n, key.ldb);
    Primitive made;
    made.row = matrix(1, key.n, key.n);
    made.columns = memory::desc({key.n}, DataType::f32, memory::dims{1});
    made.whole = matrix(key.m, key.n, key.ldc == 0 ? key.n : key.ldc, has(kInt8) ? DataType::s32 : DataType::f32);
    dnnl::post_ops after;
    int index = 0;
    if (key.scale != 1) {
      after.append_eltwise(dnnl::algorithm::eltwise_linear, key.scale, 0);
      index++;
    }
    const auto add_bias = [&] {
      after.append_binary(dnnl::algorithm::binary_add, made.row);
      made.bias_index = index++;
    };
    if (has(kLateBias) && !has(kRowScale)) add_bias();
    if (has(kSum)) {
      after.append_sum(1);
      index++;
    }
    if (has(kRowScale)) {
      after.append_binary(dnnl::algorithm::binary_mul, made.row);
      made.scale_index = index++;
      if (has(kLateBias)) add_bias();
    }
    if (has(kAddend)) {
      after.append_binary(dnnl::algorithm::binary_add, made.whole);
      made.addend_index = index++;
    }
    if (has(kMultiplier)) {
      after.append_binary(dnnl::algorithm::binary_mul, made.whole);
      made.multiplier_index = index++;
    }
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    made.scales_weight = has(kWeightScale);
    if (made.scales_weight) attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1 << 1);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    made.description = has(kBias)
                           ? dnnl::matmul::primitive_desc(cpu(), source, weights, made.row, made.whole, attributes)
                           : dnnl::matmul::primitive_desc(cpu(), source, weights, made.whole, attributes);
    made.matmul = dnnl::matmul(made.description);
    made.source = made.description.src_desc();
    made.weights = made.description.weights_desc();
    made.scratch = made.description.scratchpad_desc();
    made.scratch_bytes = made.scratch.get_size();
    return made;
  }

  /** Packs b the first time, a large weight part by part (`WeightPartition`), and returns its packed form. */
  const void* pack(const Gemm& gemm, PackedWeights& packs, MemoryPool& pool);

  /** A part of a stored b, decoded and packed in the calling thread's own memory, valid until its next call. */
  const void* decode_part(const Gemm& gemm, const WeightPartition& parts, int64_t i, int64_t j);

  /** Packs the section of b that `part` describes; its stored rows lie `stride` values apart. */
  static void reorder(const Gemm& part, int64_t stride, const memory::desc& wanted, void* to);
};

/**
 * Partition of a weight [k, n] into parts that fit a core's cache and can be shared among many threads where there are
 * few rows. Packed, the parts of the same outputs follow each other, from the first inputs to the last.
 */
class WeightPartition {
 public:
  /** Partition of the weight b of a product; in parts only for vocabulary-sized or stored weights. */
  WeightPartition(GemmRunner::State& state, const Gemm& gemm);

  int64_t inner_count() const { return (k_ + inner_ - 1) / inner_; }
  int64_t outer_count() const { return (n_ + outer_ - 1) / outer_; }
  int64_t first_inner(int64_t i) const { return i * inner_; }
  int64_t first_outer(int64_t j) const { return j * outer_; }
  int64_t inner(int64_t i) const { return std::min(inner_, k_ - first_inner(i)); }
  int64_t outer(int64_t j) const { return std::min(outer_, n_ - first_outer(j)); }
  const memory::desc& layout(int64_t i, int64_t j) const;
  /** Bytes before a part. */
  size_t offset(int64_t i, int64_t j) const;
  size_t size() const { return offset(0, outer_count() - 1) + strip(outer_count() - 1); }

 private:
  /** Bytes of all parts of the same outputs. */
  size_t strip(int64_t j) const;

  GemmRunner::State& state_;
  int64_t k_, n_, inner_, outer_;
  bool bfloat16_;
};

}  // namespace coto
