// Matrix products: oneDNN's, split over the engine's own threads in blocks whose sizes depend on the shapes alone, so
// that the same bits come out at any number of threads. The last bits of a row may differ with the number of rows, by
// which the library chooses its kernel. On macOS Accelerate's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "memory.h"

namespace coto {

/** A frozen weight as the product kernels want it, once for each orientation and precision. */
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
  void release(MemoryPool& pool) {
    for (const Pack& pack : packs_) pool.give_back(pack.block);
    packs_.clear();
  }

 private:
  std::vector<Pack> packs_;
};

/**
 * c [m, n] = (scale · op(a) · op(b) + scale2 · a2 · op(b2) + bias + plus) ∘ times, all float32 and row-major. Pointers
 * that are null are left out; `packs` keeps b's packed form where b is frozen. With `gained`, c is the products' sum
 * alone and gained [m, n], which may be plus, becomes c ∘ gain (by column) + bias + plus, block by block while c is in
 * the cache; b is frozen then, and times null.
 */
struct Product {
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  const float* a = nullptr;
  const float* b = nullptr;
  float* c = nullptr;
  /** a is stored [k, m]; b is stored [n, k]. */
  bool transpose_a = false;
  bool transpose_b = false;
  float scale = 1;
  const float* bias = nullptr;
  const float* plus = nullptr;
  const float* times = nullptr;
  const float* gain = nullptr;
  float* gained = nullptr;
  int64_t k2 = 0;
  const float* a2 = nullptr;
  const float* b2 = nullptr;
  bool transpose_b2 = false;
  float scale2 = 1;
  PackedWeights* packs = nullptr;
  /** a·b alone may run in bf16, with float32 sums. */
  bool bfloat16 = false;
};

class Products {
 public:
  Products();
  ~Products();
  void run(const Product& product, MemoryPool& pool);
  /** `count` products of equal shape without any addition; b is the same for all where its stride is 0. */
  /**
   * The packed form of a frozen weight for bf16 where it consists of panels of pairs (kernels.h); `first` is null where
   * this machine packs it otherwise.
   */
  PairPanels pair_panels(const Product& product, MemoryPool& pool);
  void run_batch(const Product& first, int64_t count, int64_t stride_a, int64_t stride_b, MemoryPool& pool);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/** The library and the instruction set that products run on, in words. */
std::string product_library();
/** Whether the library has products in bfloat16 on this processor, slow ones or fast. */
bool computes_bfloat16();
/** GFLOPS of the packed product m × k × n, best of `rounds`. */
double measure_product(int64_t m, int64_t k, int64_t n, bool bfloat16, int rounds);
/**
 * The same of the library alone, with its own threads and both factors in the wanted precision already: what products
 * are held against. 0 where that cannot be told.
 */
double measure_library_product(int64_t m, int64_t k, int64_t n, bool bfloat16, int rounds);

}  // namespace coto
