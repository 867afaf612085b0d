#ifndef __APPLE__
#if defined(__aarch64__) && defined(__linux__)
#include <sys/prctl.h>
#endif

#include <algorithm>

#include "kernels/kernels.h"
#include "onednn_gemm.h"
#include "stored.h"
#include "threads.h"

/** From libgomp, which Debian's oneDNN runs on; declared here, since clang has no header for it. */
extern "C" void omp_set_num_threads(int);

namespace coto {
namespace {

/** Smallest work of a task: below it, handing tasks out costs more than it gains. */
constexpr double kTaskFlops = 8e6;
constexpr int64_t kMaxRows = 256;
/** Length of the parts into which an inner dimension is split where the output alone gives too few tasks. */
constexpr int64_t kSplitLength = 256;
constexpr int64_t kMaxSplits = 8;
constexpr int64_t kFewTasks = 4;
constexpr int64_t kFewOutputs = 65536;
/** Numbers of a that a task scales by its columns. */
constexpr int64_t kScaledPerTask = 16384;
/** Size of b from which packing it for a single product pays. */
constexpr int64_t kWorthPacking = 16384;

thread_local ThreadMemory converted;
thread_local ThreadMemory scaled_rows;

/** b2, each row of which (each column where it is not transposed) is multiplied by its output's row scale. */
const float* scaled_factor(const Gemm& gemm, float* to) {
  for (int64_t o = 0; o < gemm.n; o++)
    for (int64_t i = 0; i < gemm.k2; i++) {
      const int64_t at = gemm.transpose_b2 ? o * gemm.k2 + i : i * gemm.n + o;
      to[at] = gemm.b2[at] * gemm.row_scale[o];
    }
  return to;
}

/** Keeps oneDNN from opening threads of its own beneath ours. */
void one_thread_each() { omp_set_num_threads(1); }

}  // namespace

int64_t rows_per_task(int64_t m, int64_t n, int64_t k) {
  int64_t rows = kMinRows;
  while (rows < kMaxRows &&
         2.0 * static_cast<double>(rows) * static_cast<double>(n) * static_cast<double>(k) < kTaskFlops)
    rows *= 2;
  return std::min(m, rows);
}

GemmRunner::GemmRunner() : state_(std::make_unique<State>()) {
  static const bool hooked = [] {
    set_thread_start_hook(one_thread_each);
    return true;
  }();
  static_cast<void>(hooked);
  one_thread_each();
}

GemmRunner::~GemmRunner() = default;

void GemmRunner::run(const Gemm& given, MemoryPool& pool) {
  const int64_t m = given.m;
  const int64_t n = given.n;
  const int64_t k = given.k;
  if (m == 0 || n == 0) return;
  State& state = *state_;
  if (runs_in_int8(given)) {
    state.run_int8(given, pool);
    return;
  }
  if (given.b.stored != nullptr && given.transpose_a) {
    const Block block = decoded(*given.b.stored, pool);
    Gemm gemm = given;
    gemm.b = static_cast<const float*>(block.data);
    gemm.packs = nullptr;
    run(gemm, pool);
    pool.give_back(block);
    return;
  }
  if (given.b.stored != nullptr || (given.packs != nullptr && !given.transpose_a && is_partitioned(k, n))) {
    Gemm gemm = given;
    if (given.row_scale != nullptr && given.scaled == nullptr) gemm.scaled = given.c;
    if (given.column_scale != nullptr) run_scaled(gemm, pool);
    else state.run_partitioned(gemm, pool);
    return;
  }
  if (state.primitives.size() > kMaxPrimitives) state.primitives.clear();
  const int64_t rows = rows_per_task(m, n, k);
  const int64_t tasks = (m + rows - 1) / rows;
  // A weight of a vocabulary's size is packed in parts, which a product with a transposed a cannot read.
  const bool frozen = given.packs != nullptr && !is_partitioned(k, n);
  if (!frozen && given.k2 == 0 && tasks <= kFewTasks && m * n <= kFewOutputs && k >= 2 * kSplitLength) {
    if (given.column_scale != nullptr) run_scaled(given, pool);
    else state.run_split_k(given, pool);
    return;
  }
  Gemm gemm = given;
  gemm.bfloat16 = given.bfloat16 && !given.transpose_a;
  uint32_t flags = gemm.transpose_a ? uint32_t{kTransposeA} : 0;

  // Pack b before the tasks share it: a frozen one once for good, another where it is large enough to gain.
  const void* b = gemm.b;
  Block transient;
  if (frozen) {
    b = state.pack(gemm, *gemm.packs, pool);
  } else if (gemm.bfloat16 || (tasks > 2 && k * n >= kWorthPacking)) {
    const memory::desc& wanted = state.layout(k, n, gemm.bfloat16);
    transient = pool.take(wanted.get_size());
    State::reorder(gemm, gemm.transpose_b ? k : n, wanted, transient.data);
    b = transient.data;
  }
  if (b != gemm.b) flags |= kPackedB | (gemm.bfloat16 ? uint32_t{kBfloat16} : 0);
  else if (gemm.transpose_b) flags |= kTransposeB;
  // With `scaled` the sum before the scale is wanted too; without, the library scales as it writes.
  const bool has_row_scale = gemm.scaled != nullptr;
  const bool is_scaled = gemm.row_scale != nullptr && !has_row_scale;
  const bool scales_weight = is_scaled && kScalesWeights;
  if (is_scaled) flags |= scales_weight ? kWeightScale : kRowScale;
  const bool biases_first = gemm.scale == 1 && (!is_scaled || scales_weight);
  if (gemm.bias != nullptr && !has_row_scale) flags |= biases_first ? kBias : kLateBias;
  if (gemm.addend != nullptr && !has_row_scale) flags |= kAddend;
  if (gemm.multiplier != nullptr) flags |= kMultiplier;
  const bool has_second = gemm.k2 > 0;
  if (has_second) flags |= kSum;
  // The second product is not the weight's: its narrow factor is scaled beforehand.
  Block scaled_second;
  if (has_second && scales_weight) {
    scaled_second = pool.take(static_cast<size_t>(n * gemm.k2) * sizeof(float));
    gemm.b2 = scaled_factor(gemm, static_cast<float*>(scaled_second.data));
  }

  const int64_t lda = gemm.transpose_a ? m : k;
  const int64_t ldb = (flags & kPackedB) != 0 ? 0 : gemm.transpose_b ? k : n;
  const int64_t last = m - (tasks - 1) * rows;
  const auto made_for = [&](int64_t count) { return &state.primitive({count, n, k, lda, ldb, flags, gemm.scale}); };
  const Primitive* whole = made_for(rows);
  const Primitive* rest = made_for(last);
  const Primitive* whole_second = state.second_for(gemm, rows);
  const Primitive* rest_second = state.second_for(gemm, last);
  parallel_for(tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t first = at * rows;
      const int64_t count = at == tasks - 1 ? last : rows;
      float* c = gemm.c + first * n;
      // Run the second product first: the main one then adds to it while it is in the cache.
      if (has_second) execute(*(count == rows ? whole_second : rest_second), {gemm.a2 + first * gemm.k2, gemm.b2, c});
      const float* a = gemm.a + (gemm.transpose_a ? first : first * k);
      const void* source = a;
      const auto values = static_cast<size_t>(count * k);
      if ((flags & kBfloat16) != 0) {
        auto* to = static_cast<uint16_t*>(converted.at_least(values * 2));
        if (gemm.column_scale != nullptr) kernels().scaled_to_bfloat16(a, gemm.column_scale, to, count, k);
        else kernels().float_to_bfloat16(a, to, count * k);
        source = to;
      } else if (gemm.column_scale != nullptr) {
        auto* to = static_cast<float*>(scaled_rows.at_least(values * sizeof(float)));
        kernels().scaled_epilogue(a, gemm.column_scale, nullptr, nullptr, to, count, k);
        source = to;
      }
      const float* addend = gemm.addend == nullptr ? nullptr : gemm.addend + first * n;
      execute(*(count == rows ? whole : rest),
              {source, b, c, has_row_scale ? nullptr : gemm.bias, addend,
               gemm.multiplier == nullptr ? nullptr : gemm.multiplier + first * n, gemm.row_scale});
      if (has_row_scale)
        kernels().scaled_epilogue(c, gemm.row_scale, gemm.bias, addend, gemm.scaled + first * n, count, n);
    }
  });
  if (transient.data != nullptr) pool.give_back(transient);
  if (scaled_second.data != nullptr) pool.give_back(scaled_second);
}

void GemmRunner::run_scaled(const Gemm& given, MemoryPool& pool) {
  const Block block = pool.take(static_cast<size_t>(given.m * given.k) * sizeof(float));
  Gemm gemm = given;
  gemm.a = static_cast<float*>(block.data);
  gemm.column_scale = nullptr;
  parallel_for(given.m, 1 + kScaledPerTask / std::max<int64_t>(1, given.k), [&](int64_t begin, int64_t end) {
    kernels().scaled_epilogue(given.a + begin * given.k, given.column_scale, nullptr, nullptr,
                              static_cast<float*>(block.data) + begin * given.k, end - begin, given.k);
  });
  run(gemm, pool);
  pool.give_back(block);
}

void GemmRunner::State::run_split_k(const Gemm& gemm, MemoryPool& pool) {
  const int64_t m = gemm.m;
  const int64_t n = gemm.n;
  const int64_t k = gemm.k;
  const int64_t parts = std::min(k / kSplitLength, kMaxSplits);
  const int64_t length = (k + parts - 1) / parts;
  const int64_t total = m * n;
  const Block sums = pool.take(static_cast<size_t>(parts * total) * sizeof(float));
  auto* partial = static_cast<float*>(sums.data);
  const uint32_t flags =
      (gemm.transpose_a ? uint32_t{kTransposeA} : 0) | (gemm.transpose_b ? uint32_t{kTransposeB} : 0);
  const int64_t lda = gemm.transpose_a ? m : k;
  const int64_t ldb = gemm.transpose_b ? k : n;
  const Primitive* whole = &primitive({m, n, length, lda, ldb, flags, 1});
  const Primitive* rest = &primitive({m, n, k - (parts - 1) * length, lda, ldb, flags, 1});
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t from = at * length;
      execute(*(at == parts - 1 ? rest : whole), {gemm.a + (gemm.transpose_a ? from * m : from),
                                                  gemm.b + (gemm.transpose_b ? from : from * n), partial + at * total});
    }
  });
  // Add the parts in their order, whichever thread computed them.
  parallel_for(total, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      float sum = partial[at];
      for (int64_t part = 1; part < parts; part++) sum += partial[part * total + at];
      sum *= gemm.scale;
      if (gemm.bias != nullptr) sum += gemm.bias[at % n];
      if (gemm.addend != nullptr) sum += gemm.addend[at];
      gemm.c[at] = gemm.multiplier == nullptr ? sum : sum * gemm.multiplier[at];
    }
  });
  pool.give_back(sums);
}

void GemmRunner::run_batched(const BatchedGemm& batch, MemoryPool& pool) {
  const auto [a, b, c, count, m, n, k, transpose_a, transpose_b, stride_a, stride_b] = batch;
  if (count == 1) {
    Gemm gemm;
    gemm.a = a;
    gemm.b = b;
    gemm.c = c;
    gemm.m = m;
    gemm.n = n;
    gemm.k = k;
    gemm.transpose_a = transpose_a;
    gemm.transpose_b = transpose_b;
    run(gemm, pool);
    return;
  }
  if (count == 0 || m == 0 || n == 0) return;
  if (state_->primitives.size() > kMaxPrimitives) state_->primitives.clear();
  const uint32_t flags = (transpose_a ? uint32_t{kTransposeA} : 0) | (transpose_b ? uint32_t{kTransposeB} : 0);
  const Primitive& made = state_->primitive({m, n, k, transpose_a ? m : k, transpose_b ? k : n, flags, 1});
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++)
      execute(made, {batch.a + at * batch.stride_a, batch.b + at * batch.stride_b, batch.c + at * batch.m * batch.n});
  });
}

namespace {

std::string instruction_set() {
#if defined(__aarch64__) && defined(__linux__)
  // oneDNN names the sets of x86-64 only. For SVE, the system tells the length of a vector in bytes.
  const int length = prctl(PR_SVE_GET_VL);
  return length < 0 ? "NEON" : "SVE of " + std::to_string(8 * (length & PR_SVE_VL_LEN_MASK)) + " bits";
#else
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx: return "AVX";
    case dnnl::cpu_isa::avx2: return "AVX2";
    case dnnl::cpu_isa::avx2_vnni: return "AVX2-VNNI";
    case dnnl::cpu_isa::avx2_vnni_2: return "AVX2-VNNI-2";
    case dnnl::cpu_isa::avx512_core: return "AVX-512";
    case dnnl::cpu_isa::avx512_core_vnni: return "AVX-512 VNNI";
    case dnnl::cpu_isa::avx512_core_bf16: return "AVX-512 BF16";
    case dnnl::cpu_isa::avx512_core_fp16: return "AVX-512 FP16";
    case dnnl::cpu_isa::avx512_core_amx: return "AMX";
    case dnnl::cpu_isa::avx512_core_amx_fp16: return "AMX FP16";
    default: return "SSE4.1";
  }
#endif
}

}  // namespace

std::string gemm_library() {
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch) + ", " + instruction_set();
}

bool computes_bfloat16() {
  static const bool has_product = [] {
    const memory::desc factor = matrix(kMinRows, kMinRows, kMinRows, DataType::bf16);
    const memory::desc result = matrix(kMinRows, kMinRows, kMinRows);
    const bool may_be_none = true;
    return static_cast<bool>(
        dnnl::matmul::primitive_desc(cpu(), factor, factor, result, dnnl::primitive_attr(), may_be_none));
  }();
  return has_product;
}

}  // namespace coto
#endif
