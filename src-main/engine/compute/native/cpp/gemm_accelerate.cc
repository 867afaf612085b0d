#ifdef __APPLE__
#include <Accelerate/Accelerate.h>

#include <algorithm>
#include <cstring>

#include "gemm.h"
#include "kernels/kernels.h"
#include "stored.h"
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
  if (gemm.b.stored != nullptr) {
    const Block block = decoded(*gemm.b.stored, pool);
    Gemm plain = gemm;
    plain.b = static_cast<const float*>(block.data);
    run(plain, pool);
    pool.give_back(block);
    return;
  }
  if (gemm.column_scale != nullptr) {
    run_scaled(gemm, pool);
    return;
  }
  if (gemm.row_scale != nullptr && gemm.scaled == nullptr) {
    Gemm in_place = gemm;
    in_place.scaled = gemm.c;
    run(in_place, pool);
    return;
  }
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

void GemmRunner::run_scaled(const Gemm& given, MemoryPool& pool) {
  const Block block = pool.take(static_cast<size_t>(given.m * given.k) * sizeof(float));
  Gemm gemm = given;
  gemm.a = static_cast<float*>(block.data);
  gemm.column_scale = nullptr;
  kernels().scaled_epilogue(given.a, given.column_scale, nullptr, nullptr, static_cast<float*>(block.data), given.m,
                            given.k);
  run(gemm, pool);
  pool.give_back(block);
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

namespace {

/** Numbers of HiRA's weight, or of its gradient, that are in memory at a time, at most. */
constexpr int64_t kStripValues = int64_t{1} << 20;
constexpr int64_t kRowsPerTask = 16;

int64_t strip_of(int64_t width) { return std::max<int64_t>(1, kStripValues / std::max<int64_t>(1, width)); }

}  // namespace

void GemmRunner::run_hira(const HiraGemm& p, MemoryPool& pool) {
  const int64_t n = p.transposed ? p.outputs : p.inputs;
  const int64_t k = p.transposed ? p.inputs : p.outputs;
  if (p.rows == 0 || n == 0) return;
  const int64_t width = strip_of(p.inputs);
  const Block strip = pool.take(static_cast<size_t>(std::min(width, p.outputs) * p.inputs) * sizeof(float));
  auto* const changed = static_cast<float*>(strip.data);
  // A strip of outputs: columns of y with transposed, else a part of the sum.
  for (int64_t first = 0; first < p.outputs; first += width) {
    const int64_t count = std::min(width, p.outputs - first);
    Block decoded;
    const MatrixPart w = part_of(p.weight, p.inputs, first, count, 0, p.inputs, pool, decoded);
    parallel_for(count, kRowsPerTask, [&](int64_t begin, int64_t end) {
      kernels().hira_panel(w.at(first + begin, 0), w.step, p.a, p.inputs, p.b + (first + begin) * p.rank,
                           changed + begin * p.inputs, end - begin, p.inputs, p.rank, p.scale, p.update_only ? 0 : 1);
    });
    if (decoded.data != nullptr) pool.give_back(decoded);
    if (p.transposed)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, length(p.rows), length(count), length(k), 1, p.x, length(k),
                  changed, length(k), 0, p.y + first, length(n));
    else
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, length(p.rows), length(n), length(count), 1, p.x + first,
                  length(k), changed, length(n), first == 0 ? 0 : 1, p.y, length(n));
  }
  pool.give_back(strip);
  if (p.bias == nullptr && p.addend == nullptr && p.multiplier == nullptr) return;
  parallel_for(p.rows, kValuesPerTask / n + 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin * n; at < end * n; at++) {
      if (p.bias != nullptr) p.y[at] += p.bias[at % n];
      if (p.addend != nullptr) p.y[at] += p.addend[at];
      if (p.multiplier != nullptr) p.y[at] *= p.multiplier[at];
    }
  });
}

void GemmRunner::run_hira_gradient(const HiraGradient& p, MemoryPool& pool) {
  std::fill_n(p.da, p.rank * p.inputs, 0.0f);
  std::fill_n(p.db, p.outputs * p.rank, 0.0f);
  if (p.rows == 0) return;
  const int64_t height = strip_of(p.inputs);
  const Block strip = pool.take(static_cast<size_t>(std::min(height, p.outputs) * p.inputs) * sizeof(float));
  auto* const g = static_cast<float*>(strip.data);
  for (int64_t first = 0; first < p.outputs; first += height) {
    const int64_t count = std::min(height, p.outputs - first);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, length(count), length(p.inputs), length(p.rows), 1,
                p.dy + first, length(p.outputs), p.x, length(p.inputs), 0, g, length(p.inputs));
    Block decoded;
    const MatrixPart w = part_of(p.weight, p.inputs, first, count, 0, p.inputs, pool, decoded);
    kernels().hira_tile_gradient(g, w.at(first, 0), w.step, p.a, p.da, p.inputs, p.b + first * p.rank,
                                 p.db + first * p.rank, count, p.inputs, p.rank, p.scale);
    if (decoded.data != nullptr) pool.give_back(decoded);
  }
  pool.give_back(strip);
}

PairPanels GemmRunner::pair_panels(const Gemm&, MemoryPool&) { return {nullptr, 0}; }

std::string gemm_library() { return "Accelerate"; }

bool computes_int8() { return false; }

bool computes_bfloat16() { return false; }

}  // namespace coto
#endif
