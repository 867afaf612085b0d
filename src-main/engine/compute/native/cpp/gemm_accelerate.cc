#ifdef __APPLE__
#include <Accelerate/Accelerate.h>

#include <cstring>

#include "gemm.h"
#include "kernels/kernels.h"
#include "threads.h"

namespace coto {

/** Accelerate packs and partitions by itself: nothing is kept between products, and all of them run in float32. */
struct GemmRunner::State {};

GemmRunner::GemmRunner() : state_(std::make_unique<State>()) {}
GemmRunner::~GemmRunner() = default;

namespace {

constexpr int64_t kValuesPerTask = 16384;

int length(int64_t size) { return static_cast<int>(size); }

/** c = scale · op(a) · op(b) + beta · c; b is stored with as many columns as its orientation says. */
void multiply(const Gemm& gemm, float beta) {
  const int m = length(gemm.m);
  const int n = length(gemm.n);
  const int k = length(gemm.k);
  cblas_sgemm(CblasRowMajor, gemm.transpose_a ? CblasTrans : CblasNoTrans, gemm.transpose_b ? CblasTrans : CblasNoTrans,
              m, n, k, gemm.scale, gemm.a, gemm.transpose_a ? m : k, gemm.b, gemm.transpose_b ? k : n, beta, gemm.c, n);
}

}  // namespace

void GemmRunner::run(const Gemm& gemm, MemoryPool& pool) {
  if (gemm.m == 0 || gemm.n == 0) return;
  if (gemm.scaled != nullptr) {
    Gemm sum = gemm;
    sum.bias = nullptr;
    sum.addend = nullptr;
    sum.scaled = nullptr;
    run(sum, pool);
    const int64_t width = gemm.n;
    parallel_for(gemm.m, kValuesPerTask / width + 1, [&](int64_t begin, int64_t end) {
      const float* addend = gemm.addend == nullptr ? nullptr : gemm.addend + begin * width;
      kernels().scaled_epilogue(gemm.c + begin * width, gemm.row_scale, gemm.bias, addend, gemm.scaled + begin * width,
                                end - begin, width);
    });
    return;
  }
  float beta = 0;
  if (gemm.addend != nullptr) {
    std::memcpy(gemm.c, gemm.addend, static_cast<size_t>(gemm.m * gemm.n) * sizeof(float));
    beta = 1;
  }
  multiply(gemm, beta);
  if (gemm.k2 > 0) {
    Gemm second;
    second.m = gemm.m;
    second.n = gemm.n;
    second.k = gemm.k2;
    second.a = gemm.a2;
    second.b = gemm.b2;
    second.c = gemm.c;
    second.transpose_b = gemm.transpose_b2;
    second.scale = gemm.scale2;
    multiply(second, 1);
  }
  if (gemm.bias == nullptr && gemm.multiplier == nullptr) return;
  const int64_t n = gemm.n;
  const int64_t rows = kValuesPerTask / n + 1;
  parallel_for(gemm.m, rows, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      float* c = gemm.c + row * n;
      if (gemm.bias != nullptr)
        for (int64_t column = 0; column < n; column++) c[column] += gemm.bias[column];
      if (gemm.multiplier != nullptr)
        for (int64_t column = 0; column < n; column++) c[column] *= gemm.multiplier[row * n + column];
    }
  });
}

void GemmRunner::run_batched(const BatchedGemm& batch, MemoryPool& pool) {
  for (int64_t at = 0; at < batch.count; at++) {
    Gemm gemm;
    gemm.a = batch.a + at * batch.stride_a;
    gemm.b = batch.b + at * batch.stride_b;
    gemm.c = batch.c + at * batch.m * batch.n;
    gemm.m = batch.m;
    gemm.n = batch.n;
    gemm.k = batch.k;
    gemm.transpose_a = batch.transpose_a;
    gemm.transpose_b = batch.transpose_b;
    run(gemm, pool);
  }
}

PairPanels GemmRunner::pair_panels(const Gemm&, MemoryPool&) { return {nullptr, 0}; }

std::string gemm_library() { return "Accelerate"; }

bool computes_bfloat16() { return false; }

}  // namespace coto
#endif
