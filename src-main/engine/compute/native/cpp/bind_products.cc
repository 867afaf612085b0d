// Products, and what is made of them, as JavaScript calls them.
#include <algorithm>

#include "call.h"
#include "kernels/kernels.h"

namespace coto {
namespace {

/**
 * Up to so many rows it pays to read a large weight as it lies, on all threads, instead of the library's packed form on
 * one.
 */
constexpr int64_t kFewRows = 4;
constexpr int64_t kLargeWeight = 131072;

bool has_few_rows(const Product& product) {
  return product.m <= kFewRows && product.n * product.k >= kLargeWeight && !product.transpose_a &&
         product.transpose_b && (product.k2 == 0 || product.transpose_b2);
}

void run_few_rows(const Product& product, PairPanels panels) {
  const bool gains = product.gained != nullptr;
  FewRowsProduct few;
  few.rows = product.m;
  few.outputs = product.n;
  few.inputs = product.k;
  few.inputs2 = product.k2;
  few.x = product.a;
  few.weight = product.b;
  few.x2 = product.a2;
  few.weight2 = product.b2;
  few.bias = gains ? nullptr : product.bias;
  few.plus = gains ? nullptr : product.plus;
  few.times = product.times;
  few.scale = product.scale;
  few.scale2 = product.scale2;
  few.y = product.c;
  few.panels = panels;
  kernels().few_rows_product(few);
  if (gains)
    kernels().apply_gain(product.c, product.gain, product.bias, product.plus, product.gained, product.m, product.n);
}

/** a, b, c, m, n, k, transposeA, transposeB, scale, bias, plus, times, k2, a2, b2, transposeB2, scale2, frozen,
 * bfloat16 */
Product take_product(Call& call) {
  Product product;
  product.a = call.elements<const float>();
  Tensor& b = call.tensor();
  product.b = static_cast<const float*>(b.block.data);
  product.c = call.elements<float>();
  product.m = call.integer();
  product.n = call.integer();
  product.k = call.integer();
  product.transpose_a = call.flag();
  product.transpose_b = call.flag();
  product.scale = static_cast<float>(call.number());
  product.bias = call.elements<const float>();
  product.plus = call.elements<const float>();
  product.times = call.elements<const float>();
  product.k2 = call.integer();
  product.a2 = call.elements<const float>();
  product.b2 = call.elements<const float>();
  product.transpose_b2 = call.flag();
  product.scale2 = static_cast<float>(call.number());
  if (call.flag()) product.packs = &b.packs;
  product.bfloat16 = call.flag();
  return product;
}

void run(Call& call, const Product& product) {
  Products& products = call.tensors().products;
  MemoryPool& pool = call.tensors().pool;
  const bool few = has_few_rows(product);
  const PairPanels panels = few ? products.pair_panels(product, pool) : PairPanels{nullptr, 0};
  if (few && (panels.first != nullptr || !product.bfloat16)) run_few_rows(product, panels);
  else products.run(product, pool);
}

napi_value product(Call& call) {
  run(call, take_product(call));
  return nullptr;
}

/** What a product takes, then gain, gained */
napi_value gained_product(Call& call) {
  Product product = take_product(call);
  product.gain = call.elements<const float>();
  product.gained = call.elements<float>();
  run(call, product);
  return nullptr;
}

/** a, b, c, count, m, n, k, transposeA, transposeB, strideA, strideB */
napi_value batch_product(Call& call) {
  Product product;
  product.a = call.elements<const float>();
  product.b = call.elements<const float>();
  product.c = call.elements<float>();
  const int64_t count = call.integer();
  product.m = call.integer();
  product.n = call.integer();
  product.k = call.integer();
  product.transpose_a = call.flag();
  product.transpose_b = call.flag();
  const int64_t stride_a = call.integer();
  const int64_t stride_b = call.integer();
  call.tensors().products.run_batch(product, count, stride_a, stride_b, call.tensors().pool);
  return nullptr;
}

/** Whether products in bfloat16 are there, as 0 or 1. */
napi_value bfloat16_products(Call& call) { return call.number_result(computes_bfloat16() ? 1 : 0); }

/** m, k, n, bfloat16, rounds → GFLOPS */
napi_value measure(Call& call) {
  const int64_t m = call.integer();
  const int64_t k = call.integer();
  const int64_t n = call.integer();
  const bool bfloat16 = call.flag();
  return call.number_result(measure_product(m, k, n, bfloat16, static_cast<int>(call.integer())));
}

/** m, k, n, bfloat16, rounds → GFLOPS, 0: not known */
napi_value measure_library(Call& call) {
  const int64_t m = call.integer();
  const int64_t k = call.integer();
  const int64_t n = call.integer();
  const bool bfloat16 = call.flag();
  return call.number_result(measure_library_product(m, k, n, bfloat16, static_cast<int>(call.integer())));
}

/** A block of the tensors' memory for the time of one call. */
class Scratch {
 public:
  Scratch(MemoryPool& pool, int64_t floats)
      : pool_(pool), block_(pool.take(static_cast<size_t>(floats) * sizeof(float))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { pool_.give_back(block_); }
  float* floats() const { return static_cast<float*>(block_.data); }

 private:
  MemoryPool& pool_;
  Block block_;
};

/** Logits that are in memory at a time; a function of the shapes alone, so that the sums keep their order. */
constexpr int64_t kBlockLogits = int64_t{8} << 20;

/** x, weight, labels, loss, dx (0: none), rows, hidden, vocabulary, bfloat16 */
napi_value linear_cross_entropy(Call& call) {
  const auto* x = call.elements<const float>();
  Tensor& weight = call.tensor();
  const auto* labels = call.elements<const int32_t>();
  auto* loss = call.elements<float>();
  auto* dx = call.elements<float>();
  const int64_t rows = call.integer();
  const int64_t hidden = call.integer();
  const int64_t vocabulary = call.integer();
  const bool bfloat16 = call.flag();
  Tensors& tensors = call.tensors();
  const int64_t counted = rows - std::count(labels, labels + rows, -100);
  const float factor = counted == 0 ? 0 : 1 / static_cast<float>(counted);
  const int64_t block =
      std::min(rows, std::max<int64_t>(64, kBlockLogits / std::max<int64_t>(1, vocabulary) / 64 * 64));
  const Scratch logits(tensors.pool, block * vocabulary);
  const Scratch losses(tensors.pool, rows);
  for (int64_t start = 0; start < rows; start += block) {
    const int64_t count = std::min(block, rows - start);
    Product forward;
    forward.m = count;
    forward.n = vocabulary;
    forward.k = hidden;
    forward.a = x + start * hidden;
    forward.b = static_cast<const float*>(weight.block.data);
    forward.c = logits.floats();
    forward.transpose_b = true;
    forward.packs = &weight.packs;
    forward.bfloat16 = bfloat16;
    tensors.products.run(forward, tensors.pool);
    kernels().cross_entropy_block(logits.floats(), labels + start, losses.floats() + start, count, vocabulary, factor,
                                  dx != nullptr);
    if (dx == nullptr) continue;
    Product backward;
    backward.m = count;
    backward.n = hidden;
    backward.k = vocabulary;
    backward.a = logits.floats();
    backward.b = forward.b;
    backward.c = dx + start * hidden;
    backward.packs = &weight.packs;
    backward.bfloat16 = bfloat16;
    tensors.products.run(backward, tensors.pool);
  }
  double sum = 0;
  for (int64_t row = 0; row < rows; row++) sum += static_cast<double>(losses.floats()[row]);
  *loss = counted == 0 ? 0 : static_cast<float>(sum / static_cast<double>(counted));
  return nullptr;
}

constexpr Method methods[] = {
    {"product", product},
    {"gainedProduct", gained_product},
    {"batchProduct", batch_product},
    {"computesBfloat16", bfloat16_products},
    {"measureProduct", measure},
    {"measureLibraryProduct", measure_library},
    {"linearCrossEntropy", linear_cross_entropy},
};

}  // namespace

void add_product_methods(napi_env env, napi_value exports) { add_methods(env, exports, methods, std::size(methods)); }

}  // namespace coto
