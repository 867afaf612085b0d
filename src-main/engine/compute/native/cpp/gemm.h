// Matrix products (GEMM): oneDNN's, split over the engine's own threads in blocks whose sizes depend on the shapes
// alone, so that the same bits come out at any number of threads. The last bits of a row may differ with the number of
// rows, by which the library chooses its kernel. On macOS Accelerate's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "memory.h"

namespace coto {

/** Packed forms of a frozen weight, one for each orientation and precision. */
class PackedWeights {
 public:
  struct Pack {
    int64_t k = 0;
    int64_t n = 0;
    bool transposed = false;
    bool bfloat16 = false;
    Block block;
  };
  const Pack* find(int64_t k, int64_t n, bool transposed, bool bfloat16) const {
    for (const Pack& pack : packs_)
      if (pack.k == k && pack.n == n && pack.transposed == transposed && pack.bfloat16 == bfloat16) return &pack;
    return nullptr;
  }
  const Pack& add(const Pack& pack) {
    packs_.push_back(pack);
    return packs_.back();
  }

  /** The weight [k, n] in 8-bit integers, with a scale for each of its n columns. */
  struct Int8Pack {
    int64_t k = 0;
    int64_t n = 0;
    bool transposed = false;
    Block block;
    Block scales;
  };
  const Int8Pack* find_int8(int64_t k, int64_t n, bool transposed) const {
    for (const Int8Pack& pack : int8_packs_)
      if (pack.k == k && pack.n == n && pack.transposed == transposed) return &pack;
    return nullptr;
  }
  const Int8Pack& add(const Int8Pack& pack) {
    int8_packs_.push_back(pack);
    return int8_packs_.back();
  }

  void release(MemoryPool& pool) {
    for (const Pack& pack : packs_) pool.give_back(pack.block);
    for (const Int8Pack& pack : int8_packs_) {
      pool.give_back(pack.block);
      pool.give_back(pack.scales);
    }
    packs_.clear();
    int8_packs_.clear();
  }

  /** True if products with the weight may run in 8-bit integers. */
  bool allows_int8 = false;

 private:
  std::vector<Pack> packs_;
  std::vector<Int8Pack> int8_packs_;
};

class GemmRunner {
 public:
  GemmRunner();
  ~GemmRunner();
  void run(const Gemm& gemm, MemoryPool& pool);
  void run_batched(const BatchedGemm& batch, MemoryPool& pool);
  void run_hira(const HiraGemm& gemm, MemoryPool& pool);
  void run_hira_gradient(const HiraGradient& gradient, MemoryPool& pool);
  /**
   * The packed form of a frozen weight for bf16 where it consists of panels of pairs (kernels.h); `first` is null where
   * this machine packs it otherwise.
   */
  PairPanels pair_panels(const Gemm& gemm, MemoryPool& pool);

  struct State;

 private:
  /** Scales the columns of a in a copy first, for products that cannot do so block by block. */
  void run_scaled(const Gemm& gemm, MemoryPool& pool);

  std::unique_ptr<State> state_;
};

/** The library and the instruction set that matrix products run on, in words. */
std::string gemm_library();
/** True if the library has bfloat16 matrix products on this processor, slow or fast. */
bool computes_bfloat16();
/** True if the library has exact products of 8-bit integers on this processor that are not its reference ones. */
bool computes_int8();
/** GFLOPS of the packed product m × k × n, best of `rounds`. */
double measure_gemm(int64_t m, int64_t k, int64_t n, bool bfloat16, int rounds);
/**
 * The same of the library alone, with its own threads and both factors in the wanted precision already: the
 * reference that ours are held against. 0 where that cannot be told.
 */
double measure_library_gemm(int64_t m, int64_t k, int64_t n, bool bfloat16, int rounds);

}  // namespace coto
