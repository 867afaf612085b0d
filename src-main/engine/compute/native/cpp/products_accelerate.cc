#ifdef __APPLE__
#include <Accelerate/Accelerate.h>

#include <cstring>

#include "kernels/kernels.h"
#include "products.h"
#include "threads.h"

namespace coto {

/** Accelerate packs and parts by itself: nothing is kept between products, and a product runs in float32 always. */
struct Products::State {};

Products::Products() : state_(std::make_unique<State>()) {}
Products::~Products() = default;

namespace {

constexpr int64_t kValuesOfPiece = 16384;

int length(int64_t size) { return static_cast<int>(size); }

/** c = scale · op(a) · op(b) + beta · c; b is stored with as many columns as its orientation says. */
void multiply(const Product& product, float beta) {
  const int m = length(product.m);
  const int n = length(product.n);
  const int k = length(product.k);
  cblas_sgemm(CblasRowMajor, product.transpose_a ? CblasTrans : CblasNoTrans,
              product.transpose_b ? CblasTrans : CblasNoTrans, m, n, k, product.scale, product.a,
              product.transpose_a ? m : k, product.b, product.transpose_b ? k : n, beta, product.c, n);
}

}  // namespace

void Products::run(const Product& product, MemoryPool& pool) {
  if (product.m == 0 || product.n == 0) return;
  if (product.gained != nullptr) {
    Product sum = product;
    sum.bias = nullptr;
    sum.plus = nullptr;
    sum.gained = nullptr;
    run(sum, pool);
    const int64_t width = product.n;
    parallel_for(product.m, kValuesOfPiece / width + 1, [&](int64_t begin, int64_t end) {
      const float* plus = product.plus == nullptr ? nullptr : product.plus + begin * width;
      kernels().apply_gain(product.c + begin * width, product.gain, product.bias, plus, product.gained + begin * width,
                           end - begin, width);
    });
    return;
  }
  float beta = 0;
  if (product.plus != nullptr) {
    std::memcpy(product.c, product.plus, static_cast<size_t>(product.m * product.n) * sizeof(float));
    beta = 1;
  }
  multiply(product, beta);
  if (product.k2 > 0) {
    Product second;
    second.m = product.m;
    second.n = product.n;
    second.k = product.k2;
    second.a = product.a2;
    second.b = product.b2;
    second.c = product.c;
    second.transpose_b = product.transpose_b2;
    second.scale = product.scale2;
    multiply(second, 1);
  }
  if (product.bias == nullptr && product.times == nullptr) return;
  const int64_t n = product.n;
  const int64_t rows = kValuesOfPiece / n + 1;
  parallel_for(product.m, rows, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      float* c = product.c + row * n;
      if (product.bias != nullptr)
        for (int64_t column = 0; column < n; column++) c[column] += product.bias[column];
      if (product.times != nullptr)
        for (int64_t column = 0; column < n; column++) c[column] *= product.times[row * n + column];
    }
  });
}

void Products::run_batch(const Product& first, int64_t count, int64_t stride_a, int64_t stride_b, MemoryPool& pool) {
  for (int64_t at = 0; at < count; at++) {
    Product product = first;
    product.a = first.a + at * stride_a;
    product.b = first.b + at * stride_b;
    product.c = first.c + at * first.m * first.n;
    run(product, pool);
  }
}

PairPanels Products::pair_panels(const Product&, MemoryPool&) { return {nullptr, 0}; }

std::string product_library() { return "Accelerate"; }

bool computes_bfloat16() { return false; }

}  // namespace coto
#endif
