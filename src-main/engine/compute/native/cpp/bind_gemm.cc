// Matrix products, and the loss of a language model that is made of them, as JavaScript calls them.
#include <algorithm>

#include "call.h"
#include "kernels/kernels.h"
#include "methods.generated.h"
#include "run_gemm.h"

namespace coto {
namespace {

/** A smaller weight is read faster in the library's packed form by one thread; a stored one of any size is not. */
constexpr int64_t kLargeWeight = 131072;

bool is_skinny(const Gemm& gemm, int64_t rows) {
  return gemm.m <= rows && (gemm.b.stored != nullptr || gemm.n * gemm.k >= kLargeWeight) && !gemm.transpose_a &&
         gemm.transpose_b && gemm.column_scale == nullptr && (gemm.k2 == 0 || gemm.transpose_b2);
}

void run_skinny(const Gemm& gemm, PairPanels panels) {
  const bool has_row_scale = gemm.row_scale != nullptr;
  SkinnyGemm skinny;
  skinny.rows = gemm.m;
  skinny.outputs = gemm.n;
  skinny.inputs = gemm.k;
  skinny.inputs2 = gemm.k2;
  skinny.x = gemm.a;
  skinny.weight = gemm.b;
  skinny.x2 = gemm.a2;
  skinny.weight2 = gemm.b2;
  skinny.bias = has_row_scale ? nullptr : gemm.bias;
  skinny.addend = has_row_scale ? nullptr : gemm.addend;
  skinny.multiplier = gemm.multiplier;
  skinny.scale = gemm.scale;
  skinny.scale2 = gemm.scale2;
  skinny.y = gemm.c;
  skinny.panels = panels;
  if (gemm.b.stored != nullptr) kernels().skinny_stored_gemm(skinny, *gemm.b.stored);
  else kernels().skinny_gemm(skinny);
  if (has_row_scale)
    kernels().scaled_epilogue(gemm.c, gemm.row_scale, gemm.bias, gemm.addend,
                              gemm.scaled == nullptr ? gemm.c : gemm.scaled, gemm.m, gemm.n);
}

/** Takes m, k, n, bfloat16 and rounds. */
napi_value measure(Call& call, double (*measured)(int64_t m, int64_t k, int64_t n, bool bfloat16, int rounds)) {
  const int64_t m = call.integer();
  const int64_t k = call.integer();
  const int64_t n = call.integer();
  const bool bfloat16 = call.flag();
  return call.number_result(measured(m, k, n, bfloat16, static_cast<int>(call.integer())));
}

/** Logits that are in memory at a time; a function of the shapes alone, so that the sums keep their order. */
constexpr int64_t kBlockLogits = int64_t{8} << 20;

void compute(const LinearCrossEntropy& loss, Tensors& tensors) {
  const auto [x, weight, labels, result, dx, rows, hidden, vocabulary, packs, bfloat16] = loss;
  const int64_t counted = rows - std::count(labels, labels + rows, -100);
  const float factor = counted == 0 ? 0 : 1 / static_cast<float>(counted);
  const int64_t block =
      std::min(rows, std::max<int64_t>(64, kBlockLogits / std::max<int64_t>(1, vocabulary) / 64 * 64));
  const Scratch logits(tensors.pool, block * vocabulary);
  const Scratch losses(tensors.pool, rows);
  for (int64_t start = 0; start < rows; start += block) {
    const int64_t count = std::min(block, rows - start);
    Gemm forward;
    forward.m = count;
    forward.n = vocabulary;
    forward.k = hidden;
    forward.a = x + start * hidden;
    forward.b = weight;
    forward.c = logits.floats();
    forward.transpose_b = true;
    forward.packs = packs;
    forward.bfloat16 = bfloat16;
    tensors.gemm_runner.run(forward, tensors.pool);
    kernels().cross_entropy_block(logits.floats(), labels + start, losses.floats() + start, count, vocabulary, factor,
                                  dx != nullptr);
    if (dx == nullptr) continue;
    Gemm backward;
    backward.m = count;
    backward.n = hidden;
    backward.k = vocabulary;
    backward.a = logits.floats();
    backward.b = weight;
    backward.c = dx + start * hidden;
    backward.packs = packs;
    backward.bfloat16 = bfloat16;
    tensors.gemm_runner.run(backward, tensors.pool);
  }
  double sum = 0;
  for (int64_t row = 0; row < rows; row++) sum += static_cast<double>(losses.floats()[row]);
  *result = counted == 0 ? 0 : static_cast<float>(sum / static_cast<double>(counted));
}

}  // namespace

void run_gemm(const Gemm& gemm, Tensors& tensors, int64_t skinny_rows) {
  GemmRunner& gemm_runner = tensors.gemm_runner;
  MemoryPool& pool = tensors.pool;
  const bool skinny = is_skinny(gemm, skinny_rows);
  if (skinny && gemm.b.stored != nullptr) {
    run_skinny(gemm, {nullptr, 0});
    return;
  }
  const PairPanels panels = skinny ? gemm_runner.pair_panels(gemm, pool) : PairPanels{nullptr, 0};
  if (skinny && (panels.first != nullptr || !gemm.bfloat16)) run_skinny(gemm, panels);
  else gemm_runner.run(gemm, pool);
}

namespace bindings {

napi_value gemm(Call& call) {
  run_gemm(take<Gemm>(call), call.tensors());
  return nullptr;
}

napi_value batched_gemm(Call& call) {
  const auto batch = take<BatchedGemm>(call);
  call.tensors().gemm_runner.run_batched(batch, call.tensors().pool);
  return nullptr;
}

napi_value hira_gemm(Call& call) {
  const auto gemm = take<HiraGemm>(call);
  call.tensors().gemm_runner.run_hira(gemm, call.tensors().pool);
  return nullptr;
}

napi_value hira_gradient(Call& call) {
  const auto gradient = take<HiraGradient>(call);
  call.tensors().gemm_runner.run_hira_gradient(gradient, call.tensors().pool);
  return nullptr;
}

napi_value computes_bfloat16(Call& call) { return call.flag_result(coto::computes_bfloat16()); }

napi_value computes_int8(Call& call) { return call.flag_result(coto::computes_int8()); }

napi_value allow_int8(Call& call) {
  PackedWeights* const packs = call.packs();
  if (packs == nullptr) throw std::runtime_error("a weight that is missing");
  packs->allows_int8 = true;
  return nullptr;
}

napi_value measure_gemm(Call& call) { return measure(call, coto::measure_gemm); }

napi_value measure_library_gemm(Call& call) { return measure(call, coto::measure_library_gemm); }

napi_value linear_cross_entropy(Call& call) {
  compute(take<LinearCrossEntropy>(call), call.tensors());
  return nullptr;
}

}  // namespace bindings
}  // namespace coto
