#include <algorithm>
#include <chrono>
#include <vector>

#include "products.h"

namespace coto {

double measure_product(int64_t m, int64_t k, int64_t n, bool bfloat16, int rounds) {
  MemoryPool pool;
  Products products;
  PackedWeights packs;
  std::vector<float> a(static_cast<size_t>(m * k), 0.5f);
  std::vector<float> b(static_cast<size_t>(k * n), 0.25f);
  std::vector<float> c(static_cast<size_t>(m * n));
  Product product;
  product.m = m;
  product.k = k;
  product.n = n;
  product.a = a.data();
  product.b = b.data();
  product.c = c.data();
  product.packs = &packs;
  product.bfloat16 = bfloat16;
  products.run(product, pool);
  double best = 1e300;
  for (int round = 0; round < rounds; round++) {
    const auto start = std::chrono::steady_clock::now();
    products.run(product, pool);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  packs.release(pool);
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) / best / 1e9;
}

}  // namespace coto
