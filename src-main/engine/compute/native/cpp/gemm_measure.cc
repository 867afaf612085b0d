#include <algorithm>
#include <chrono>
#include <vector>

#include "gemm.h"

namespace coto {

double measure_gemm(int64_t m, int64_t k, int64_t n, bool bfloat16, int rounds) {
  MemoryPool pool;
  GemmRunner gemm_runner;
  PackedWeights packs;
  std::vector<float> a(static_cast<size_t>(m * k), 0.5f);
  std::vector<float> b(static_cast<size_t>(k * n), 0.25f);
  std::vector<float> c(static_cast<size_t>(m * n));
  Gemm gemm;
  gemm.m = m;
  gemm.k = k;
  gemm.n = n;
  gemm.a = a.data();
  gemm.b = b.data();
  gemm.c = c.data();
  gemm.packs = &packs;
  gemm.bfloat16 = bfloat16;
  gemm_runner.run(gemm, pool);
  double best = 1e300;
  for (int round = 0; round < rounds; round++) {
    const auto start = std::chrono::steady_clock::now();
    gemm_runner.run(gemm, pool);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  packs.release(pool);
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) / best / 1e9;
}

}  // namespace coto
